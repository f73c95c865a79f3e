"""Gathers the messages of all sockets of this process into few transactions.

What arrives while a commit is under way makes up the next one: no timer. A chat that is locked by somebody else leaves
for a lane of its own and holds nobody up. Only after COMMIT is anything acknowledged or delivered.
"""

import asyncio
import logging
import time
import weakref
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connections

from chats.fanout import ChatRef, hub
from chats.ingest.append import Item, Outcome, outcomes, write
from chats.ingest.telling import pack_event
from chats.protocol import Sender
from chatsite.kit import metrics
from chatsite.kit.errors import Refused

log = logging.getLogger(__name__)

BATCH_MAX = 200  # events in one transaction: more brought nothing (docs/performance.md)
LOCK_WAIT_MS = 50  # in the common lane: a busy chat may delay the others by no more
BUSY_LOCK_WAIT_MS = 2_000  # in the lane of busy chats
ALONE_LOCK_WAIT_MS = 1  # after a batch has waited already: many busy chats must not add up
CONNECT_WITHIN_S = 3
GONE_AFTER_MS = 10_000  # a server that does not even acknowledge our bytes for so long is taken for dead
RETRY_MS = 1_000  # when a client may try again


class Busy(Refused):
    code = "busy"
    status = 503
    text = "The chat is busy at the moment. Your message is kept and sent again by itself."


class Unwritable(Refused):
    code = "internal"
    status = 500
    text = "Something failed on our side, and this message was not stored. Please send it again."


@dataclass(slots=True)
class Entry:
    """A message on its way: where it goes, who is shown as its sender, and who waits for the answer."""

    chat: ChatRef
    item: Item
    sender: Sender
    answer: "asyncio.Future[Outcome]"


def _connect() -> psycopg.Connection:
    parameters: dict[str, Any] = {"connect_timeout": CONNECT_WITHIN_S, "tcp_user_timeout": GONE_AFTER_MS}
    parameters |= connections["default"].get_connection_params()
    for name in ("cursor_factory", "context", "pool", "prepare_threshold", "isolation_level", "assume_role"):
        parameters.pop(name, None)
    # Limits of this connection, not of an account's scope: safe at session level, it is never lent out.
    limits = "-c synchronous_commit=on -c idle_in_transaction_session_timeout=10000"
    parameters["options"] = f"{parameters.get('options', '')} {limits}"
    return psycopg.connect(**parameters, autocommit=True, prepare_threshold=1)


SCOPE = "SELECT set_config('app.account_id', %s, true), set_config('lock_timeout', %s, true)"


def commit(
    connection: psycopg.Connection, batch: Sequence[tuple[ChatRef, Item]], *, lock_wait_ms: int = LOCK_WAIT_MS
) -> list[Outcome]:
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
            cursor.execute(SCOPE, [str(account_id), f"{lock_wait_ms}ms"])
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
        self.task: asyncio.Task[None] | None = None

    def put(self, entry: Entry) -> None:
        self.queue.append(entry)
        self.chats[entry.chat.id] = self.chats.get(entry.chat.id, 0) + 1
        if self.task is None:
            self.task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self.queue:
                batch = self._next_batch()
                if not batch:
                    continue
                began = time.perf_counter()
                try:
                    results = await loop.run_in_executor(self.thread, self._write, batch)
                except Exception:
                    log.exception("a batch of %d failed", len(batch))
                    results = [Unwritable() for _ in batch]
                metrics.COMMIT_EVENTS.observe(len(batch))
                metrics.COMMIT_SECONDS.observe(time.perf_counter() - began)
                for entry, result in zip(batch, results, strict=True):
                    self._count_down(entry)
                    if isinstance(result, Busy) and self.busy is not None:
                        self.busy.put(entry)
                    else:
                        _settle(entry, result)
        finally:
            self.task = None

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

    def _write(self, batch: list[Entry]) -> list[Outcome | Refused]:
        """Commit all at once, else each alone, so that a busy chat or a bad event concerns nobody else."""
        try:
            return [*self._commit(batch, lock_wait_ms=self.lock_wait_ms)]
        except psycopg.errors.LockNotAvailable:
            if len({entry.chat.id for entry in batch}) == 1:
                return [Busy(retry_ms=RETRY_MS) for _ in batch]
        except Exception as error:
            log.info("a batch of %d is retried alone: %s", len(batch), type(error).__name__)
        results: list[Outcome | Refused] = []
        stuck: set[int] = set()  # a busy chat's later entries must not overtake its first
        away = False  # the database: each further attempt would wait for it in vain
        for entry in batch:
            if away or entry.chat.id in stuck:
                results.append(Busy(retry_ms=RETRY_MS))
                continue
            try:
                results += self._commit([entry], lock_wait_ms=ALONE_LOCK_WAIT_MS)
            except psycopg.errors.LockNotAvailable:
                stuck.add(entry.chat.id)
                results.append(Busy(retry_ms=RETRY_MS))
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                log.warning("the database is away: %s", type(error).__name__)
                away = True
                results.append(Busy(retry_ms=RETRY_MS))
            except Exception as error:
                log.error("an event could not be written: %s", type(error).__name__)
                results.append(Unwritable())
        return results

    def _commit(self, batch: list[Entry], *, lock_wait_ms: int) -> list[Outcome]:
        if self.connection is None or self.connection.closed:
            self.connection = _connect()
        try:
            return commit(self.connection, [(entry.chat, entry.item) for entry in batch], lock_wait_ms=lock_wait_ms)
        except psycopg.OperationalError as error:
            if not isinstance(error, psycopg.errors.LockNotAvailable):
                self.connection.close()
            raise


def _settle(entry: Entry, outcome: Outcome | Refused) -> None:
    """After the commit: deliver, and answer the one who waits."""
    metrics.ACKS[outcome.status if isinstance(outcome, Outcome) else outcome.code].inc()
    if isinstance(outcome, Outcome) and outcome.status in ("new", "dup"):
        parcel = pack_event(chat=entry.chat, item=entry.item, sender=entry.sender, outcome=outcome)
        hub().publish(entry.chat.account_public_id, [parcel])
    if not entry.answer.done():
        if isinstance(outcome, Refused):
            entry.answer.set_exception(outcome)
        else:
            entry.answer.set_result(outcome)


_lanes: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[Lane, Lane]]" = weakref.WeakKeyDictionary()


def submit(*, chat: ChatRef, item: Item, sender: Sender) -> "asyncio.Future[Outcome]":
    """Queue one event of the message kind; the answer is its outcome, after the commit and its local delivery.

    The answer raises Busy when the chat stayed locked (nothing is stored then) or the database is away (it may be); the
    same cmid may be sent again. It raises Unwritable for an event that the database refuses.
    """
    loop = asyncio.get_running_loop()
    lanes = _lanes.get(loop)
    if lanes is None:
        busy = Lane(lock_wait_ms=BUSY_LOCK_WAIT_MS, busy=None)
        lanes = _lanes[loop] = (Lane(lock_wait_ms=LOCK_WAIT_MS, busy=busy), busy)
        for name, lane in zip(("common", "busy"), lanes, strict=True):
            metrics.LANE_ENTRIES[name].set_function(lane.queue.__len__)
    common, busy = lanes
    entry = Entry(chat=chat, item=item, sender=sender, answer=loop.create_future())
    # What waits in the common lane goes first, and is led into the other one as its turn comes.
    (busy if chat.id in busy.chats and chat.id not in common.chats else common).put(entry)
    return entry.answer


def close_lanes() -> None:
    """Close the running loop's connections and threads. For tests and shutdown."""
    for lane in _lanes.pop(asyncio.get_running_loop(), ()):
        lane.thread.shutdown(wait=True)
        if lane.connection is not None:
            lane.connection.close()
