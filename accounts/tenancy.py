"""Whose rows may be seen: the scope that every look at a tenant's table needs.

Three fences (DESIGN § 5): look-ups go through the account; the manager here raises when no account is set; Postgres'
row-level security holds when both are forgotten. RLS guards against mistakes, not against SQL injection.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import connection, models, transaction

_account_id: ContextVar[int | None] = ContextVar("account_id", default=None)

M = TypeVar("M", bound=models.Model)


class NoAccountScope(RuntimeError):
    """A tenant's table was asked without saying whose rows are meant."""


class ScopeConflict(RuntimeError):
    """A scope of one account was opened within that of another."""


def current_account_id() -> int:
    """Return the account in scope. Raises NoAccountScope when there is none."""
    account_id = _account_id.get()
    if account_id is None:
        raise NoAccountScope("open account_scope(account_id) first: a door does that, see accounts/access.py")
    return account_id


def _set(name: str, value: str) -> str:
    """Set a setting until the end of the transaction and return what it was. Needs an open transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting(%s, true), ''), set_config(%s, %s, true)", [name, name, value])
        previous: str = cursor.fetchone()[0]
    return previous


@contextmanager
def _local_setting(name: str, value: str) -> Iterator[None]:
    """Hold a transaction in which `name` is `value`; then put the former value back: releasing a savepoint does not."""
    with transaction.atomic():
        previous = _set(name, value)
        yield
        _set(name, previous)  # after an exception the rollback does it


@contextmanager
def account_scope(account_id: int) -> Iterator[None]:
    """Hold a transaction that sees the rows of this one account.

    Not across network calls or template rendering. Nested with another account: ScopeConflict.
    """
    outer = _account_id.get()
    if outer is not None and outer != account_id:
        raise ScopeConflict(f"account {account_id} asked for within the scope of account {outer}")
    token = _account_id.set(account_id)
    try:
        with _local_setting("app.account_id", str(account_id)):
            yield
    finally:
        _account_id.reset(token)


@contextmanager
def person_scope(person_id: int) -> Iterator[None]:
    """Hold a transaction that sees this person, his memberships and their accounts. For finding the account."""
    with _local_setting("app.person_id", str(person_id)):
        yield


@contextmanager
def sign_in_scope(email: str) -> Iterator[None]:
    """Hold a transaction that sees the one person with exactly this e-mail address, if any. For sign-in only."""
    with _local_setting("app.sign_in_email", email.strip().lower()):
        yield


class TenantManager(models.Manager[M]):
    """Rows of the account in scope; raises NoAccountScope without one. `none()` needs no scope."""

    def get_queryset(self) -> models.QuerySet[M]:
        return super().get_queryset().filter(account_id=current_account_id())

    def none(self) -> models.QuerySet[M]:
        return super().get_queryset().none()


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A reference within the account. Its constraint is composite and comes from the TenantTable operation."""

    def __init__(self, to: Any, on_delete: Any = models.DO_NOTHING, **options: Any) -> None:
        options["db_constraint"] = False
        super().__init__(to, on_delete, **options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        options.pop("db_constraint", None)
        return name, path, args, options


class TenantModel(models.Model):
    """A table of one tenant's rows. Its migration must carry a TenantTable operation; a test looks."""

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="+", db_index=False)

    objects = TenantManager()
    all_accounts_unscoped = models.Manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
