"""The database's roles and its outer rights, made once by an administrator and never by migrations (DESIGN § 5)."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

DATABASE = "chatsite"
OWNER = "chatsite_owner"
APP = "chatsite_app"
PLATFORM = "chatsite_platform"
SWEEPER = "chatsite_sweeper"
SEARCHER = "chatsite_searcher"

LOGINS = (OWNER, APP, PLATFORM, SWEEPER)
USERS = (APP, PLATFORM, SWEEPER, SEARCHER)  # use the schema's tables, each as far as a migration granted it

# The environment variable that carries each login's URL.
VARIABLES: Mapping[str, str] = {
    APP: "DATABASE_URL",
    OWNER: "DATABASE_OWNER_URL",
    PLATFORM: "DATABASE_PLATFORM_URL",
    SWEEPER: "DATABASE_SWEEPER_URL",
}

# Two bootstraps at once would both try to create the same role.
BOOTSTRAP_LOCK = 0x63686174  # "chat"


class BootstrapFailed(Exception):
    """Something of ours already exists on the server and is not as it should be."""


def bootstrap(
    *, admin_url: str, database: str = DATABASE, passwords: Mapping[str, str] | None = None, for_tests: bool = False
) -> None:
    """Create the roles and the database, and set what each may do; changes nothing when all is in place.

    `admin_url` belongs to a superuser, or to a role with CREATEROLE, CREATEDB and BYPASSRLS. Passwords are set for the
    logins named in `passwords`, others keep theirs. `for_tests` lets the owner create databases and become the other
    roles, and gives new databases the schema's rights through template1.
    """
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [BOOTSTRAP_LOCK])
        _create_roles(admin, passwords=passwords or {}, for_tests=for_tests)
        _create_database(admin, name=database)
    limit_database(admin_url=admin_url, database=database)
    if for_tests:
        with psycopg.connect(_replace(admin_url, dbname="template1"), autocommit=True) as template:
            _limit_schema(template)


def limit_database(*, admin_url: str, database: str) -> None:
    """Take from PUBLIC what Postgres gives to everybody, and let our roles connect and use the schema. Idempotent.

    Also for a test runner's database, which its owner has just created.
    """
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(_compose("SET ROLE {}", OWNER))
        admin.execute(_compose("REVOKE ALL ON DATABASE {} FROM PUBLIC", database))
        # An administrator who is no superuser must stay able to come back.
        admin.execute(_compose("GRANT CONNECT ON DATABASE {} TO SESSION_USER", database))
        for role in (APP, PLATFORM, SWEEPER):
            admin.execute(_compose("GRANT CONNECT ON DATABASE {} TO {}", database, role))
    with psycopg.connect(_replace(admin_url, dbname=database), autocommit=True) as connection:
        connection.execute(_compose("SET ROLE {}", OWNER))
        _limit_schema(connection)


def can_bootstrap(url: str) -> bool:
    """Whether the role of this URL has the rights that `bootstrap` needs; raises OperationalError if nobody answers."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT rolsuper OR (rolcreaterole AND rolcreatedb AND rolbypassrls)"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    return bool(row and row[0])


def build_urls(
    *, server_url: str, database: str = DATABASE, passwords: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The environment variables with each login's URL, on the server (and with the options) of `server_url`."""
    return {
        variable: _replace(server_url, user=role, password=(passwords or {}).get(role), dbname=database)
        for role, variable in VARIABLES.items()
    }


def load_passwords(path: Path) -> dict[str, str]:
    """The logins' passwords from a JSON file {role: password}; at the first call makes it, readable by us alone."""
    if not path.exists():
        passwords = {role: secrets.token_urlsafe(24) for role in LOGINS}
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(passwords, file, indent=2)
    passwords = json.loads(path.read_text())
    if not isinstance(passwords, dict) or set(passwords) != set(LOGINS):
        raise BootstrapFailed(f"{path} must be a JSON object with a password for each of {', '.join(LOGINS)}.")
    return passwords


def _create_roles(admin: psycopg.Connection, *, passwords: Mapping[str, str], for_tests: bool) -> None:
    for role in (*LOGINS, SEARCHER):
        if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
            admin.execute(_compose("CREATE ROLE {}", role))
    # Only a superuser may say NOSUPERUSER and the like; roles that anybody else creates have none of it anyway.
    never = sql.SQL("NOSUPERUSER NOREPLICATION NOBYPASSRLS" if _is_superuser(admin) else "")
    for role in LOGINS:
        databases = sql.SQL("CREATEDB" if for_tests and role == OWNER else "NOCREATEDB")
        admin.execute(sql.SQL("ALTER ROLE {} LOGIN NOCREATEROLE {} {}").format(sql.Identifier(role), databases, never))
        if role in passwords:
            # Hashed here, so that a server that logs statements does not log the password.
            secret = admin.pgconn.encrypt_password(passwords[role].encode(), role.encode(), b"scram-sha-256").decode()
            admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(secret)))
    admin.execute(_compose("ALTER ROLE {} NOLOGIN NOCREATEDB NOCREATEROLE BYPASSRLS", SEARCHER))
    # SET lets a migration hand a function over to the searcher. Attributes such as BYPASSRLS are never inherited, and
    # without INHERIT neither are the searcher's rights on tables.
    admin.execute(_compose("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE", SEARCHER, OWNER))
    for role in (APP, PLATFORM, SWEEPER):
        if for_tests:
            admin.execute(_compose("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE", role, OWNER))
        else:
            admin.execute(_compose("REVOKE {} FROM {}", role, OWNER))


def _create_database(admin: psycopg.Connection, *, name: str) -> None:
    # An administrator who is no superuser has to be able to act as the owner.
    if not _is_superuser(admin):
        admin.execute(_compose("GRANT {} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE", OWNER))
    row = admin.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [name]).fetchone()
    if row and row[0] != OWNER:
        raise BootstrapFailed(
            f"The database {name} exists and belongs to {row[0]}. Name another one, or run "
            f"'ALTER DATABASE {name} OWNER TO {OWNER}' if it is meant for Chatsite."
        )
    if not row:
        # template0 and UTF8 whatever the server's defaults are; C sorts the same on every machine.
        admin.execute(
            _compose("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'", name, OWNER)
            + sql.SQL(" LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'")
        )


def _is_superuser(connection: psycopg.Connection) -> bool:
    return bool(connection.execute("SELECT 1 FROM pg_roles WHERE rolname = current_user AND rolsuper").fetchone())


def _limit_schema(connection: psycopg.Connection) -> None:
    """Nobody but the database's owner creates in the schema; our roles may look inside it."""
    connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for role in USERS:
        connection.execute(_compose("GRANT USAGE ON SCHEMA public TO {}", role))


def _compose(statement: LiteralString, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))


def _replace(url: str, **parts: str | None) -> str:
    """The URL with some parts changed; a Unix socket's folder goes into the query, where every reader finds it."""
    fields = {**conninfo_to_dict(url), **parts}
    known = {name: str(value) for name, value in fields.items() if value is not None}
    user, password = quote(known.pop("user", ""), safe=""), known.pop("password", None)
    name, host, port = (quote(known.pop("dbname", ""), safe=""), known.pop("host", ""), known.pop("port", ""))
    if password is not None:
        user += ":" + quote(password, safe="")
    if host.startswith("/") or "," in host:
        known = {"host": host, **({"port": port} if port else {}), **known}
        place = ""
    else:
        place = f"[{host}]" if ":" in host else host
        place += f":{port}" if port else ""
    query = urlencode(known, safe="/") if known else ""
    return f"postgresql://{user}@{place}/{name}" + (f"?{query}" if query else "")
