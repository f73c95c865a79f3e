"""Runs several programs as one: starts them in order, restarts what dies, and stops all of them together.

Every part has a session of its own, writes to a log of its own, and dies with this process even if that is killed.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chatsite.embedded.launch import SAME, Identity, build_launch
from chatsite.embedded.processes import ServerFailed, tail_log

READY_SECONDS = 60.0  # a cold start on a busy two-core machine takes about 10 s
STOP_SECONDS = 10.0  # then SIGKILL
POLL_SECONDS = 0.05
FIRST_PAUSE_SECONDS = 1.0  # before a restart; doubled each time
LONGEST_PAUSE_SECONDS = 30.0
DEATHS_TO_REPORT = 5  # within DEATH_WINDOW_SECONDS: it will not get well by itself
DEATH_WINDOW_SECONDS = 60.0
LOG_BYTES = 5_000_000  # a larger log is set aside at the next start, and the one before it dropped
KILLED = "was ended by SIGKILL"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class PartFailed(Exception):
    """A part could not be started; the message ends with the last lines of its log."""


class AlreadyRunning(Exception):
    """Another process supervises the same folder; the message is a sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Part:
    """A program to keep running. `is_ready` may block; `before_start` runs before every start, also a restart."""

    name: str
    command: list[str]
    is_ready: Callable[[], bool]
    before_start: Callable[[], None] = lambda: None
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    stop_signal: int = signal.SIGTERM
    identity: Identity = SAME


@dataclass(slots=True)
class Watched:
    """A part that was started, with the process that is it at present; `collected` once nothing of that is left."""

    part: Part
    log: Path
    process: asyncio.subprocess.Process
    log_start: int
    collected: bool = False
    keeper: asyncio.Task[None] | None = None


@dataclass(slots=True)
class Supervision:
    """What one supervisor keeps running, in groups that start and stop together. `say` shows a line to the person."""

    log_folder: Path
    say: Callable[[str], None]
    groups: list[list[Watched]] = field(default_factory=list)


def supervise(work: Callable[[Supervision], Awaitable[None]], *, log_folder: Path, say: Callable[[str], None]) -> None:
    """Run `work`, which starts parts, and keep them running until Ctrl-C, SIGTERM or SIGHUP; then stop all of them.

    Raises PartFailed, after stopping the others, when a part cannot be started the first time.
    """
    asyncio.run(_supervise(work, Supervision(log_folder=log_folder, say=say)))


async def _supervise(work: Callable[[Supervision], Awaitable[None]], supervision: Supervision) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in STOP_SIGNALS:
        # `nohup` asks that the end of the terminal be ignored.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            loop.add_signal_handler(number, stop.set)
    working = asyncio.ensure_future(_work_and_wait(work, supervision))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            supervision.say("Stopping …")
            working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
    finally:
        stopping.cancel()
        stop.clear()
        await _stop_all(supervision, hurry=stop)


async def _work_and_wait(work: Callable[[Supervision], Awaitable[None]], supervision: Supervision) -> None:
    await work(supervision)
    await asyncio.Event().wait()


async def start_part(supervision: Supervision, part: Part) -> float:
    """Start a part, wait until it is ready, and keep it running from then on. Answers how many seconds that took."""
    return await start_together(supervision, [part])


async def start_together(supervision: Supervision, parts: list[Part]) -> float:
    """The same for parts that do not need each other: nor do they wait for each other, at the start or at the end."""
    started = time.monotonic()
    group: list[Watched] = []
    supervision.groups.append(group)
    await asyncio.gather(*(_start(supervision, group, part) for part in parts))
    return time.monotonic() - started


async def run_step(supervision: Supervision, *, name: str, command: list[str], environment: Mapping[str, str]) -> float:
    """Run a program to its end, with its output in a log. Answers how many seconds that took; raises PartFailed."""
    started = time.monotonic()
    step = Part(name=name, command=command, environment=environment, is_ready=lambda: True)
    watched = await _launch(step, log=_open_log(supervision, name))
    try:
        status = await watched.process.wait()
    finally:
        await _stop_process(watched, hurry=asyncio.Event())
    if status:
        raise PartFailed(_explain(watched, f"failed: {_describe_end(status)}"))
    return time.monotonic() - started


@contextlib.contextmanager
def hold_lock(folder: Path) -> Iterator[None]:
    """Keep a second supervisor away from the folder; raises AlreadyRunning. The system frees it if we are killed."""
    with (folder / "lock").open("a+") as lock:
        lock.seek(0)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"Chatsite already runs on {folder} (process {lock.read().strip() or 'unknown'}): "
                "stop it there with Ctrl-C, or give this one another --local-dir."
            ) from None
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _open_log(supervision: Supervision, name: str) -> Path:
    supervision.log_folder.mkdir(parents=True, exist_ok=True)
    log = supervision.log_folder / f"{name.lower()}.log"
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return log


async def _start(supervision: Supervision, group: list[Watched], part: Part) -> None:
    watched = await _launch(part, log=_open_log(supervision, part.name))
    group.append(watched)
    failure = await _wait_until_ready(watched)
    if failure:
        raise PartFailed(_explain(watched, failure))
    watched.keeper = asyncio.create_task(_keep_running(supervision, watched))


async def _launch(part: Part, *, log: Path) -> Watched:
    await asyncio.to_thread(part.before_start)
    with log.open("ab") as output:
        start = output.tell()
        # From the main thread, always: Linux reports a parent's death when the thread that forked has ended.
        process = await asyncio.create_subprocess_exec(
            *build_launch(part.command, identity=part.identity, parent_death=part.stop_signal),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            env=part.environment,
            start_new_session=True,
        )
    return Watched(part=part, log=log, process=process, log_start=start)


async def _wait_until_ready(watched: Watched) -> str:
    """Why the part did not become ready; empty when it did."""
    deadline = time.monotonic() + READY_SECONDS
    while watched.process.returncode is None:
        if await asyncio.to_thread(watched.part.is_ready) and watched.process.returncode is None:
            return ""
        if time.monotonic() > deadline:
            return f"was not ready within {READY_SECONDS:.0f} s"
        await asyncio.sleep(POLL_SECONDS)
    return _describe_end(watched.process.returncode)


async def _keep_running(supervision: Supervision, watched: Watched) -> None:
    """Restart the part whenever it ends, ever more slowly while it does not last."""
    name, say = watched.part.name, supervision.say
    deaths: list[float] = []  # of the present streak, which ends when the part lasts for DEATH_WINDOW_SECONDS
    why = ""
    while True:
        why = why or _describe_end(await watched.process.wait())
        now = time.monotonic()
        if deaths and now - deaths[-1] > DEATH_WINDOW_SECONDS:
            deaths = []
        deaths.append(now)
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (len(deaths) - 1), LONGEST_PAUSE_SECONDS)
        if len(deaths) == DEATHS_TO_REPORT:
            say(f"{name} died {DEATHS_TO_REPORT} times in {now - deaths[0]:.0f} s. {_explain(watched, why)}")
            say(f"{name}: tried again every {LONGEST_PAUSE_SECONDS:.0f} s; nothing more is said until it runs")
        elif len(deaths) < DEATHS_TO_REPORT:
            # A killed part says nothing about it, and its lines are shown once only.
            say(_explain(watched, why) if len(deaths) == 1 and why != KILLED else f"{name} {why}")
            say(f"{name}: starting again in {pause:.0f} s")
        await _stop_process(watched, hurry=asyncio.Event())
        await asyncio.sleep(pause)
        try:
            why = await _restart(watched)
        except (OSError, ServerFailed) as failure:
            # For example because the disk is full: also a reason to try again later.
            why = f"cannot be started: {failure}"
        if not why:
            say(f"{name}: runs again")


async def _restart(watched: Watched) -> str:
    fresh = await _launch(watched.part, log=watched.log)
    watched.process, watched.log_start, watched.collected = (fresh.process, fresh.log_start, False)
    return await _wait_until_ready(watched)


async def _stop_all(supervision: Supervision, *, hurry: asyncio.Event) -> None:
    """Stop the groups, the last started first; a second Ctrl-C kills what is left."""
    for group in reversed(supervision.groups):
        await asyncio.gather(*(_stop(watched, hurry=hurry) for watched in group))


async def _stop(watched: Watched, *, hurry: asyncio.Event) -> None:
    if watched.keeper:
        watched.keeper.cancel()
        await asyncio.gather(watched.keeper, return_exceptions=True)
    await _stop_process(watched, hurry=hurry)


async def _stop_process(watched: Watched, *, hurry: asyncio.Event) -> None:
    """Stop the process, by force after STOP_SECONDS or in a hurry, and whatever it left in its process group."""
    process = watched.process
    if watched.collected:
        # The system may have given the number to somebody else by now.
        return
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(watched.part.stop_signal)
        ended, hurried = (asyncio.ensure_future(process.wait()), asyncio.ensure_future(hurry.wait()))
        await asyncio.wait([ended, hurried], timeout=STOP_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    watched.collected = True


def _describe_end(status: int) -> str:
    return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"


def _explain(watched: Watched, why: str) -> str:
    lines = "".join(f"\n    {line}" for line in tail_log(watched.log, start=watched.log_start).splitlines())
    return f"{watched.part.name} {why}. Its last lines, from {watched.log}:{lines or ' (none)'}"
