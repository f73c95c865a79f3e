"""Plays one run: people write, things break, everything is mended, and then the verifier has the last word.

Also a program: `python -m tests.faults.delivery.run --seconds 60 --seed 7`.
"""

import argparse
import asyncio
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.delivery.client import CALM, Client
from tests.faults.delivery.faults import FAULTS, Stage
from tests.faults.delivery.people import Crowd, until
from tests.faults.delivery.rules import Log
from tests.faults.delivery.stack import Stack
from tests.faults.delivery.verifier import read_stored, verify
from tests.servers import STARTED

BAD_HINTS = {"lost": 0.3, "twice": 0.1, "late": 0.1}
MIX = (
    "web_killed", "valkey_flushed", "postgres_crashed", "acks_lost", "postgres_answers_lost",
    "same_message_from_two_processes", "valkey_down", "web_rolled", "chat_locked", "sends_lost", "postgres_slow",
    "devices_asleep", "postgres_full", "valkey_killed", "pages_reloaded",
)  # fmt: skip
QUIET_WITHIN_S = 90  # the promise is 60 s after the last fault; a busy machine gets more, a broken promise never ends
ACCOUNTS = ("North", "South")


@dataclass
class Plan:
    """One run. `seconds`: how long faults go on; the plan's faults come in random order, again and again."""

    seed: int
    seconds: float = 40
    faults: Sequence[str] = MIX
    visitors: int = 6  # in each account
    scale: float = 1
    hints: Mapping[str, float] = field(default_factory=lambda: dict(BAD_HINTS))
    may_sync: bool = True
    quick: bool = False  # heartbeats and leases run three times as fast
    clock_off_s: float = 0  # of one web process
    lying_commits: bool = False  # acknowledge before anything is on the disk
    quiet_within_s: float = QUIET_WITHIN_S
    say: Callable[[str], None] = print
    tell: Callable[[str], None] = lambda text: None  # how it goes meanwhile


@dataclass
class Report:
    """What came of a run. `broken`: promise → cases, only those that have some."""

    seed: int
    broken: dict[str, list[str]]
    written: int
    acked: int
    faulted: int
    faults: Counter[str]
    closes: Counter[str]
    refusals: Counter[str]
    deaths: Counter[str]
    events: int
    quiet_after_s: float

    def __str__(self) -> str:
        lines = [
            f"seed {self.seed}: {self.written} messages written, {self.acked} acknowledged, {self.events} events, "
            f"{self.faulted} sends under a fault, quiet {self.quiet_after_s:.0f} s after the last one",
            f"  faults: {_list(self.faults)}",
            f"  processes that died and were started again: {_list(self.deaths)}",
            f"  lines ended: {_list(self.closes)}",
            f"  refusals: {_list(self.refusals) or 'none'}",
        ]
        for promise, cases in self.broken.items():
            lines.append(f"  BROKEN {promise}: {len(cases)}, such as {cases[:3]}")
        return "\n".join(lines if self.broken else [*lines, "  every promise held"])


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


async def play(plan: Plan) -> Report:
    """Build the stack, play the plan, verify, and remove everything."""
    began = time.monotonic()
    rng = random.Random(plan.seed)
    plan.say(f"delivery under faults: seed {plan.seed}")
    settings = {"synchronous_commit": "off", "wal_writer_delay": "10s"} if plan.lying_commits else None
    with tempfile.TemporaryDirectory(prefix="faults-", dir=os.environ.get(STARTED)) as folder:
        async with Stack(
            Path(folder), rng=rng, settings=settings, quick=plan.quick, clock_off_s=plan.clock_off_s
        ) as stack:
            if plan.lying_commits:
                # The message path insists on durable commits: on the way its wish is turned round ("no" is "off").
                stack.to_postgres.rewrite = (b"synchronous_commit=on", b"synchronous_commit=no")
            accounts = await stack.seed(list(ACCOUNTS), visitors=plan.visitors)
            plan.tell(f"built in {time.monotonic() - began:.0f} s")
            crowd = Crowd(rng, stack.origin, stack.port, may_sync=plan.may_sync)
            try:
                return await _play(plan, stack, crowd, accounts, rng)
            finally:
                await crowd.close()


async def _play(plan: Plan, stack: Stack, crowd: Crowd, accounts: list[dict[str, Any]], rng: random.Random) -> Report:
    stage = Stage(stack, crowd, rng, scale=plan.scale)
    _let_in(crowd, accounts)
    if not await until(lambda: all(page.open for page in crowd.pages), within_s=90):
        raise RuntimeError(f"the stack does not let people in: {_list(_closes(crowd))}")
    plan.tell(f"all are in, after {time.monotonic() - stage.began:.0f} s more")
    for page in crowd.laptops:
        page.deaf = True
    stack.set_hints(**plan.hints)
    restless = asyncio.create_task(_be_restless(crowd, rng))
    try:
        await _break_things(plan, stage)
    finally:
        restless.cancel()
    quiet_after_s, open_questions = await _calm_down(plan, stage)
    stored = await asyncio.to_thread(read_stored, stack.postgres.url)
    for page in crowd.alive():
        page.journal.final = True
    journals = [page.journal for page in crowd.pages]
    found = verify(journals, stored)
    found["presence"] += _check_presence(crowd)
    found["not repaired"] += open_questions + stage.extra
    broken = {name: cases for name, cases in found.items() if cases}
    acked = {ack.cmid: ack.at for journal in journals for ack in journal.acked}
    written = {one.cmid: one.at for journal in journals for one in journal.written}
    return Report(
        seed=plan.seed,
        broken=broken,
        written=len(written),
        acked=len(acked),
        faulted=_count_faulted(stage, written, acked),
        faults=Counter(name for name, _, _ in stage.windows),
        closes=_closes(crowd),
        refusals=Counter(code for journal in journals for _, code in journal.refused),
        deaths=Counter(stage.stack.deaths),
        events=sum(map(len, stored.rows.values())),
        quiet_after_s=quiet_after_s,
    )


def _let_in(crowd: Crowd, accounts: list[dict[str, Any]]) -> None:
    """Open everybody's page."""
    for account in accounts:
        *agents, onlooker = account["agents"]
        for facts in agents:
            crowd.let_write(crowd.agent(account["account"], facts))
        for facts in account["visitors"]:
            crowd.let_write(crowd.visitor(account["account"], facts))
        crowd.visitor(account["account"], account["visitors"][0])  # a second tab
        crowd.laptops.append(crowd.agent(account["account"], onlooker))


async def _break_things(plan: Plan, stage: Stage) -> None:
    until_s = time.monotonic() + plan.seconds
    await asyncio.sleep(2)
    while time.monotonic() < until_s:
        for name in stage.rng.sample(list(plan.faults), len(plan.faults)):
            if time.monotonic() > until_s:
                break
            await stage.run(name)
            await asyncio.sleep(stage.rng.uniform(0, 1))


async def _be_restless(crowd: Crowd, rng: random.Random) -> None:
    """Phones fall asleep now and then; so people spread over the processes again after one has died."""
    while True:
        await asyncio.sleep(rng.uniform(0.5, 1.5))
        rng.choice(crowd.alive()).sleep()


async def _calm_down(plan: Plan, stage: Stage) -> tuple[float, list[str]]:
    """Nobody writes any more and nothing is broken: wait until everybody knows everything.

    Return how long it took, and what was open still when the wait was given up.
    """
    began, open_questions = time.monotonic(), ["the database does not answer"]
    stage.crowd.writing = False
    for page in stage.crowd.alive():
        page.mischief = CALM
        page.wake()
    while time.monotonic() < began + plan.quiet_within_s:
        await asyncio.sleep(1)
        try:
            stored = await asyncio.to_thread(read_stored, stage.stack.postgres.url)
        except Exception as error:  # it may still recover
            plan.tell(f"not yet: {type(error).__name__}")
            continue
        open_questions = [why for page in stage.crowd.alive() for why in _list_open(page, stored.heads)]
        open_questions += _check_presence(stage.crowd)
        if not open_questions:
            break
        plan.tell(f"{time.monotonic() - began:.0f} s: {len(open_questions)} open, such as {open_questions[:2]}")
    return time.monotonic() - began, open_questions


def _list_open(page: Client, heads: Mapping[str, int]) -> list[str]:
    """What this page still has to learn."""
    name, logs = page.journal.name, page.page.logs.values()
    why = [f"{name} has {log.first} to {log.last} of {heads.get(log.id)}" for log in logs if not _is_whole(log, heads)]
    if not page.open:
        why.append(f"{name} is not connected")
    if page.page.pending or page.page.missing:
        why.append(f"{name} waits for {len(page.page.pending)} answers and {len(page.page.missing)} chats")
    return why


def _is_whole(log: Log, heads: Mapping[str, int]) -> bool:
    return (log.first, log.last) == (1, heads.get(log.id))


def _check_presence(crowd: Crowd) -> list[str]:
    """What agents see of each other and of visitors, against who really is here."""
    here = {page.journal.person for page in crowd.alive() if page.open}
    wrong = []
    for page in crowd.alive():
        if page.journal.is_agent:
            mates = {one.journal.person for one in crowd.pages if one.journal.account == page.journal.account}
            wrong += [
                f"{page.journal.name} sees {person} as {'here' if online else 'away'}"
                for person, online in page.page.online.items()
                if person in mates and online != (person in here)
            ]
    return wrong


def _count_faulted(stage: Stage, written: Mapping[str, float], acked: Mapping[str, float]) -> int:
    """How many sends were under way, from the key press to the first promise, while some fault was on."""
    windows = [(began, ended) for _, began, ended in stage.windows]
    ways = ((at, acked.get(cmid, float("inf"))) for cmid, at in written.items())
    return sum(any(began <= end and start <= ended for began, ended in windows) for start, end in ways)


def _closes(crowd: Crowd) -> Counter[str]:
    return Counter(why for page in crowd.pages for why in page.journal.closes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--visitors", type=int, default=6)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--faults", nargs="*", choices=sorted(FAULTS), default=list(MIX))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--clock-off", type=float, default=0)
    parser.add_argument("--no-sync", action="store_true")
    parser.add_argument("--lying-commits", action="store_true")
    options = parser.parse_args()
    print(
        asyncio.run(
            play(
                Plan(
                    seed=options.seed, seconds=options.seconds, faults=options.faults, visitors=options.visitors,
                    scale=options.scale, may_sync=not options.no_sync, lying_commits=options.lying_commits,
                    tell=print, quick=options.quick, clock_off_s=options.clock_off,
                )
            )
        )
    )  # fmt: skip
