"""The bench's own Postgres (durable, as in production), Valkey and web processes, each kept on a core."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench.machine import pin_tree
from chatsite.embedded import postgres, roles, valkey
from chatsite.embedded.launch import build_launch
from chatsite.embedded.processes import Running, forget_libpq_settings, stop_server, tail_log

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = PROJECT / ".local" / "bench"
READY_S = 60
STOP_S = 15
ORIGIN = "http://bench.example.com"
# Set before anything starts; the client signs its tickets with the same key.
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "bench.settings",
    "CHATSITE_SECRET_KEY": secrets.token_urlsafe(48),
    "CHATSITE_ORIGIN": ORIGIN,
    "CHATSITE_SOCKET_LIMIT_FACTOR": "1000000",
    "CHATSITE_LOGS": "lines",
}


@dataclass
class Server:
    """A web process of the bench."""

    name: str
    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def complaints(self) -> list[str]:
        """What its log holds beyond information."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if any(word in line for word in ("WARNING", "ERROR", "Traceback"))]


@dataclass
class Stack:
    """Everything that runs. `server_core` is for web processes, `other_core` for Postgres, Valkey and the client."""

    folder: Path
    server_core: int
    other_core: int
    postgres: Running
    valkey: Running
    servers: dict[str, Server] = field(default_factory=dict)

    @property
    def superuser_url(self) -> str:
        """The superuser's connection to Chatsite's database."""
        return str(roles._replace(self.postgres.url, dbname=roles.DATABASE))

    def pin_stores(self, core: int) -> None:
        pin_tree(self.postgres.process.pid, core)
        pin_tree(self.valkey.process.pid, core)

    def serve(self, name: str, *, kind: str, application: str = "") -> Server:
        """Start a web process with uvicorn or daphne on the server's core, and wait until it listens."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        log = self.folder / f"{name}.log"
        environment = {"CHATSITE_SERVER": kind, "BENCH_APPLICATION": application}
        if application == "tutorial":
            environment["DATABASE_POOL"] = "0"  # it keeps its connection itself
        command = [sys.executable, str(PROJECT / "manage.py"), "serve", "--port", str(port)]
        with log.open("ab") as output:
            process = subprocess.Popen(
                build_launch(command, parent_death=signal.SIGKILL),
                env={**os.environ, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        pin_tree(process.pid, self.server_core)
        until = time.monotonic() + READY_S
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{name} does not listen:\n{tail_log(log)}")
            time.sleep(0.05)
        pin_tree(process.pid, self.server_core)
        self.servers[name] = Server(name=name, port=port, process=process, log=log)
        return self.servers[name]

    def stop(self, name: str) -> None:
        process = self.servers.pop(name).process
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def set_commit_delay(self, microseconds: int) -> None:
        """Make each commit take so much longer, as on a slower disk."""
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET commit_delay = {microseconds:d}")  # type: ignore[arg-type]
            connection.execute("ALTER SYSTEM SET commit_siblings = 0")
            connection.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)


@contextlib.contextmanager
def running_stack(*, server_core: int, other_core: int) -> Iterator[Stack]:
    """Start the stores, make and migrate the database, and set this process's environment; stop all at the end."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=FOLDER, prefix="run-"))
    folder.chmod(0o711)  # Postgres may run as another user when we are root
    forget_libpq_settings()
    stack = Stack(
        folder=folder,
        server_core=server_core,
        other_core=other_core,
        postgres=postgres.start_postgres(data_dir=folder / "postgres", log=folder / "postgres.log"),
        valkey=valkey.start_valkey(data_dir=folder / "valkey", log=folder / "valkey.log"),
    )
    try:
        stack.pin_stores(other_core)
        roles.bootstrap(admin_url=stack.postgres.url)
        os.environ.update(ENVIRONMENT | roles.build_urls(server_url=stack.postgres.url))
        os.environ["REDIS_URL"] = stack.valkey.url
        migrate = [sys.executable, str(PROJECT / "manage.py"), "migrate", "--database=owner", "--verbosity=0"]
        subprocess.run(migrate, check=True)
        yield stack
    finally:
        for name in list(stack.servers):
            stack.stop(name)
        stop_server(stack.valkey)
        stop_server(stack.postgres)
        shutil.rmtree(folder, ignore_errors=True)
