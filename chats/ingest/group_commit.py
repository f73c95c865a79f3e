"""Gathers the messages of all sockets of this process into few transactions.

What arrives while a commit is under way makes up the next one: no timer. A chat that is locked by somebody else leaves
for a lane of its own and holds nobody up. Only after COMMIT is anything acknowledged or delivered.
"""

import asyncio
import logging
import weakref
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
from django.db import connections

from chats.fanout import ChatRef, Parcel, hub
from chats.ingest.append import Item, Outcome, outcomes, write
from chats.protocol import Event, EventFrame, Sender, encode
from chatsite.kit.errors import Refused

log = logging.getLogger(__name__)

BATCH_MAX = 200  # events in one transaction: more brought nothing (docs/performance.md)
LOCK_WAIT_MS = 50  # in the common lane: a busy chat may delay the others by no more
BUSY_LOCK_WAIT_MS = 2_000  # in the lane of busy chats
RETRY_MS = 1_000  # when a client may try again


class Busy(Refused):
    code = "busy"
    status = 503
    text = "The chat is busy at the moment. Your message is kept and sent again by itself."


@dataclass(slots=True)
class Entry:
    """A message on its way: where it goes, who is shown as its sender, and who waits for the answer."""

    chat: ChatRef
    item: Item
    sender: Sender
    answer: "asyncio.Future[Outcome]"


def _connect(lock_wait_ms: int) -> psycopg.Connection:
    parameters = dict(connections["default"].get_connection_params())
    for name in ("cursor_factory", "context", "pool", "prepare_threshold", "isolation_level", "assume_role"):
        parameters.pop(name, None)
    # Limits of this connection, not of an account's scope: safe at session level, it is never lent out.
    options = f"-c lock_timeout={lock_wait_ms} -c synchronous_commit=on -c idle_in_transaction_session_timeout=10000"
    return psycopg.connect(**parameters, autocommit=True, prepare_threshold=1, options=options)


def commit(connection: psycopg.Connection, batch: Sequence[tuple[ChatRef, Item]]) -> list[Outcome]:
    """Write the batch in one transaction, accounts in ascending order, and return the outcomes in the batch's order.

    Sent as one pipeline: the server works through it while we wait once. Raises what psycopg raises; then nothing of
    the batch is written.
    """
    by_account: dict[int, list[int]] = {}
    for place, (chat, _) in enumerate(batch):
        by_account.setdefault(chat.account_id, []).append(place)
    cursors = {}
    with connection.pipeline(), connection.transaction():
        for account_id in sorted(by_account):
            cursor = cursors[account_id] = connection.cursor()
            cursor.execute("SELECT set_config('app.account_id', %s, true)", [str(account_id)])
            write(cursor, [batch[place][1] for place in by_account[account_id]])
    result: list[Outcome | None] = [None] * len(batch)
    for account_id, places in by_account.items():
        for place, outcome in zip(places, outcomes(cursors[account_id]), strict=True):
            result[place] = outcome
    return [outcome for outcome in result if outcome is not None]


class Lane:
    """A queue with one writer thread and one connection."""

    def __init__(self, *, lock_wait_ms: int, busy: "Lane | None") -> None:
        self.queue: deque[Entry] = deque()
        self.chats: dict[int, int] = {}  # chats with entries here, so that their order is kept
        self.lock_wait_ms = lock_wait_ms
        self.busy = busy
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ingest")
        self.connection: psycopg.Connection | None = None
        self.running = False

    def put(self, entry: Entry) -> None:
        self.queue.append(entry)
        self.chats[entry.chat.id] = self.chats.get(entry.chat.id, 0) + 1
        if not self.running:
            self.running = True
            asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self.queue:
                batch = self._next_batch()
                if not batch:
                    continue
                results = await loop.run_in_executor(self.thread, self._write, batch)
                for entry, result in zip(batch, results, strict=True):
                    self._count_down(entry)
                    if result is None and self.busy is not None:
                        self.busy.put(entry)
                    else:
                        _settle(entry, result)
        finally:
            self.running = False

    def _next_batch(self) -> list[Entry]:
        """Take up to BATCH_MAX entries. What follows a busy chat's entry goes after it into its lane; an entry whose
        cmid is in the batch already waits for the next one, and is then found in the log."""
        batch: list[Entry] = []
        seen: set[tuple[int, str, int, str]] = set()
        while self.queue and len(batch) < BATCH_MAX:
            item = self.queue[0].item
            if self.busy is not None and item.chat_id in self.busy.chats:
                entry = self.queue.popleft()
                self._count_down(entry)
                self.busy.put(entry)
                continue
            key = (item.chat_id, item.sender_kind, item.sender_id, item.cmid)
            if key in seen:
                break
            seen.add(key)
            batch.append(self.queue.popleft())
        return batch

    def _count_down(self, entry: Entry) -> None:
        left = self.chats[entry.chat.id] - 1
        if left:
            self.chats[entry.chat.id] = left
        else:
            del self.chats[entry.chat.id]

    def _write(self, batch: list[Entry]) -> list[Outcome | None]:
        """Commit all at once, else each chat alone. None stands for: not now, nothing is stored."""
        try:
            return list(self._commit(batch))
        except psycopg.Error as error:
            if len({entry.chat.id for entry in batch}) == 1 and isinstance(error, psycopg.errors.LockNotAvailable):
                return [None] * len(batch)
            log.info("a batch of %d is retried alone: %s", len(batch), type(error).__name__)
        results: dict[int, Outcome | None] = {}
        stuck: set[int] = set()  # a chat whose first entry failed: its later ones must not overtake it
        for place, entry in enumerate(batch):
            results[place] = None
            if entry.chat.id in stuck:
                continue
            try:
                results[place] = self._commit([entry])[0]
            except psycopg.Error as error:
                stuck.add(entry.chat.id)
                if not isinstance(error, psycopg.errors.LockNotAvailable):
                    log.error("an event could not be written: %s", type(error).__name__)
        return [results[place] for place in range(len(batch))]

    def _commit(self, batch: list[Entry]) -> list[Outcome]:
        if self.connection is None or self.connection.closed:
            self.connection = _connect(self.lock_wait_ms)
        try:
            return commit(self.connection, [(entry.chat, entry.item) for entry in batch])
        except psycopg.OperationalError as error:
            if not isinstance(error, psycopg.errors.LockNotAvailable):
                self.connection.close()
            raise


def _settle(entry: Entry, outcome: Outcome | None) -> None:
    """After the commit: deliver what is new, and answer the one who waits."""
    if outcome is not None and outcome.status == "new":
        event = Event(
            seq=outcome.seq,
            id=outcome.public_id,
            kind=entry.item.kind,  # type: ignore[arg-type]
            sender=entry.sender,
            at=outcome.at,
            cmid=entry.item.cmid,
            text=entry.item.text,
            data=entry.item.data,
        )
        frame = encode(EventFrame(chat=entry.chat.public_id, event=event)).decode()
        parcel = Parcel(frames=(frame,), to_agents=True, to_visitor=entry.chat.visitor_public_id)
        hub().publish(entry.chat.account_public_id, [parcel])
    if not entry.answer.done():
        if outcome is None:
            entry.answer.set_exception(Busy(retry_ms=RETRY_MS))
        else:
            entry.answer.set_result(outcome)


_lanes: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[Lane, Lane]]" = weakref.WeakKeyDictionary()


def submit(*, chat: ChatRef, item: Item, sender: Sender) -> "asyncio.Future[Outcome]":
    """Queue one event of the message kind; the answer is its outcome, after the commit and its local delivery.

    The answer raises Busy when the chat stayed locked or the database is away: nothing is stored then, and the same
    cmid may be sent again.
    """
    loop = asyncio.get_running_loop()
    lanes = _lanes.get(loop)
    if lanes is None:
        busy = Lane(lock_wait_ms=BUSY_LOCK_WAIT_MS, busy=None)
        lanes = _lanes[loop] = (Lane(lock_wait_ms=LOCK_WAIT_MS, busy=busy), busy)
    common, busy = lanes
    entry = Entry(chat=chat, item=item, sender=sender, answer=loop.create_future())
    (busy if chat.id in busy.chats else common).put(entry)
    return entry.answer


def close_lanes() -> None:
    """Close the running loop's connections and threads. For tests and shutdown."""
    for lane in _lanes.pop(asyncio.get_running_loop(), ()):
        lane.thread.shutdown(wait=True)
        if lane.connection is not None:
            lane.connection.close()
