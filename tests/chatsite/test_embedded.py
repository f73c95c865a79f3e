"""The local servers: what survives a kill, who may open them, and what is said when they cannot start."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from chatsite.embedded import postgres, roles, valkey
from chatsite.embedded.launch import SAME, Identity, build_launch
from chatsite.embedded.processes import Running, ServerFailed, is_alive, name_socket_folder, stop_server
from chatsite.embedded.secret_key import keep_secret_key

PROJECT = Path(__file__).resolve().parents[2]
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else for Postgres")

Start = Callable[..., Running]


def test_acknowledged_rows_survive_a_killed_postmaster(start_postgres: Start) -> None:
    first = start_postgres()
    with psycopg.connect(first.url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('here')")
    kill(first)
    with psycopg.connect(start_postgres().url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchall() == [("here",)]


def test_a_server_left_by_an_earlier_run_is_stopped_and_replaced(start_postgres: Start) -> None:
    left = start_postgres()
    fresh = start_postgres()
    assert left.process.poll() is not None
    assert can_connect(fresh.url)


def test_a_stale_pid_file_that_names_a_living_stranger_is_no_obstacle(start_postgres: Start, data_dir: Path) -> None:
    (data_dir / "postmaster.pid").write_text(f"{os.getpid()}\n{data_dir}\n")
    assert can_connect(start_postgres().url)
    assert is_alive(os.getpid())


def test_postgres_listens_on_a_private_socket_only(start_postgres: Start) -> None:
    server = start_postgres()
    assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_the_socket_folder_goes_away_with_the_server(start_postgres: Start) -> None:
    server = start_postgres()
    stop_server(server)
    assert not server.socket_folder.exists()


def test_a_setting_that_postgres_refuses_is_named_in_the_failure(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match=r"(?s)ended at once with status 1.*max_connections.*banana"):
        postgres.start_postgres(data_dir=data_dir, log=tmp_path / "x.log", settings={"max_connections": "banana"})


def test_data_of_another_version_are_left_alone(data_dir: Path) -> None:
    (data_dir / "PG_VERSION").write_text("17\n")
    with pytest.raises(ServerFailed, match="written by Postgres 17"):
        postgres.prepare_postgres(data_dir=data_dir)


def test_a_half_made_data_folder_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "postgres.unfinished").mkdir()
    (tmp_path / "postgres.unfinished" / "PG_VERSION").write_text("18\n")
    postgres.prepare_postgres(data_dir=tmp_path / "postgres", settings=postgres.UNSAFE_SETTINGS)
    assert (tmp_path / "postgres" / "global" / "pg_control").exists()
    assert not (tmp_path / "postgres.unfinished").exists()


def test_a_long_path_of_the_data_does_not_make_the_sockets_path_too_long(tmp_path: Path) -> None:
    assert len(os.fsencode(name_socket_folder(tmp_path / ("x" * 200)))) < 80


def test_a_socket_folder_that_somebody_else_put_there_is_refused(data_dir: Path, tmp_path: Path) -> None:
    name_socket_folder(data_dir).symlink_to(tmp_path)
    try:
        with pytest.raises(ServerFailed, match="belongs to someone else"):
            postgres.prepare_postgres(data_dir=data_dir)
    finally:
        name_socket_folder(data_dir).unlink()


@AS_ROOT
@pytest.mark.slow  # makes a database
@pytest.mark.parametrize("choose", [postgres._choose_mapped, postgres._choose_dropped], ids=["mapped", "dropped"])
def test_root_runs_postgres_in_a_user_namespace_or_as_nobody(
    choose: Callable[[], Identity], open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "choose_identity", lambda near: choose())
    settings = postgres.UNSAFE_SETTINGS
    server = postgres.start_postgres(data_dir=open_folder / "pg", log=open_folder / "pg.log", settings=settings)
    try:
        assert can_connect(server.url)
    finally:
        stop_server(server)


@AS_ROOT
def test_a_folder_that_nobody_may_enter_is_named(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbidden = Identity(kind="mapped", uid=-1, gid=-1)  # as where the system forbids user namespaces
    monkeypatch.setattr(postgres, "_choose_mapped", lambda: forbidden)
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ServerFailed, match=f"user nobody may not enter {closed}"):
        postgres.choose_identity(near=closed / "postgres")


@pytest.mark.slow  # makes a database in a process of its own
def test_an_ordinary_user_needs_no_tricks(tmp_path: Path) -> None:
    """As root, a user namespace makes this an ordinary user's process that can still read this Python."""
    script = (
        "import os, sys; from pathlib import Path; from chatsite.embedded import postgres, processes\n"
        "assert os.geteuid() != 0 and postgres.choose_identity(near=Path.cwd()).kind == 'same'\n"
        "here = Path(sys.argv[1]); settings = postgres.UNSAFE_SETTINGS\n"
        "server = postgres.start_postgres(data_dir=here / 'postgres', log=here / 'postgres.log', settings=settings)\n"
        "processes.stop_server(server); print('stopped')"
    )
    identity = SAME if os.geteuid() != 0 else postgres._choose_mapped()
    command = build_launch([sys.executable, "-c", script, str(tmp_path)], identity=identity)
    answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert answer.stdout == "stopped\n", answer.stderr


def test_valkey_comes_back_after_a_kill_and_replaces_one_that_was_left(tmp_path: Path) -> None:
    first = valkey.start_valkey(data_dir=tmp_path / "valkey", log=tmp_path / "valkey.log")
    kill(first)
    second = valkey.start_valkey(data_dir=tmp_path / "valkey", log=tmp_path / "valkey.log")
    third = valkey.start_valkey(data_dir=tmp_path / "valkey", log=tmp_path / "valkey.log")
    try:
        assert second.process.poll() is not None
        assert valkey.is_ready(valkey.Valkey(data_dir=tmp_path, socket=third.socket_folder / "valkey.sock"))
    finally:
        stop_server(third)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_a_server_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from chatsite.embedded import valkey\n"
        "here = Path(sys.argv[1]); server = valkey.start_valkey(data_dir=here / 'valkey', log=here / 'valkey.log')\n"
        "print(server.process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    wait_until(lambda: not is_alive(int(answer.stdout)))


def test_each_role_may_do_its_part_and_no_more(bootstrapped: dict[str, str]) -> None:
    with psycopg.connect(bootstrapped["DATABASE_OWNER_URL"]) as connection:
        connection.execute("CREATE TABLE anything (id int)")
    for variable in ("DATABASE_URL", "DATABASE_PLATFORM_URL", "DATABASE_SWEEPER_URL"):
        for statement in (
            "CREATE TABLE own (id int)",
            "CREATE TEMPORARY TABLE own (id int)",
            "SELECT * FROM anything",
            "SET ROLE chatsite_owner",
            "SET ROLE chatsite_searcher",
        ):
            with psycopg.connect(bootstrapped[variable]) as connection, pytest.raises(psycopg.Error, match="denied"):
                connection.execute(statement)


def test_no_login_can_bypass_row_level_security(bootstrapped: dict[str, str]) -> None:
    with psycopg.connect(bootstrapped["DATABASE_URL"]) as connection:
        rows = connection.execute(
            "SELECT rolname, rolcanlogin, rolbypassrls FROM pg_roles WHERE rolname LIKE 'chatsite%' ORDER BY rolname"
        ).fetchall()
    assert [row for row in rows if row[2]] == [(roles.SEARCHER, False, True)]
    assert [row[0] for row in rows if row[1]] == sorted(roles.LOGINS)


def test_the_owner_hands_a_function_to_the_searcher_without_gaining_its_rights(bootstrapped: dict[str, str]) -> None:
    with psycopg.connect(bootstrapped["DATABASE_OWNER_URL"]) as connection:
        connection.execute("CREATE TABLE secret (id int)")
        connection.execute("ALTER TABLE secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        connection.execute("CREATE FUNCTION found() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1")
        connection.execute("GRANT CREATE ON SCHEMA public TO chatsite_searcher")
        connection.execute("ALTER FUNCTION found() OWNER TO chatsite_searcher")
        assert connection.execute("SELECT row_security_active('secret')").fetchone() == (True,)
        assert connection.execute("SELECT pg_has_role('chatsite_searcher', 'USAGE')").fetchone() == (False,)


def test_only_tests_let_the_owner_become_the_other_roles(bootstrapped: dict[str, str], admin_url: str) -> None:
    with (
        psycopg.connect(bootstrapped["DATABASE_OWNER_URL"]) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SET LOCAL ROLE chatsite_app")
    roles.bootstrap(admin_url=admin_url, for_tests=True)
    with psycopg.connect(bootstrapped["DATABASE_OWNER_URL"]) as connection:
        connection.execute("SET LOCAL ROLE chatsite_app")
    roles.bootstrap(admin_url=admin_url)


def test_an_administrator_who_is_no_superuser_can_bootstrap_twice(start_postgres: Start) -> None:
    url = start_postgres().url
    with psycopg.connect(url) as admin:
        admin.execute("CREATE ROLE operator LOGIN CREATEROLE CREATEDB BYPASSRLS")
    operator_url = url.replace("postgres@", "operator@")
    assert roles.can_bootstrap(operator_url)
    roles.bootstrap(admin_url=operator_url)
    roles.bootstrap(admin_url=operator_url)
    app_url = roles.build_urls(server_url=url)["DATABASE_URL"]
    assert can_connect(app_url)
    assert not roles.can_bootstrap(app_url)


def test_urls_keep_the_servers_options_and_quote_passwords() -> None:
    urls = roles.build_urls(
        server_url="postgresql://root:x@db.example:6432/other?sslmode=require", passwords={roles.APP: "a b@/:"}
    )
    assert urls["DATABASE_URL"] == "postgresql://chatsite_app:a%20b%40%2F%3A@db.example:6432/chatsite?sslmode=require"
    assert urls["DATABASE_OWNER_URL"] == "postgresql://chatsite_owner@db.example:6432/chatsite?sslmode=require"


def test_secrets_are_made_once_and_readable_by_us_alone(tmp_path: Path) -> None:
    assert keep_secret_key(tmp_path / "key") == keep_secret_key(tmp_path / "key")
    assert len(keep_secret_key(tmp_path / "key")) >= 50
    assert roles.load_passwords(tmp_path / "passwords") == roles.load_passwords(tmp_path / "passwords")
    for name in ("key", "passwords"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def kill(server: Running) -> None:
    """As a crash would: no chance to tidy up."""
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()


def can_connect(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT true").fetchone() == (True,)


def wait_until(is_so: Callable[[], bool], *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def fresh_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What initdb makes, once: copying it is several times quicker."""
    data_dir = tmp_path_factory.mktemp("fresh") / "postgres"
    identity = postgres.choose_identity(near=data_dir)
    postgres.initialise(data_dir=data_dir, identity=identity, durable=False)
    yield data_dir
    shutil.rmtree(data_dir)


@pytest.fixture
def data_dir(fresh_data: Path, tmp_path: Path) -> Iterator[Path]:
    """40 MB, which pytest would keep for three runs."""
    yield Path(shutil.copytree(fresh_data, tmp_path / "postgres"))
    shutil.rmtree(tmp_path / "postgres")


@pytest.fixture
def start_postgres(data_dir: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts servers on the test's data folder, with the settings that real data get."""
    started: list[Running] = []

    def start() -> Running:
        started.append(postgres.start_postgres(data_dir=data_dir, log=tmp_path / "postgres.log"))
        return started[-1]

    yield start
    for server in started:
        stop_server(server)


@pytest.fixture(scope="module")
def admin_url(fresh_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("roles")
    data_dir = Path(shutil.copytree(fresh_data, folder / "postgres"))
    log = folder / "postgres.log"
    server = postgres.start_postgres(data_dir=data_dir, log=log, settings=postgres.UNSAFE_SETTINGS)
    yield server.url
    stop_server(server)
    shutil.rmtree(data_dir)


@pytest.fixture
def bootstrapped(admin_url: str) -> Iterator[dict[str, str]]:
    """The roles' URLs on a server that was bootstrapped as in production, with an empty database."""
    roles.bootstrap(admin_url=admin_url)
    yield roles.build_urls(server_url=admin_url)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("DROP DATABASE chatsite")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may pass, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="chatsite-open-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)
