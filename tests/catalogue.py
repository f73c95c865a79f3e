"""Reads Postgres' own catalogue and says which fence is missing where, and how to put it up.

`find_faults` is asked about the migrated test database, about bad samples, and by tests/faults about broken copies.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import Connection, Cursor, sql
from psycopg.errors import InsufficientPrivilege
from psycopg.types.json import Jsonb

from chatsite.embedded.roles import APP, OWNER, PLATFORM, SEARCHER, SWEEPER

# Tables that belong to no account: all accounts' rows are there for the web role. Each needs a reason.
GLOBAL_TABLES = {
    "account_emailaddress": "allauth's; stays empty, addresses stand in accounts_person (test_sign_in.py looks)",
    "account_emailconfirmation": "allauth's; stays empty likewise",
    "auth_group": "Django's; no role of ours may touch it",
    "auth_group_permissions": "Django's; no role of ours may touch it",
    "auth_permission": "Django's; no role of ours may touch it",
    "chats_logepoch": "one random number for the whole database",
    "django_admin_log": "what staff did in the admin process; not for the web role",
    "django_content_type": "names of models",
    "django_migrations": "names of migrations",
    "django_session": "found by its random key, before the person is known",
}
NO_RIGHTS_TABLES = {"auth_group", "auth_group_permissions", "auth_permission"}

# Fenced by policies of their own, since their rows are an account, a person, or lead to an account.
OWN_POLICY_TABLES = {"accounts_account", "accounts_person", "accounts_door"}

# The only policies beside `tenant` through which the web role sees a row. USING, WITH CHECK as Postgres writes them.
_SIGNING_IN = "((email)::text = NULLIF(current_setting('app.sign_in_email'::text, true), ''::text))"
APP_POLICIES: dict[tuple[str, str], tuple[str, str | None, str | None]] = {
    ("accounts_account", "tenant"): ("*", "(id = app_account_id())", "(id = app_account_id())"),
    ("accounts_account", "own_memberships"): (
        "r",
        "(id IN ( SELECT accounts_member.account_id FROM accounts_member"
        " WHERE ((accounts_member.person_id = app_person_id()) AND (accounts_member.removed_at IS NULL))))",
        None,
    ),
    ("accounts_person", "tenant"): (
        "r",
        "((id = app_person_id()) OR (id IN ( SELECT accounts_member.person_id FROM accounts_member"
        " WHERE (accounts_member.account_id = app_account_id()))))",
        None,
    ),
    ("accounts_person", "signing_in"): ("r", _SIGNING_IN, None),
    ("accounts_person", "rehash"): ("w", _SIGNING_IN, _SIGNING_IN),
    ("accounts_person", "own_insert"): ("a", None, "(id = app_person_id())"),
    ("accounts_person", "own_update"): ("w", "(id = app_person_id())", "(id = app_person_id())"),
    ("accounts_member", "own"): ("r", "(person_id = app_person_id())", None),
    ("accounts_door", "find"): ("r", "true", None),
    ("accounts_door", "open"): ("a", None, "(account_id = app_account_id())"),
    ("accounts_door", "close"): ("d", "(account_id = app_account_id())", None),
}
TENANT = "(account_id = app_account_id())"
MAINTENANCE = "(current_setting('app.maintenance'::text, true) = 'on'::text)"

# What beat jobs and staff may read across accounts, and nothing else.
SWEEPER_COLUMNS = {
    "accounts_account": {"id", "state"},
    "chats_chat": {"account_id", "id", "state", "changed_at"},
    "widget_visitorsession": {"account_id", "id", "used_at"},
}
PLATFORM_TABLES = {"accounts_account", "accounts_person", "accounts_member", "accounts_door", "widget_site"}

# Columns that look like references and are none; each is only ever compared within the account's scope.
NO_REFERENCES = {("chats_event", "sender_id"): "visitor or member, by sender_kind"}
RANDOM_COLUMNS = {"public_id", "token_sha256"}  # unguessable, so that "taken" tells nobody anything
DEFINERS = {"search_events": SEARCHER, "drop_expired_audit": OWNER}  # DESIGN § 5: exactly two

_TABLES = """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"""
_HAS_ACCOUNT = """EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = {}.oid AND a.attname = 'account_id'
    AND NOT a.attisdropped)"""


def list_tenant_tables(cursor: Cursor[Any]) -> list[str]:
    """Return the tables whose rows belong to one account, by name."""
    cursor.execute(f"{_TABLES} AND {_HAS_ACCOUNT.format('pg_class')} ORDER BY relname")
    return [name for (name,) in cursor.fetchall() if name not in GLOBAL_TABLES and name not in OWN_POLICY_TABLES]


def find_faults(cursor: Cursor[Any]) -> list[str]:
    """Return what is wrong with the fences of this database, each as a sentence that says what to do."""
    checks = [_unfenced, _policies, _references, _unique, _rights, _views, _definers, _roles]
    return [fault for check in checks for fault in check(cursor)]


def _unfenced(cursor: Cursor[Any]) -> Iterator[str]:
    tenant = set(list_tenant_tables(cursor))
    cursor.execute(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname"
    )
    for table, enabled, forced in cursor.fetchall():
        if table in tenant or table in OWN_POLICY_TABLES:
            if not enabled:
                yield f"{table}: no ENABLE ROW LEVEL SECURITY; add TenantTable('{table}') to its migration."
            if not forced:
                yield f"{table}: no FORCE ROW LEVEL SECURITY; add TenantTable('{table}') to its migration."
        elif table not in GLOBAL_TABLES:
            yield (
                f"{table}: has no account_id and is not fenced. Give it an account (TenantModel), or a place in"
                " GLOBAL_TABLES (tests/catalogue.py) with the reason why all accounts may share it."
            )
    cursor.execute(
        "SELECT attrelid::regclass::text FROM pg_attribute WHERE attname = 'account_id' AND NOT attisdropped"
        " AND attrelid::regclass::text = ANY(%s) AND NOT (attnotnull AND atttypid = 'bigint'::regtype)",
        [sorted(tenant)],
    )
    for (table,) in cursor.fetchall():
        yield f"{table}: account_id must be bigint NOT NULL; a row of no account is a row that nobody guards."


def _policies(cursor: Cursor[Any]) -> Iterator[str]:
    tenant = list_tenant_tables(cursor)
    cursor.execute(
        "SELECT polrelid::regclass::text, polname, polcmd::text, polpermissive,"
        " ARRAY(SELECT coalesce(rolname, 'PUBLIC') FROM unnest(polroles) r LEFT JOIN pg_roles ON oid = r),"
        " regexp_replace(pg_get_expr(polqual, polrelid), '\\s+', ' ', 'g'),"
        " regexp_replace(pg_get_expr(polwithcheck, polrelid), '\\s+', ' ', 'g')"
        " FROM pg_policy ORDER BY 1, 2"
    )
    found = {(table, name): rest for table, name, *rest in cursor.fetchall()}
    expected: dict[tuple[str, str], tuple[str, str, str | None, str | None]] = {}
    for table in [*tenant, *OWN_POLICY_TABLES]:
        expected[table, "maintenance"] = (OWNER, "*", MAINTENANCE, MAINTENANCE)
        if table in SWEEPER_COLUMNS:
            expected[table, "sweep"] = (SWEEPER, "r", "true", None)
        if table in PLATFORM_TABLES:
            expected[table, "platform"] = (PLATFORM, "*", "true", "true")
    expected |= {(table, "tenant"): (APP, "*", TENANT, TENANT) for table in tenant}
    expected |= {key: (APP, *policy) for key, policy in APP_POLICIES.items()}
    for table, name in sorted(expected.keys() - found.keys()):
        yield f"{table}: no policy `{name}`; add TenantTable('{table}', …) to its migration."
    for table, name in sorted(found.keys() - expected.keys()):
        yield (
            f"{table}: policy `{name}` is not one of those that tests/catalogue.py knows. Each one opens rows to"
            " somebody: write down there to whom and which."
        )
    for key in sorted(expected.keys() & found.keys()):
        command, permissive, roles, using, check = found[key]
        if (permissive, roles, command, using, check) != (True, [expected[key][0]], *expected[key][1:]):
            yield (
                f"{key[0]}: policy `{key[1]}` is for {', '.join(roles)}, command {command}, USING {using},"
                f" WITH CHECK {check}; it should be {expected[key]}."
            )


def _references(cursor: Cursor[Any]) -> Iterator[str]:
    tenant = list_tenant_tables(cursor)
    cursor.execute(
        "SELECT conrelid::regclass::text, confrelid::regclass::text, conname,"
        " ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY k (n, o)"
        "       JOIN pg_attribute ON attrelid = conrelid AND attnum = n ORDER BY o),"
        " ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY k (n, o)"
        "       JOIN pg_attribute ON attrelid = confrelid AND attnum = n ORDER BY o)"
        " FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace ORDER BY 1, 3"
    )
    covered = set()
    for table, target, name, columns, target_columns in cursor.fetchall():
        covered |= {(table, column) for column in columns}
        if target in tenant and not (table in tenant and columns[0] == target_columns[0] == "account_id"):
            yield (
                f"{table}: {name} points at a row of any account, since key checks go around row-level security."
                f" Use TenantForeignKey and name it in TenantTable(references={{'{columns[0]}': '{target}'}})."
            )
    cursor.execute(
        "SELECT attrelid::regclass::text, attname FROM pg_attribute"
        " WHERE attrelid::regclass::text = ANY(%s) AND attname LIKE '%%\\_id' AND attnum > 0 AND NOT attisdropped"
        " AND atttypid IN ('bigint'::regtype, 'integer'::regtype) ORDER BY 1, 2",
        [tenant],
    )
    for table, column in cursor.fetchall():
        if (table, column) not in covered and (table, column) not in NO_REFERENCES:
            yield (
                f"{table}: {column} references nothing. Name it in TenantTable(references={{'{column}': '…'}}),"
                " or in NO_REFERENCES (tests/catalogue.py) with the reason."
            )


def _unique(cursor: Cursor[Any]) -> Iterator[str]:
    cursor.execute(
        "SELECT indrelid::regclass::text, indexrelid::regclass::text, indisprimary,"
        " ARRAY(SELECT coalesce(attname::text, '(expression)') FROM unnest(indkey) WITH ORDINALITY k (n, o)"
        "       LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = n AND n > 0 ORDER BY o)"
        " FROM pg_index WHERE indisunique AND indrelid::regclass::text = ANY(%s) ORDER BY 1, 2",
        [list_tenant_tables(cursor)],
    )
    for table, index, primary, columns in cursor.fetchall():
        surrogate = primary and columns == ["id"]
        random = len(columns) == 1 and columns[0] in RANDOM_COLUMNS
        if columns[0] != "account_id" and not surrogate and not random:
            yield (
                f"{table}: {index} is unique over {', '.join(columns)}, so that one account learns what another has."
                " Let it begin with account_id."
            )


def _rights(cursor: Cursor[Any]) -> Iterator[str]:
    tenant = list_tenant_tables(cursor)
    cursor.execute(
        "SELECT relname, coalesce(rolname, 'PUBLIC'), privilege_type, relkind::text FROM pg_class, aclexplode(relacl)"
        " LEFT JOIN pg_roles r ON r.oid = grantee"
        " WHERE relnamespace = 'public'::regnamespace AND grantee <> relowner ORDER BY 1, 2, 3"
    )
    for table, role, right, kind in cursor.fetchall():
        if kind == "S":
            if right != "USAGE":
                yield f"{table}: {role} may {right} a sequence; USAGE is enough to draw from it."
        elif right not in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
            yield f"{table}: {role} has {right}, which row-level security does not hold. Take it from the grant."
        elif role not in {APP, PLATFORM}:
            yield f"{table}: {role} has {right} on the whole table; grant columns, or nothing."
        elif table in NO_RIGHTS_TABLES:
            yield f"{table}: {role} has {right} on a table that nobody needs."
        elif role == PLATFORM and table in tenant and table not in PLATFORM_TABLES:
            yield f"{table}: the admin process may {right} what only its account may see. Take `platform` out."
    cursor.execute(
        "SELECT attrelid::regclass::text, attname, coalesce(rolname, 'PUBLIC'), privilege_type"
        " FROM pg_attribute, aclexplode(attacl) LEFT JOIN pg_roles r ON r.oid = grantee"
        " JOIN pg_class c ON true WHERE c.oid = attrelid AND relnamespace = 'public'::regnamespace ORDER BY 1, 2"
    )
    for table, column, role, right in cursor.fetchall():
        if role == SWEEPER and (right != "SELECT" or column not in SWEEPER_COLUMNS.get(table, set())):
            yield (
                f"{table}: beat jobs may {right} {column} of all accounts. They need ids and due times; if this is one,"
                " add it to SWEEPER_COLUMNS (tests/catalogue.py)."
            )
        elif role not in {SWEEPER, SEARCHER, APP, PLATFORM}:
            yield f"{table}: {role} has {right} on {column}."
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relowner <> %s::regrole", [OWNER]
    )
    for (name,) in cursor.fetchall():
        yield f"{name}: does not belong to {OWNER}; make it in a migration."


def _views(cursor: Cursor[Any]) -> Iterator[str]:
    cursor.execute(
        "SELECT relname, relkind::text, coalesce(reloptions::text, '') FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm', 'f')"
    )
    for name, kind, options in cursor.fetchall():
        if kind != "v":
            yield f"{name}: row-level security does not reach materialized views and foreign tables."
        elif "security_invoker=true" not in options and "security_invoker=on" not in options:
            yield f"{name}: a view shows what its owner sees. Make it WITH (security_invoker = true)."


def _definers(cursor: Cursor[Any]) -> Iterator[str]:
    cursor.execute(
        "SELECT proname, rolname, coalesce(proconfig::text, '') FROM pg_proc JOIN pg_roles r ON r.oid = proowner"
        " WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    for name, owner, settings in cursor.fetchall():
        if name not in DEFINERS:
            yield f"{name}: a SECURITY DEFINER function goes around the fences; there are two by design (DESIGN § 5)."
        elif owner != DEFINERS[name] or "search_path" not in settings:
            yield f"{name}: must belong to {DEFINERS[name]} and fix its search_path."


def _roles(cursor: Cursor[Any]) -> Iterator[str]:
    cursor.execute(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolreplication, rolcanlogin FROM pg_roles"
        " WHERE rolname = ANY(%s)",
        [[OWNER, APP, PLATFORM, SWEEPER, SEARCHER]],
    )
    found = {name: rest for name, *rest in cursor.fetchall()}
    for role in (OWNER, APP, PLATFORM, SWEEPER, SEARCHER):
        wanted = [False, role == SEARCHER, False, False, role != SEARCHER]
        if found.get(role) != wanted:
            yield f"{role}: superuser, bypassrls, createrole, replication, login are {found.get(role)}, not {wanted}."
    cursor.execute(
        "SELECT m.rolname, r.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = member"
        " JOIN pg_roles r ON r.oid = roleid WHERE m.rolname = ANY(%s) OR a.inherit_option AND m.rolname = %s",
        [[APP, PLATFORM, SWEEPER, SEARCHER], OWNER],
    )
    for member, role in cursor.fetchall():
        yield f"{member}: is a member of {role} and so has its rights."
    cursor.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (has_schema_privilege(oid, 'public', 'CREATE')"
        " OR has_database_privilege(oid, current_database(), 'CREATE, TEMPORARY'))",
        [[APP, PLATFORM, SWEEPER, SEARCHER]],
    )
    for (role,) in cursor.fetchall():
        yield f"{role}: may create things; only migrations do."


def try_foreign_rows(web: Connection[Any], owner: Connection[Any], table: str, *, mine: int, theirs: int) -> list[str]:
    """In `mine`'s scope do to `theirs`' rows what the web role may; return what worked. Each as a sentence."""
    name = sql.Identifier(table)
    found = []
    rights = {
        right
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE")
        if (web.execute("SELECT has_table_privilege(%s, %s)", [table, right]).fetchone() or (False,))[0]
    }
    rows = owner.execute(sql.SQL("SELECT * FROM {} WHERE account_id = %s").format(name), [theirs])
    columns = [column.name for column in rows.description or []]
    row = rows.fetchone()
    assert row is not None, f"the other account needs a row in {table}: let tests/factories.py make one"
    insert = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
        name, sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ").join([sql.Placeholder()] * len(columns))
    )
    values = [Jsonb(value) if isinstance(value, dict) else value for value in row]
    attempts: dict[str, tuple[str, sql.Composed, list[Any]]] = {
        "seen": ("SELECT", sql.SQL("SELECT 1 FROM {} WHERE account_id = %s").format(name), [theirs]),
        "changed": (
            "UPDATE",
            sql.SQL("UPDATE {} SET account_id = account_id WHERE account_id = %s").format(name),
            [theirs],
        ),
        "taken": (
            "UPDATE",
            sql.SQL("UPDATE {} SET account_id = %s WHERE account_id = %s").format(name),
            [mine, theirs],
        ),
        "given": (
            "UPDATE",
            sql.SQL("UPDATE {} SET account_id = %s WHERE account_id = %s").format(name),
            [theirs, mine],
        ),
        "deleted": ("DELETE", sql.SQL("DELETE FROM {} WHERE account_id = %s").format(name), [theirs]),
        "written": ("INSERT", insert, values),
    }
    for word, (right, statement, parameters) in attempts.items():
        if right not in rights:
            continue
        with web.transaction(force_rollback=True):
            web.execute("SELECT set_config('app.account_id', %s, true)", [str(mine)])
            try:
                if web.execute(statement, parameters).rowcount:
                    found.append(f"{table}: another account's row can be {word}")
            except InsufficientPrivilege:
                continue
            except psycopg.IntegrityError:
                found.append(f"{table}: another account's row can be {word}; only a constraint stands in the way")
    return found
