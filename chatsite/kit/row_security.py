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


def _enable(table: str) -> str:
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
        f"CREATE POLICY maintenance ON {table} TO {OWNER} USING ({MAINTENANCE}) WITH CHECK ({MAINTENANCE});"
    )


def _disable(table: str) -> str:
    return (
        f"DROP POLICY IF EXISTS maintenance ON {table};"
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;"
    )


class TenantTable(RunSQL):
    """Fence a tenant's table.

    `references`: column → table, each becoming FOREIGN KEY (account_id, column) → table (account_id, id), deferred to
    the commit as Django's own are. `sweeper`: columns that beat jobs may read across accounts (ids and due times).
    `platform`: what the admin process may do; nothing unless said. `has_id=False` for tables with a natural key.
    `cascade`: referencing columns whose rows go with the row they point at.
    """

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
        self.table = table
        self._arguments: dict[str, Any] = {
            "references": dict(references or {}), "cascade": tuple(cascade), "app": app,
            "sweeper": tuple(sweeper), "platform": platform, "has_id": has_id,
        }  # fmt: skip
        scope = "account_id = app_account_id()"
        forward: list[str] = []
        backward: list[str] = []
        if has_id:
            forward.append(f"ALTER TABLE {table} ADD CONSTRAINT {table}_account_key UNIQUE (account_id, id);")
            backward.insert(0, f"ALTER TABLE {table} DROP CONSTRAINT {table}_account_key;")
        for column, target in (references or {}).items():
            on_delete = "ON DELETE CASCADE" if column in cascade else "ON DELETE NO ACTION"
            forward.append(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_fence FOREIGN KEY (account_id, {column}) "
                f"REFERENCES {target} (account_id, id) {on_delete} DEFERRABLE INITIALLY DEFERRED;"
            )
            backward.insert(0, f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_fence;")
        forward.append(_enable(table))
        forward.append(f"CREATE POLICY tenant ON {table} TO {APP} USING ({scope}) WITH CHECK ({scope});")
        forward.append(f"GRANT {app} ON {table} TO {APP};")
        backward.insert(0, f"DROP POLICY tenant ON {table}; {_disable(table)} REVOKE ALL ON {table} FROM {APP};")
        if sweeper:
            columns = ", ".join(sweeper)
            forward.append(f"CREATE POLICY sweep ON {table} FOR SELECT TO {SWEEPER} USING (true);")
            forward.append(f"GRANT SELECT ({columns}) ON {table} TO {SWEEPER};")
            backward.insert(0, f"DROP POLICY sweep ON {table}; REVOKE ALL ({columns}) ON {table} FROM {SWEEPER};")
        if platform:
            forward.append(f"CREATE POLICY platform ON {table} TO {PLATFORM} USING (true) WITH CHECK (true);")
            forward.append(f"GRANT {platform} ON {table} TO {PLATFORM};")
            backward.insert(0, f"DROP POLICY platform ON {table}; REVOKE ALL ON {table} FROM {PLATFORM};")
        super().__init__("\n".join(forward), "\n".join(backward))

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, [self.table], self._arguments

    def describe(self) -> str:
        return f"Fence {self.table} by account"


class PolicyTable(RunSQL):
    """Fence a table of people or accounts. A policy is (name, command, using, check)."""

    def __init__(
        self,
        table: str,
        *,
        policies: Sequence[tuple[str, str, str, str]],
        app: str,
        platform: str = "",
        sweeper: Sequence[str] = (),
    ) -> None:
        self.table = table
        self._arguments = {"policies": list(policies), "app": app, "platform": platform, "sweeper": tuple(sweeper)}
        forward, backward = [_enable(table)], [_disable(table)]
        for name, command, using, check in policies:
            clauses = (f" USING ({using})" if using else "") + (f" WITH CHECK ({check})" if check else "")
            forward.append(f"CREATE POLICY {name} ON {table} FOR {command} TO {APP}{clauses};")
            backward.insert(0, f"DROP POLICY {name} ON {table};")
        forward.append(f"GRANT {app} ON {table} TO {APP};")
        backward.insert(0, f"REVOKE ALL ON {table} FROM {APP};")
        if platform:
            forward.append(f"CREATE POLICY platform ON {table} TO {PLATFORM} USING (true) WITH CHECK (true);")
            forward.append(f"GRANT {platform} ON {table} TO {PLATFORM};")
            backward.insert(0, f"DROP POLICY platform ON {table}; REVOKE ALL ON {table} FROM {PLATFORM};")
        if sweeper:
            columns = ", ".join(sweeper)
            forward.append(f"CREATE POLICY sweep ON {table} FOR SELECT TO {SWEEPER} USING (true);")
            forward.append(f"GRANT SELECT ({columns}) ON {table} TO {SWEEPER};")
            backward.insert(0, f"DROP POLICY sweep ON {table}; REVOKE ALL ({columns}) ON {table} FROM {SWEEPER};")
        super().__init__("\n".join(forward), "\n".join(backward))

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, [self.table], self._arguments

    def describe(self) -> str:
        return f"Fence {self.table} by its own policies"


class GlobalTable(RunSQL):
    """Grant rights on a table that belongs to no account (sessions, content types, doors)."""

    def __init__(self, table: str, *, app: str = "", platform: str = "", sweeper: str = "") -> None:
        self.table = table
        self._arguments = {"app": app, "platform": platform, "sweeper": sweeper}
        grants = [(app, APP), (platform, PLATFORM), (sweeper, SWEEPER)]
        forward = [f"GRANT {rights} ON {table} TO {role};" for rights, role in grants if rights]
        backward = [f"REVOKE ALL ON {table} FROM {role};" for rights, role in grants if rights]
        super().__init__("\n".join(forward), "\n".join(backward))

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, [self.table], self._arguments

    def describe(self) -> str:
        return f"Grant rights on {self.table}"
