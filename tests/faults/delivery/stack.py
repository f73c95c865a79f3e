"""The stack under test: Postgres and Valkey of its own, each behind a link, and two web processes on one socket.

Everything is started from the main thread and dies with it, also when the test run is killed.
"""

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatsite.embedded import postgres, roles, valkey
from chatsite.embedded.launch import SAME, Identity, build_launch
from chatsite.embedded.processes import (
    clean_environment,
    forget_libpq_settings,
    make_socket_folder,
    name_socket_folder,
    tail_log,
)
from tests.faults.delivery.layer import FILE_VARIABLE
from tests.faults.delivery.link import Link

PROJECT = Path(__file__).resolve().parents[3]
MANAGE = [sys.executable, str(PROJECT / "manage.py")]
READY_S = 60
STOP_S = 10
POLL_S = 0.05
WEB = ("web-1", "web-2")
DURABLE = {"fsync": "on", "synchronous_commit": "on", "max_connections": "80"}
HEALTHY_HINTS = {"lost": 0.0, "twice": 0.0, "late": 0.0}


class Stack:
    """Use as an asynchronous context. `keep` names what is restarted when it dies, as a supervisor would."""

    def __init__(
        self,
        folder: Path,
        *,
        rng: random.Random,
        settings: Mapping[str, str] | None = None,
        quick: bool = False,
        clock_off_s: float = 0,
    ) -> None:
        self.folder = folder
        self.rng = rng
        self.settings = {**DURABLE, **(settings or {})}
        self.quick = quick
        self.clock_off_s = clock_off_s  # of the second web process
        self.hints_file = folder / "hints.json"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.down: set[str] = set()  # stays away until taken out again
        self.deaths: list[str] = []
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Stack":
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _start(self) -> None:
        forget_libpq_settings()
        self.folder.chmod(0o711)  # Postgres may run as nobody here
        self.set_hints(**HEALTHY_HINTS)
        self.postgres = postgres.prepare_postgres(data_dir=self.folder / "postgres", settings=self.settings)
        self.valkey = valkey.prepare_valkey(data_dir=self.folder / "valkey")
        self.launch("postgres")
        self.launch("valkey")
        await self.until_ready("postgres")
        await self.until_ready("valkey")
        roles.bootstrap(admin_url=self.postgres.url)
        await self._open_links()
        self.straight = self._environment(roles.build_urls(server_url=self.postgres.url), self.valkey.url)
        for name in WEB:
            self.launch(name)
        self._keeper = asyncio.create_task(self._keep())

    async def _open_links(self) -> None:
        self.place = make_socket_folder(data_dir=self.folder / "links", owner=SAME.owner)
        name, far = f".s.PGSQL.{postgres.PORT}", self.postgres.socket_folder
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        port = self.listening.getsockname()[1]
        self.origin = f"http://localhost:{port}"
        self.to_postgres = Link(lambda: asyncio.open_unix_connection(far / name), rng=self.rng)
        self.to_valkey = Link(lambda: asyncio.open_unix_connection(self.valkey.socket), rng=self.rng)
        self.to_web = Link(lambda: asyncio.open_connection("127.0.0.1", port), rng=self.rng)
        await self.to_postgres.listen_unix(self.place / name)
        await self.to_valkey.listen_unix(self.place / "valkey.sock")
        self.port = await self.to_web.listen_tcp()
        urls = roles.build_urls(server_url=f"postgresql://postgres@/postgres?host={self.place}")
        self.web_environment = self._environment(urls, f"unix://{self.place / 'valkey.sock'}?db=0")

    def _environment(self, urls: Mapping[str, str], redis_url: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHATSITE_", "DATABASE_"))}
        return {
            **kept,
            **urls,
            "REDIS_URL": redis_url,
            "PYTHONPATH": str(PROJECT),
            "DJANGO_SETTINGS_MODULE": "tests.faults.delivery.settings",
            "CHATSITE_SECRET_KEY": "only-for-faults-" * 5,
            "CHATSITE_SERVER": "uvicorn",
            "CHATSITE_ORIGIN": getattr(self, "origin", "http://localhost:8000"),
            "CHATSITE_STATIC_ROOT": str(self.folder),
            "CHATSITE_LOGS": "lines",
            FILE_VARIABLE: str(self.hints_file),
            **({"CHATSITE_FAULTS_QUICK": "1"} if self.quick else {}),
        }

    async def _run(self, command: list[str], environment: Mapping[str, str]) -> str:
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        output, errors = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"{command[1:3]} failed:\n{errors.decode()[-3000:]}")
        return output.decode()

    async def seed(self, names: list[str], *, visitors: int) -> list[dict[str, Any]]:
        """Make these accounts; return who is in them (see seed.py)."""
        command = [sys.executable, "-m", "tests.faults.delivery.seed", ",".join(names), str(visitors)]
        return list(json.loads((await self._run(command, self.straight)).splitlines()[-1]))

    # -- processes ----------------------------------------------------------------------------------------------

    def launch(self, name: str) -> None:
        """Start a part, without waiting for it."""
        identity: Identity = SAME
        handed: tuple[int, ...] = ()
        environment = clean_environment()
        if name == "postgres":
            postgres.clear_leftovers(self.postgres)
            command, identity = self.postgres.command, self.postgres.identity
        elif name == "valkey":
            command = self.valkey.command
        else:
            handed = (self.listening.fileno(),)
            command = [*MANAGE, "serve", "--fd", str(handed[0])]
            wrong = {"CHATSITE_FAULTS_CLOCK_S": str(self.clock_off_s)} if self.clock_off_s and name == WEB[1] else {}
            environment = self.web_environment | wrong
        with self.log(name).open("ab") as output:
            self.processes[name] = subprocess.Popen(
                build_launch(command, identity=identity, parent_death=signal.SIGKILL),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
                pass_fds=handed,
            )

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    async def until_ready(self, name: str) -> None:
        until = time.monotonic() + READY_S
        while not await self._is_ready(name):
            if time.monotonic() > until:
                raise RuntimeError(f"{name} does not answer:\n{tail_log(self.log(name))}")
            await asyncio.sleep(POLL_S)

    async def _is_ready(self, name: str) -> bool:
        if name == "postgres":
            return await asyncio.to_thread(postgres.is_ready, self.postgres)
        return await asyncio.to_thread(valkey.is_ready, self.valkey)

    async def until_web_serves(self) -> None:
        """Wait until both web processes take connections. Their common socket is open always, so that says nothing:
        a process that serves has an event loop, one that starts has none yet."""
        until = time.monotonic() + READY_S
        while not all(self._serves(self.processes[name].pid) for name in WEB):
            if time.monotonic() > until:
                raise RuntimeError(f"{WEB} do not serve:\n{tail_log(self.log(WEB[0]))}{tail_log(self.log(WEB[1]))}")
            await asyncio.sleep(POLL_S)

    def _serves(self, pid: int) -> bool:
        with contextlib.suppress(OSError):
            return any("eventpoll" in str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir())
        return False

    async def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a signal and wait for the end; the keeper starts it again unless it is in `down`."""
        process = self.processes[name]
        process.send_signal(number)
        while process.poll() is None:
            await asyncio.sleep(POLL_S)

    async def _keep(self) -> None:
        while True:
            for name, process in list(self.processes.items()):
                if process.poll() is not None and name not in self.down:
                    self.deaths.append(f"{name} {process.returncode}")
                    self.launch(name)
            await asyncio.sleep(POLL_S)

    def set_hints(self, *, lost: float, twice: float, late: float) -> None:
        """Change what happens to hints between the web processes."""
        fresh = self.hints_file.with_suffix(".new")
        fresh.write_text(json.dumps({"lost": lost, "twice": twice, "late": late}))
        fresh.replace(self.hints_file)

    async def stop(self) -> None:
        """End what was started here, and remove its folders. Safe to call twice."""
        if self._keeper is not None:
            self._keeper.cancel()
        for process in self.processes.values():
            process.send_signal(signal.SIGKILL if process.pid != self._postgres_pid() else signal.SIGQUIT)
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S)
        for link in ("to_web", "to_postgres", "to_valkey"):
            if hasattr(self, link):
                await getattr(self, link).close()
        if hasattr(self, "listening"):
            self.listening.close()
        for folder in ("postgres", "valkey", "links"):
            shutil.rmtree(name_socket_folder(self.folder / folder), ignore_errors=True)
        shutil.rmtree(self.folder / "postgres", ignore_errors=True)

    def _postgres_pid(self) -> int | None:
        return self.processes["postgres"].pid if "postgres" in self.processes else None
