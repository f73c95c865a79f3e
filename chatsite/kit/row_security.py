"""Migration operations that put a table under Postgres' row-level security (DESIGN § 5).

A table of a tenant gets: RLS enabled and forced; policy `tenant` for every command, with USING and WITH CHECK on
`app_account_id()`; a unique (account_id, id) where it has an id; composite foreign keys that begin with account_id
(foreign-key checks go around RLS, so a single-column key could point at another account's row); grants for the
web role. A catalogue test finds any table without them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.migrations.operations.special import RunSQL

OWNER, APP, PLATFORM, SWEEPER = "chatsite_owner", "chatsite_app", "chatsite_platform", "chatsite_sweeper"

SCOPE_FUNCTIONS = """
CREATE FUNCTION app_account_id() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT NULLIF(current_setting('app.account_id', true), '')::bigint $$;
CREATE FUNCTION app_person_id() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT NULLIF(current_setting('app.person_id', true), '')::bigint $$;
"""
DROP_SCOPE_FUNCTIONS = "DROP FUNCTION app_account_id(); DROP FUNCTION app_person_id();"

# After a COMMIT the setting is '' and not NULL, hence NULLIF above. The owner role sees rows only where a migration
# says so: FORCE would otherwise make its UPDATE report 0 rows and succeed.
MAINTENANCE = "current_setting('app.maintenance', true) = 'on'"


Step = tuple[str, str]  # what is done, and what undoes it; undone in reverse order


def _fence(table: str) -> Step:
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
        f"CREATE POLICY maintenance ON {table} TO {OWNER} USING ({MAINTENANCE}) WITH CHECK ({MAINTENANCE});",
        f"DROP POLICY maintenance ON {table};"
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;",
    )


def _policy(table: str, name: str, command: str, role: str, using: str, check: str) -> Step:
    clauses = (f" USING ({using})" if using else "") + (f" WITH CHECK ({check})" if check else "")
    return f"CREATE POLICY {name} ON {table} FOR {command} TO {role}{clauses};", f"DROP POLICY {name} ON {table};"


def _grant(table: str, rights: str, role: str) -> Step:
    return f"GRANT {rights} ON {table} TO {role};", f"REVOKE ALL ON {table} FROM {role};"


def _others(table: str, *, platform: str, sweeper: Sequence[str]) -> list[Step]:
    """Let in the roles beside the web role: the admin process, and beat jobs that see a few columns of all accounts."""
    steps: list[Step] = []
    if platform:
        steps += [_policy(table, "platform", "ALL", PLATFORM, "true", "true"), _grant(table, platform, PLATFORM)]
    if sweeper:
        columns = ", ".join(sweeper)
        steps.append(_policy(table, "sweep", "SELECT", SWEEPER, "true", ""))
        steps.append((f"GRANT SELECT ({columns}) ON {table} TO {SWEEPER};",
                      f"REVOKE ALL ({columns}) ON {table} FROM {SWEEPER};"))  # fmt: skip
    return steps


class _Steps(RunSQL):
    """A migration operation made of steps, written into a migration as `Name(table, **arguments)`."""

    describes = ""

    def __init__(self, table: str, arguments: dict[str, Any], steps: Sequence[Step]) -> None:
        self.table, self._arguments = table, arguments
        super().__init__("\n".join(do for do, _ in steps), "\n".join(undo for _, undo in reversed(steps)))

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, [self.table], self._arguments

    def describe(self) -> str:
        return f"{self.describes} {self.table}"


class TenantTable(_Steps):
    """Fence a tenant's table.

    `references`: column → table, each becoming FOREIGN KEY (account_id, column) → table (account_id, id), deferred to
    the commit as Django's own are. `sweeper`: columns that beat jobs may read across accounts (ids and due times).
    `platform`: what the admin process may do; nothing unless said. `has_id=False` for tables with a natural key.
    `cascade`: referencing columns whose rows go with the row they point at.
    """

    describes = "Fence by account:"

    def __init__(
        self,
        table: str,
        *,
        references: Mapping[str, str] | None = None,
        cascade: Sequence[str] = (),
        app: str = "SELECT, INSERT, UPDATE, DELETE",
        sweeper: Sequence[str] = (),
        platform: str = "",
        has_id: bool = True,
    ) -> None:
        scope = "account_id = app_account_id()"
        steps: list[Step] = []
        if has_id:
            key = f"{table}_account_key"
            steps.append((f"ALTER TABLE {table} ADD CONSTRAINT {key} UNIQUE (account_id, id);",
                          f"ALTER TABLE {table} DROP CONSTRAINT {key};"))  # fmt: skip
        for column, target in (references or {}).items():
            on_delete = "ON DELETE CASCADE" if column in cascade else "ON DELETE NO ACTION"
            steps.append((
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_fence FOREIGN KEY (account_id, {column}) "
                f"REFERENCES {target} (account_id, id) {on_delete} DEFERRABLE INITIALLY DEFERRED;",
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_fence;",
            ))  # fmt: skip
        steps += [_fence(table), _policy(table, "tenant", "ALL", APP, scope, scope), _grant(table, app, APP)]
        arguments = {
            "references": dict(references or {}), "cascade": tuple(cascade), "app": app,
            "sweeper": tuple(sweeper), "platform": platform, "has_id": has_id,
        }  # fmt: skip
        super().__init__(table, arguments, [*steps, *_others(table, platform=platform, sweeper=sweeper)])


class PolicyTable(_Steps):
    """Fence a table of people or accounts. A policy is (name, command, using, check)."""

    describes = "Fence by its own policies:"

    def __init__(
        self,
        table: str,
        *,
        policies: Sequence[tuple[str, str, str, str]],
        app: str,
        platform: str = "",
        sweeper: Sequence[str] = (),
    ) -> None:
        steps = [_fence(table), _grant(table, app, APP)]
        steps += [_policy(table, name, command, APP, using, check) for name, command, using, check in policies]
        arguments = {"policies": list(policies), "app": app, "platform": platform, "sweeper": tuple(sweeper)}
        super().__init__(table, arguments, [*steps, *_others(table, platform=platform, sweeper=sweeper)])


class GlobalTable(_Steps):
    """Grant rights on a table that belongs to no account (sessions, content types, doors)."""

    describes = "Grant rights on"

    def __init__(self, table: str, *, app: str = "", platform: str = "", sweeper: str = "") -> None:
        grants = [(app, APP), (platform, PLATFORM), (sweeper, SWEEPER)]
        steps = [_grant(table, rights, role) for rights, role in grants if rights]
        super().__init__(table, {"app": app, "platform": platform, "sweeper": sweeper}, steps)
