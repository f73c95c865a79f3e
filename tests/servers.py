"""One throw-away Postgres and one Valkey for a whole test run, or the ones that the environment names.

The pytest process that the developer started (with xdist: the controller) starts them before it starts workers, and
passes the variables on. They end with it, also when it is killed.
"""

import atexit
import contextlib
import os
import secrets
import shutil
import tempfile
from pathlib import Path

import psycopg

from chatsite.embedded import postgres, roles, valkey
from chatsite.embedded.processes import Running, forget_libpq_settings, is_alive, name_socket_folder, stop_server

# Set for the workers, so that they do not start servers of their own.
STARTED = "CHATSITE_TEST_SERVERS"
DATABASE_VARIABLES = tuple(roles.VARIABLES.values())
ADMIN_VARIABLE = "DATABASE_ADMIN_URL"
FOLDER_PREFIX = f"chatsite-tests-{os.geteuid()}-"

_running: list[Running] = []


def start_test_servers() -> dict[str, str]:
    """Environment variables of running servers: the four DATABASE_…URL, DATABASE_ADMIN_URL where known, and REDIS_URL.

    Call it before Django's settings load, and put the answer into os.environ. Later calls, also in a worker, answer
    with the same variables and start nothing.
    """
    if STARTED in os.environ:
        names = (*DATABASE_VARIABLES, ADMIN_VARIABLE, "REDIS_URL", STARTED)
        return {name: os.environ[name] for name in names if name in os.environ}
    folder = _make_folder()
    atexit.register(stop_test_servers)
    variables = {STARTED: str(folder)}
    variables |= _use_database(os.environ["DATABASE_URL"]) if "DATABASE_URL" in os.environ else _start_postgres(folder)
    variables["REDIS_URL"] = os.environ.get("REDIS_URL") or _start_valkey(folder)
    os.environ.update(variables)
    return variables


def stop_test_servers() -> None:
    """Stop what this process started and remove its data. Safe to call twice; does nothing in a worker."""
    while _running:
        stop_server(_running.pop())
    shutil.rmtree(_folder_of(os.getpid()), ignore_errors=True)


def _folder_of(pid: int) -> Path:
    return Path(tempfile.gettempdir()) / f"{FOLDER_PREFIX}{pid}"


def _make_folder() -> Path:
    """A folder for this run; removes those of runs that were killed."""
    for old in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        with contextlib.suppress(ValueError):
            if not is_alive(int(old.name.removeprefix(FOLDER_PREFIX))):
                for leftover in (name_socket_folder(old / "postgres"), name_socket_folder(old / "valkey"), old):
                    shutil.rmtree(leftover, ignore_errors=True)
    folder = _folder_of(os.getpid())
    # Others may pass, so that Postgres can run as nobody when we are root; the data folders themselves are private.
    folder.mkdir(mode=0o711, exist_ok=True)
    return folder


def _start_postgres(folder: Path) -> dict[str, str]:
    forget_libpq_settings()
    log = folder / "postgres.log"
    server = postgres.start_postgres(data_dir=folder / "postgres", log=log, settings=postgres.UNSAFE_SETTINGS)
    _running.append(server)
    roles.bootstrap(admin_url=server.url, for_tests=True)
    return {ADMIN_VARIABLE: server.url, **roles.build_urls(server_url=server.url)}


def _start_valkey(folder: Path) -> str:
    server = valkey.start_valkey(data_dir=folder / "valkey", log=folder / "valkey.log")
    _running.append(server)
    return server.url


def _use_database(url: str) -> dict[str, str]:
    """The variables for a server that the environment names: an administrator's URL, or all four."""
    if not roles.can_bootstrap(url):
        missing = [name for name in DATABASE_VARIABLES if name not in os.environ]
        if missing:
            raise RuntimeError(
                "DATABASE_URL belongs to a role that cannot create roles. Name an administrator's URL, "
                f"or give these too: {', '.join(missing)}."
            )
        return {name: os.environ[name] for name in DATABASE_VARIABLES}
    _refuse_real_data(url)
    passwords = {role: secrets.token_urlsafe(24) for role in roles.LOGINS}
    roles.bootstrap(admin_url=url, passwords=passwords, for_tests=True)
    return {ADMIN_VARIABLE: url, **roles.build_urls(server_url=url, passwords=passwords)}


def _refuse_real_data(url: str) -> None:
    """Raise when the server holds a Chatsite that was not made for tests: the bootstrap would loosen its roles."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT owner.oid, app.oid, pg_has_role(owner.oid, app.oid, 'SET') FROM pg_roles owner, pg_roles app"
            " WHERE owner.rolname = %s AND app.rolname = %s",
            [roles.OWNER, roles.APP],
        ).fetchone()
    if row and not row[2]:
        raise RuntimeError("The server of DATABASE_URL holds a Chatsite that is not for tests. Name another server.")
