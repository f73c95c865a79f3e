"""Visitors who ask, agents who answer, and the pages they do it on."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

from tests.faults.delivery.client import Client, Door, Mischief
from tests.faults.delivery.journal import Journal
from tests.faults.delivery.rules import Log, Pending

VISITOR_PAUSE_S = (0.9, 1.9)  # the server takes one message a second from a visitor
AGENT_PAUSE_S = (0.25, 0.6)
PATIENCE = 12  # who has so many unsent messages stops writing for a while
LONG_TEXT_CHARS = 7_900  # of four bytes each
END_SHARE = 0.01


@dataclass
class Crowd:
    """Everybody, and what all of them do at present."""

    rng: random.Random
    origin: str
    port: int
    may_sync: bool = True
    writing: bool = True
    long_texts: bool = False
    pages: list[Client] = field(default_factory=list)
    laptops: list[Client] = field(default_factory=list)  # closed without a word: to be seen as away at the end
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)
    count: int = 0

    # -- pages ----------------------------------------------------------------------------------------------------

    def visitor(self, account: str, facts: dict[str, str]) -> Client:
        """Open a widget's page."""
        bearer = {"Authorization": f"Bearer {facts['token']}"}
        door = Door(self.origin, self.port, "visitor", "/w/ticket", bearer)
        return self._open(door, account, facts["visitor"], is_agent=False)

    def agent(self, account: str, facts: dict[str, str]) -> Client:
        """Open a console's page."""
        headers = {"Cookie": f"chatsite={facts['session']}", "X-CSRFToken": facts["csrf"]}
        door = Door(self.origin, self.port, "agent", "/console/ticket", headers)
        return self._open(door, account, facts["member"], is_agent=True)

    def _open(self, door: Door, account: str, person: str, *, is_agent: bool) -> Client:
        self.count += 1
        journal = Journal(f"{door.audience} {self.count}", account, person, is_agent)
        rng = random.Random(self.rng.random())
        client = Client(door, journal, rng=rng, may_sync=self.may_sync, mischief=Mischief(twice=0.15, swapped=0.3))
        self.pages.append(client)
        self.tasks.append(asyncio.create_task(client.live()))
        return client

    def again(self, page: Client) -> Client:
        """Open a second page of the same person."""
        journal = page.journal
        return self._open(page.door, journal.account, journal.person, is_agent=journal.is_agent)

    def reload(self, page: Client) -> None:
        """Load a page anew: it knows nothing any more, but what was not sent is kept, with its cmid."""
        page.leave()
        fresh = self.again(page)
        fresh.page.pending = [Pending(one.kind, one.cmid, one.chat, one.text) for one in page.page.pending]
        self.let_write(fresh)

    def let_write(self, client: Client) -> None:
        self.tasks.append(asyncio.create_task(self._work(client) if client.journal.is_agent else self._ask(client)))

    # -- what they do ---------------------------------------------------------------------------------------------

    def _text(self, client: Client) -> str:
        text = f"{client.journal.account} {client.journal.name}: {len(client.journal.written)}"
        return text.ljust(LONG_TEXT_CHARS, "🙂") if self.long_texts else text

    async def _ask(self, client: Client) -> None:
        while not client.gone:
            await asyncio.sleep(self.rng.uniform(*VISITOR_PAUSE_S))
            if self.writing and not client.gone and len(client.page.pending) < PATIENCE:
                say(client, self._text(client))

    async def _work(self, client: Client) -> None:
        """Answer the chats one has, take those that wait, end one now and then."""
        me = client.journal.person
        while not client.gone:
            await asyncio.sleep(self.rng.uniform(*AGENT_PAUSE_S))
            logs = list(client.page.logs.values())
            mine = [log for log in logs if log.state == "active" and log.assignee == me]
            waiting = [log for log in logs if log.state == "waiting" and not has_pending(client, log)]
            if not self.writing or client.gone or len(client.page.pending) > PATIENCE:
                continue
            if waiting and (not mine or self.rng.random() < 0.5):
                client.page.add("take", self.rng.choice(waiting).id)
            elif mine:
                chosen = self.rng.choice(mine)
                if self.rng.random() < END_SHARE:
                    client.page.add("end", chosen.id)
                else:
                    client.page.add("send", chosen.id, self._text(client))

    def alive(self) -> list[Client]:
        """The pages that live on: they must know everything in the end."""
        return [page for page in self.pages if page not in self.laptops and not page.gone]

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def say(client: Client, text: str) -> None:
    """A visitor writes: into his open chat, else into the ended one, on which the server opens another."""
    logs = list(client.page.logs.values())
    open_logs = [log for log in logs if log.state != "ended"]
    chosen = (open_logs or logs)[-1] if logs else None
    if chosen is None and client.page.pending and client.page.pending[0].chat is not None:
        return
    client.page.add("send", chosen.id if chosen else None, text)


def has_pending(client: Client, log: Log) -> bool:
    return any(one.chat == log.id for one in client.page.pending)


async def until(what: Any, *, within_s: float) -> bool:
    """Wait until something has come about; return whether it has."""
    deadline = time.monotonic() + within_s
    while not what():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.1)
    return True
