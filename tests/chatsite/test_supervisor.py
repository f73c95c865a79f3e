"""The supervisor: what it restarts, what it says, and that nothing outlives it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from chatsite import supervisor
from chatsite.embedded import postgres
from chatsite.embedded.processes import is_alive
from chatsite.supervisor import (
    AlreadyRunning,
    Part,
    PartFailed,
    Supervision,
    hold_lock,
    run_step,
    start_part,
    start_together,
)

PROJECT = Path(__file__).resolve().parents[2]
LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")

# Writes its process id to the first file it is given, then does what the rest of the script says.
PROLOGUE = "import os, signal, sys, time; open(sys.argv[1], 'w').write(str(os.getpid()))\n"

Work = Callable[[Supervision], Awaitable[None]]


@pytest.mark.slow  # makes a database, and waits for a restart
def test_a_killed_postgres_comes_back_with_its_rows(tmp_path: Path, said: list[str]) -> None:
    server = postgres.prepare_postgres(data_dir=tmp_path / "postgres")
    part = Part(
        name="Postgres",
        command=server.command,
        identity=server.identity,
        is_ready=partial(postgres.is_ready, server),
        before_start=partial(postgres.clear_leftovers, server),
        stop_signal=postgres.STOP_SIGNAL,
    )

    async def work(supervision: Supervision) -> None:
        await start_part(supervision, part)
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'here' AS word")
        os.kill(supervision.groups[0][0].process.pid, signal.SIGKILL)
        await until(lambda: "Postgres: runs again" in said)
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT word FROM kept").fetchall() == [("here",)]

    run(work, tmp_path, said)
    assert said[0] == "Postgres was ended by SIGKILL"
    assert not (server.data_dir / "postmaster.pid").exists()


def test_a_part_that_ends_at_once_is_reported_with_its_last_lines(tmp_path: Path, said: list[str]) -> None:
    other, broken = (tmp_path / "other", "print('first'); print('cannot find the thing'); sys.exit(3)")

    async def work(supervision: Supervision) -> None:
        await start_part(supervision, script("other", "time.sleep(60)", pid_file=other))
        await start_part(supervision, script("broken", broken, pid_file=tmp_path / "b", is_ready=lambda: False))

    with pytest.raises(PartFailed, match=r"(?s)broken ended with status 3.*\n    first\n    cannot find the thing$"):
        run(work, tmp_path, said)
    assert not is_alive(int(other.read_text()))


def test_parts_that_start_together_end_together_when_one_fails(tmp_path: Path, said: list[str]) -> None:
    other = tmp_path / "other"

    async def work(supervision: Supervision) -> None:
        broken = f"\nwhile not os.path.exists({str(other)!r}): time.sleep(0.01)\nsys.exit(3)"
        await start_together(
            supervision,
            [
                script("other", "time.sleep(60)", pid_file=other),
                script("broken", broken, pid_file=tmp_path / "b", is_ready=lambda: False),
            ],
        )

    with pytest.raises(PartFailed, match="broken ended with status 3"):
        run(work, tmp_path, said)
    assert not is_alive(int(other.read_text()))


def test_a_part_that_keeps_dying_is_reported_once_and_tried_on(tmp_path: Path, said: list[str]) -> None:
    weak = "time.sleep(0.05); sys.exit('out of luck')"

    async def work(supervision: Supervision) -> None:
        await start_part(supervision, script("weak", weak, pid_file=tmp_path / "weak"))
        await until(lambda: any("nothing more is said" in line for line in said))
        told, runs = len(said), said.count("weak: runs again")
        await until(lambda: said.count("weak: runs again") > runs)
        assert said[told:] == ["weak: runs again"]

    run(work, tmp_path, said)
    report = next(line for line in said if "died 5 times" in line)
    assert "ended with status 1" in report
    assert "out of luck" in report


def test_pauses_between_restarts_grow(tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_SECONDS", 0.05)
    moments: list[float] = []

    def note() -> None:
        moments.append(time.monotonic())

    async def work(supervision: Supervision) -> None:
        part = script("weak", "time.sleep(0.1); sys.exit(1)", pid_file=tmp_path / "weak", before_start=note)
        await start_part(supervision, part)
        await until(lambda: len(moments) == 4)

    run(work, tmp_path, said)
    first, second, third = (later - earlier for earlier, later in pairwise(moments))
    assert first >= 0.1 + 0.05
    assert second >= 0.1 + 0.1
    assert third >= 0.1 + 0.2


def test_everything_is_stopped_in_reverse_order(tmp_path: Path, said: list[str]) -> None:
    order = tmp_path / "order"
    note = f"signal.signal(15, lambda *a: (open({str(order)!r}, 'a').write(NAME), sys.exit()))\n"
    note += "open(sys.argv[1] + '.ready', 'w'); time.sleep(60)"

    async def work(supervision: Supervision) -> None:
        for name in ("one ", "two ", "three "):
            pid_file = tmp_path / name.strip()
            ready = pid_file.with_suffix(".ready").exists
            part = script(name, note.replace("NAME", repr(name)), pid_file=pid_file, is_ready=ready)
            await start_part(supervision, part)

    run(work, tmp_path, said)
    assert order.read_text() == "three two one "


def test_a_part_that_will_not_stop_is_killed(tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.2)
    pid_file = tmp_path / "deaf"
    deaf = "signal.signal(15, signal.SIG_IGN); open(sys.argv[1] + '.ready', 'w'); time.sleep(60)"

    async def work(supervision: Supervision) -> None:
        ready = pid_file.with_suffix(".ready").exists
        await start_part(supervision, script("deaf", deaf, pid_file=pid_file, is_ready=ready))

    run(work, tmp_path, said)
    assert not is_alive(int(pid_file.read_text()))


def test_children_of_a_part_do_not_outlive_it(tmp_path: Path, said: list[str]) -> None:
    child = tmp_path / "child"
    parent = "import subprocess; child = subprocess.Popen(['sleep', '60'])\n"
    parent += f"open({str(child)!r}, 'w').write(str(child.pid)); time.sleep(60)"

    async def work(supervision: Supervision) -> None:
        await start_part(supervision, script("parent", parent, pid_file=tmp_path / "parent", is_ready=child.exists))
        await until(lambda: child.read_text() != "")

    run(work, tmp_path, said)
    wait_until_gone(int(child.read_text()))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_to_the_supervisor_stops_all(tmp_path: Path, number: int) -> None:
    process, part = start_separately(tmp_path)
    process.send_signal(number)
    assert process.wait(10) == 0
    assert not is_alive(part)


@LINUX_ONLY
def test_a_killed_supervisor_takes_its_parts_along(tmp_path: Path) -> None:
    process, part = start_separately(tmp_path)
    process.kill()
    process.wait()
    wait_until_gone(part)


def test_a_failing_step_ends_the_start_with_its_last_lines(tmp_path: Path, said: list[str]) -> None:
    async def work(supervision: Supervision) -> None:
        command = [sys.executable, "-c", "import sys; sys.exit('no such table')"]
        await run_step(supervision, name="migrate", command=command, environment=dict(os.environ))

    with pytest.raises(PartFailed, match=r"(?s)migrate failed: ended with status 1.*no such table"):
        run(work, tmp_path, said)


def test_a_second_supervisor_on_the_same_folder_is_told_so(tmp_path: Path) -> None:
    with hold_lock(tmp_path), pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"), hold_lock(tmp_path):
        pass
    with hold_lock(tmp_path):
        pass


def run(work: Work, folder: Path, said: list[str]) -> None:
    """Supervise until the work is done, then ask to stop as a terminal would."""

    async def work_then_stop(supervision: Supervision) -> None:
        await work(supervision)
        os.kill(os.getpid(), signal.SIGTERM)

    supervisor.supervise(work_then_stop, log_folder=folder / "logs", say=said.append)


def script(
    name: str,
    text: str,
    *,
    pid_file: Path,
    is_ready: Callable[[], bool] | None = None,
    before_start: Callable[[], None] = lambda: None,
) -> Part:
    """A part that runs a few lines of Python; ready, unless told otherwise, when it has written its process id."""

    def prepare() -> None:
        pid_file.unlink(missing_ok=True)
        before_start()

    command = [sys.executable, "-c", PROLOGUE + text, str(pid_file)]
    return Part(name=name, command=command, is_ready=is_ready or pid_file.exists, before_start=prepare)


def start_separately(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A supervisor in a process of its own, and the process id of its only part."""
    program = (
        "import sys; from pathlib import Path; from chatsite.supervisor import Part, start_part, supervise\n"
        "here = Path(sys.argv[1]); sleeper = [sys.executable, '-c', sys.argv[2], str(here / 'part')]\n"
        "async def work(s):\n"
        "    await start_part(s, Part(name='part', command=sleeper, is_ready=(here / 'part').exists))\n"
        "    (here / 'started').touch()\n"
        "supervise(work, log_folder=here / 'logs', say=print)"
    )
    command = [sys.executable, "-c", program, str(folder), PROLOGUE + "time.sleep(60)"]
    process = subprocess.Popen(command, cwd=PROJECT)
    deadline = time.monotonic() + 10
    while not (folder / "started").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process, int((folder / "part").read_text())


async def until(is_so: Callable[[], bool], *, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():
            await asyncio.sleep(0.02)


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while is_alive(pid):
        assert time.monotonic() < deadline, f"process {pid} lives on"
        time.sleep(0.02)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the person at the terminal would read. Restarts are made quick."""
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_SECONDS", 0.2)
    return []
