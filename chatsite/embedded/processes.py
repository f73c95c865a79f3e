"""What both servers share: short socket folders, starting, waiting, stopping, and saying why something failed."""

import contextlib
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chatsite.embedded.launch import Identity, build_launch

START_SECONDS = 60.0  # recovery after kill -9 took 0.3 s; a busy machine with much to replay may need longer
STOP_SECONDS = 10.0  # then SIGKILL
POLL_SECONDS = 0.02
TAIL_LINES = 15
SOCKET_PATH_BYTES = 100  # sun_path holds 108 on Linux, 104 on macOS
LONGEST_SOCKET_NAME = len("/chatsite-4294967295-0123456789ab/.s.PGSQL.5432.lock")


class ServerFailed(Exception):
    """A local server could not be started; the message says what failed and ends with the log's last lines."""


@dataclass(slots=True)
class Running:
    """A server started by this process. `url` is for its superuser (Postgres) or its database 0 (Valkey)."""

    process: subprocess.Popen[bytes]
    url: str
    socket_folder: Path
    stop_signal: int


def name_socket_folder(data_dir: Path) -> Path:
    """A folder with a short path, because a socket's path may be no longer; always the same for a data folder."""
    place = Path(tempfile.gettempdir())
    if len(os.fsencode(place)) + LONGEST_SOCKET_NAME > SOCKET_PATH_BYTES:
        place = Path("/tmp")
    digest = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:12]
    return place / f"chatsite-{os.geteuid()}-{digest}"


def make_socket_folder(*, data_dir: Path, owner: tuple[int, int]) -> Path:
    """Make that folder, for its owner alone.

    Someone else may have made one of that name in a shared temporary folder: then refuse.
    """
    folder = name_socket_folder(data_dir)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), owner[0]}:
        raise ServerFailed(f"{folder} belongs to someone else. Remove it, or set TMPDIR to a folder of your own.")
    give_tree(folder, owner=owner)
    folder.chmod(0o700)
    return folder


def give_tree(folder: Path, *, owner: tuple[int, int]) -> None:
    """Let `owner` own the folder and everything in it; does nothing when the folder is his already."""
    if folder.stat().st_uid == owner[0]:
        return
    for path in [*folder.rglob("*"), folder]:
        os.chown(path, *owner, follow_symlinks=False)


def clean_environment() -> dict[str, str]:
    """The environment for a server: without PGPORT and its like, which change what Postgres does, and in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def forget_libpq_settings() -> None:
    """Remove PGPORT and its like from this process too: they would redirect connections to a server of ours."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


def tail_log(log: Path, *, start: int = 0) -> str:
    """The last lines of what a log holds after its byte `start`."""
    text = log.read_bytes()[start:].decode(errors="replace")
    return "\n".join(text.splitlines()[-TAIL_LINES:])


def start_server(
    command: list[str],
    *,
    identity: Identity,
    url: str,
    socket_folder: Path,
    log: Path,
    stop_signal: int,
    is_ready: Callable[[], bool],
) -> Running:
    """Start a server that logs to `log` and dies with this process, and wait until it answers; raises ServerFailed."""
    with log.open("ab") as output:
        start = output.tell()
        process = subprocess.Popen(
            build_launch(command, identity=identity, parent_death=stop_signal),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=clean_environment(),
            start_new_session=True,
        )
    running = Running(process=process, url=url, socket_folder=socket_folder, stop_signal=stop_signal)
    name = log.stem.capitalize()
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        if process.poll() is not None:
            raise ServerFailed(f"{name} ended at once with status {process.returncode}.\n{tail_log(log, start=start)}")
        if time.monotonic() > deadline:
            stop_server(running)
            raise ServerFailed(f"{name} did not answer within {START_SECONDS:.0f} s.\n{tail_log(log, start=start)}")
        time.sleep(POLL_SECONDS)
    return running


def stop_server(running: Running) -> None:
    """Stop a server of ours, by force after STOP_SECONDS. Safe to call twice."""
    running.process.send_signal(running.stop_signal)
    try:
        running.process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        running.process.kill()
        running.process.wait()
    shutil.rmtree(running.socket_folder, ignore_errors=True)


def find_processes(*, program: str, working_folder: Path) -> list[int]:
    """Processes of that program name whose working folder is this one. Empty where there is no /proc."""
    found = []
    target = working_folder.resolve()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "comm").read_text().strip() == program and (entry / "cwd").readlink() == target:
                found.append(int(entry.name))
    return found


def names_program(pid: int, *, program: str) -> bool:
    """Whether a process with that id runs that program; guards against an id that was given out again."""
    if Path("/proc/self/comm").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/comm").read_text().strip() == program
        return False
    answer = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return Path(answer.stdout.strip()).name == program


def end_processes(pids: list[int], *, polite_signal: int) -> None:
    """Ask processes that are not our children to stop, kill them after STOP_SECONDS, and wait until they are gone."""
    for signal_number in (polite_signal, signal.SIGKILL):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal_number)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            pids = [pid for pid in pids if is_alive(pid)]
            if not pids:
                return
            time.sleep(POLL_SECONDS)
    raise ServerFailed(f"Processes {pids} of an earlier run cannot be stopped.")


def is_alive(pid: int) -> bool:
    """Whether a process exists and is not merely waiting to be collected by its parent."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    return True
