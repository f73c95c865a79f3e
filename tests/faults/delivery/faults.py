"""What goes wrong. Each fault begins, lasts, and leaves everything healthy again; which sends it met is counted."""

import asyncio
import contextlib
import random
import resource
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.faults.delivery.client import Client
from tests.faults.delivery.people import Crowd, say, until
from tests.faults.delivery.rules import Pending
from tests.faults.delivery.stack import WEB, Stack

APP_ROLE = "chatsite_app"


@dataclass
class Stage:
    """Where faults happen. `scale` stretches how long they last."""

    stack: Stack
    crowd: Crowd
    rng: random.Random
    scale: float = 1
    began: float = field(default_factory=time.monotonic)
    windows: list[tuple[str, float, float]] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)  # what a fault itself found wrong

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self.scale)

    async def run(self, name: str) -> None:
        began = time.monotonic()
        try:
            await FAULTS[name](self)
        finally:
            self.windows.append((name, began, time.monotonic()))

    async def execute(self, statement: str, *parameters: object, held_s: float = 0) -> None:
        """Run a statement as superuser, past the link, and keep its transaction for so long."""

        def run() -> None:
            with psycopg.connect(self.stack.postgres.url, dbname="chatsite") as connection:
                connection.execute(statement, parameters)  # type: ignore[call-overload]
                time.sleep(held_s)

        await self.stack.until_ready("postgres")  # an earlier fault may have left it recovering
        await asyncio.to_thread(run)


Fault = Callable[[Stage], Awaitable[None]]


async def web_killed(stage: Stage) -> None:
    """kill -9 of a web process; the keeper starts another."""
    await stage.stack.kill(stage.rng.choice(WEB))
    await stage.wait(3)


async def web_rolled(stage: Stage) -> None:
    """A deploy: SIGTERM to one web process after the other."""
    for name in WEB:
        await asyncio.wait_for(stage.stack.kill(name, signal.SIGTERM), 45)
        await stage.wait(2)


async def web_frozen(stage: Stage) -> None:
    """A process stands still, as in a stalled virtual machine, and goes on."""
    process = stage.stack.processes[stage.rng.choice(WEB)]
    process.send_signal(signal.SIGSTOP)
    await stage.wait(3)
    process.send_signal(signal.SIGCONT)


async def valkey_killed(stage: Stage) -> None:
    await stage.stack.kill("valkey")
    await stage.wait(1)


async def valkey_flushed(stage: Stage) -> None:
    reader, writer = await asyncio.open_unix_connection(stage.stack.valkey.socket)
    writer.write(b"FLUSHALL\r\n")
    await reader.readline()
    writer.close()
    await stage.wait(0.5)


async def valkey_down(stage: Stage) -> None:
    stage.stack.down.add("valkey")
    await stage.stack.kill("valkey")
    await stage.wait(5)
    stage.stack.down.discard("valkey")


async def valkey_unreachable(stage: Stage) -> None:
    """Requests arrive, answers do not."""
    stage.stack.to_valkey.cut("back")
    await stage.wait(4)
    stage.stack.to_valkey.heal()


async def postgres_crashed(stage: Stage) -> None:
    """As pg_ctl stop -m immediate: no checkpoint, recovery from the log."""
    await stage.stack.kill("postgres", signal.SIGQUIT)
    await stage.wait(2)


async def postgres_slow(stage: Stage) -> None:
    stage.stack.to_postgres.latency_s = {"out": 0.1, "back": 0.1}
    await stage.wait(4)
    stage.stack.to_postgres.latency_s = {"out": 0, "back": 0}


async def postgres_answers_lost(stage: Stage) -> None:
    """Commits are done, and nobody hears of it: a retry must find what is stored."""
    stage.stack.to_postgres.cut("back", share=0.7)
    await stage.wait(2)
    stage.stack.to_postgres.heal()


async def postgres_requests_lost(stage: Stage) -> None:
    stage.stack.to_postgres.cut("out", share=0.7)
    await stage.wait(2)
    stage.stack.to_postgres.heal()


async def postgres_full(stage: Stage) -> None:
    """The connection limit: what is connected is ended, and only two come back in."""
    await stage.execute(f"ALTER ROLE {APP_ROLE} CONNECTION LIMIT 2")
    await stage.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{APP_ROLE}'")
    await stage.wait(4)
    await stage.execute(f"ALTER ROLE {APP_ROLE} CONNECTION LIMIT -1")


async def disk_full(stage: Stage) -> None:
    """Postgres may not write beyond a size that its log has passed: it panics, and stays down until a new one may."""
    postmaster = stage.stack.processes["postgres"].pid
    backends = [int(pid) for pid in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()]
    for pid in [postmaster, *backends]:
        with contextlib.suppress(ProcessLookupError):
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (8192, hard))
    await stage.wait(4)
    stage.stack.processes["postgres"].send_signal(signal.SIGQUIT)  # what is left of it; the keeper has a new one ready
    await stage.wait(2)


async def chat_locked(stage: Stage) -> None:
    """Somebody holds the rows of half the chats."""
    await stage.execute("SELECT id FROM chats_chat WHERE mod(id, 2) = 0 FOR UPDATE", held_s=5 * stage.scale)


async def acks_lost(stage: Stage) -> None:
    """What the server says to half the people does not arrive; then their lines break."""
    stage.stack.to_web.cut("back", share=0.5)
    await stage.wait(3)
    stage.stack.to_web.heal()


async def sends_lost(stage: Stage) -> None:
    stage.stack.to_web.cut("out", share=0.5)
    await stage.wait(3)
    stage.stack.to_web.heal()


async def devices_asleep(stage: Stage) -> None:
    """Everybody's line breaks at some moment."""
    for page in stage.crowd.alive():
        page.sleep()
        await stage.wait(0.05)


async def pages_reloaded(stage: Stage) -> None:
    """Some people press F5."""
    writers = [page for page in stage.crowd.alive() if page.journal.written]
    for page in stage.rng.sample(writers, min(4, len(writers))):
        stage.crowd.reload(page)
    await stage.wait(2)


async def slow_readers(stage: Stage) -> None:
    """Two pages read nothing for a while, during which much is written."""
    readers = stage.rng.sample([page for page in stage.crowd.alive() if page.journal.is_agent], 2)
    stage.crowd.long_texts = True
    for page in readers:
        page.deaf = True
    await stage.wait(12)
    stage.crowd.long_texts = False
    for page in readers:
        page.deaf = False


async def same_message_from_two_processes(stage: Stage) -> None:
    """Two tabs of one visitor send the same cmid, each to another process, while the chat is held: one event."""
    await stage.stack.until_web_serves()
    visitors = [page for page in stage.crowd.alive() if not page.journal.is_agent and page.page.logs]
    first = stage.rng.choice(visitors) if visitors else None
    if first is None:
        return
    tabs = [await _tab_on(stage, first, frozen=other) for other in WEB]
    if not await until(lambda: all(tab.open and tab.page.logs for tab in tabs), within_s=15):
        return
    chat = list(first.page.logs)[-1]
    locked = "SELECT id FROM chats_chat WHERE public_id = %s FOR UPDATE"
    held = asyncio.create_task(stage.execute(locked, chat, held_s=1))
    await asyncio.sleep(0.3)
    say(tabs[0], f"{first.journal.account} from two tabs {stage.rng.random()}")
    one = tabs[0].page.pending[-1]
    tabs[1].page.pending.append(Pending(one.kind, one.cmid, one.chat, one.text))
    await held
    acked = await until(lambda: not any(tab.page.pending for tab in tabs), within_s=20)
    if not acked:
        stage.extra.append("a message from two processes was never acknowledged")
    for tab in tabs:
        tab.leave()


async def _tab_on(stage: Stage, page: Client, *, frozen: str) -> Client:
    """Open another page of a person, on the process that is not `frozen` meanwhile."""
    process = stage.stack.processes[frozen]
    process.send_signal(signal.SIGSTOP)
    try:
        tab = stage.crowd.again(page)
        await until(lambda: tab.open, within_s=5)
    finally:
        process.send_signal(signal.SIGCONT)
    return tab


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        web_killed, web_rolled, web_frozen, valkey_killed, valkey_flushed, valkey_down, valkey_unreachable,
        postgres_crashed, postgres_slow, postgres_answers_lost, postgres_requests_lost, postgres_full, disk_full,
        chat_locked, acks_lost, sends_lost, devices_asleep, pages_reloaded, slow_readers,
        same_message_from_two_processes,
    )
}  # fmt: skip
