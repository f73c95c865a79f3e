"""Every change to accounts, people and memberships."""

from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.models import TAKING_CHATS, Account, AccountState, Member, Person
from accounts.permissions import Role
from accounts.tenancy import account_scope, person_scope
from chatsite.kit.enqueue import enqueue


def _next_id(table: str) -> int:
    """Reserve a row's id, so that the row is inside its own scope from the moment it is written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
        reserved: int = cursor.fetchone()[0]
    return reserved


@transaction.atomic
def create_person(*, email: str, name: str, password: str, is_staff: bool = False) -> Person:
    """Create somebody who can sign in. Raises IntegrityError when the e-mail address is taken."""
    person = Person(id=_next_id("accounts_person"), email=email.strip().lower(), name=name, is_staff=is_staff)
    person.set_password(password)
    with person_scope(person.id):
        person.save(force_insert=True)
    return person


@transaction.atomic
def create_account(*, name: str, owner: Person, alias: str | None = None) -> Account:
    """Create a tenant in its trial, with its owner."""
    account = Account(id=_next_id("accounts_account"), name=name)
    with account_scope(account.id):
        account.save(force_insert=True)
        add_member(account=account, person=owner, role=Role.OWNER, alias=alias or owner.name)
    return account


def add_member(*, account: Account, person: Person, role: str, alias: str) -> Member:
    """Give a person a place in the account. Needs the account's scope."""
    return Member.objects.create(account=account, person=person, role=role, alias=alias)


@transaction.atomic
def remove_member(*, member: Member) -> None:
    """End a membership: open consoles close, chats under way go back to the queue. Needs the account's scope."""

    Member.objects.filter(pk=member.pk, removed_at=None).update(removed_at=Now(), accepting=False)
    enqueue("chats.tasks.release_member", account_id=member.account_id, member_id=member.pk)


@transaction.atomic
def set_account_state(*, account: Account, state: str) -> None:
    """Move an account to another state. One that takes no chats any more ends its open ones politely."""
    with account_scope(account.pk):
        Account.objects.filter(pk=account.pk).update(state=AccountState(state))
        if state not in TAKING_CHATS:
            enqueue("chats.tasks.end_open_chats", account_id=account.pk)


@transaction.atomic
def set_person_active(*, person: Person, active: bool) -> None:
    """Let a person sign in or not. Living sessions end at their next request, sockets within seconds."""
    with person_scope(person.pk):
        Person.objects.filter(pk=person.pk).update(is_active=active)
