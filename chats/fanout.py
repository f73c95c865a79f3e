"""Carries frames to the sockets that may see them: the only module that sends to a group.

Each process has one hub per event loop. A frame goes to the hub's own sockets at once, and as one publish per account
and turn of the loop to the other processes, which subscribe to the accounts they hold sockets of. Redis may lose any
of it: sequence numbers and heartbeats repair that. Group names are random public ids, never taken from a client.
"""

import asyncio
import contextlib
import logging
import random
import secrets
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from chatsite.kit import metrics

log = logging.getLogger(__name__)

RESUBSCRIBE_AFTER_S = 1.0  # while Redis is away
RETURN_WITHIN_MS = 10_000  # the sockets of a process that ends come back spread over this, not all at once
GOODBYE_WITHIN_S = 5.0  # then those that have not answered are dropped
SENDING_MAX = 1_000  # publishes under way: a Redis that hangs must not fill the memory


@dataclass(frozen=True, slots=True)
class ChatRef:
    """A chat's keys: all that delivery needs to know of it."""

    id: int
    public_id: str
    account_id: int
    account_public_id: str
    visitor_public_id: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """Frames for one audience of an account: all its agents, one visitor, or both; or a word to the hubs."""

    frames: tuple[str, ...] = ()
    to_agents: bool = False
    to_visitor: str | None = None
    revoke: str | None = None  # close the sockets of this member, visitor or account (public id)
    presence: bool = False  # who is here has changed: look again


class Socket(Protocol):
    """What a hub needs of a socket."""

    account_id: int
    account_public_id: str
    person_public_id: str  # the member's or visitor's public id
    is_agent: bool

    def push(self, frame: str) -> None: ...

    def revoke(self) -> None: ...

    async def restart(self, *, retry_ms: int) -> None: ...


@dataclass
class Room:
    """The sockets of one account in this process."""

    account_id: int
    public_id: str
    agents: set[Socket] = field(default_factory=set)
    visitors: dict[str, set[Socket]] = field(default_factory=dict)
    stale_presence: bool = True
    online: frozenset[str] | None = frozenset()  # public ids of members with a living console; None: look again
    accepting: bool = False  # one of them accepts chats
    members_frame: str = ""  # what the agents were told last
    visitors_online: frozenset[str] = frozenset()

    def sockets(self) -> Iterable[Socket]:
        yield from self.agents
        for sockets in self.visitors.values():
            yield from sockets


class Hub:
    """The sockets of this process and its line to the other processes."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.origin = secrets.token_hex(8)
        self.rooms: dict[str, Room] = {}
        self.open: set[Socket] = set()  # all that are connected, also those in no room yet or any more
        self.unsubscribed: set[str] = set()
        self.outgoing: dict[str, list[Parcel]] = defaultdict(list)
        self.tasks: list[asyncio.Task[Any]] = []
        self.sending: set[asyncio.Task[None]] = set()
        self._channel: str | None = None
        self._wake = asyncio.Event()

    def start(self, *loops: Callable[["Hub"], Any]) -> None:
        """Begin to listen, and run the given background loops, until the event loop ends."""
        for run in (Hub._subscribe, Hub._listen, *loops):
            self.tasks.append(self.loop.create_task(run(self)))

    def join(self, socket: Socket) -> Room:
        """Add a socket to its account's room."""
        room = self.rooms.get(socket.account_public_id)
        if room is None:
            room = self.rooms[socket.account_public_id] = Room(socket.account_id, socket.account_public_id)
            self.unsubscribed.add(room.public_id)
            self._wake.set()
        if socket.is_agent:
            room.agents.add(socket)
        else:
            room.visitors.setdefault(socket.person_public_id, set()).add(socket)
        return room

    def leave(self, socket: Socket) -> None:
        """Remove a socket; the last one of an account ends its subscription."""
        room = self.rooms.get(socket.account_public_id)
        if room is None:
            return
        room.agents.discard(socket)
        mine = room.visitors.get(socket.person_public_id)
        if mine is not None:
            mine.discard(socket)
            if not mine:
                del room.visitors[socket.person_public_id]
        if not room.agents and not room.visitors:
            del self.rooms[room.public_id]
            self.unsubscribed.discard(room.public_id)
            self._wake.set()

    def publish(self, account_public_id: str, parcels: Iterable[Parcel]) -> None:
        """Deliver to the sockets here now, to the other processes at the end of this turn. On the hub's loop only."""
        room = self.rooms.get(account_public_id)
        if not self.outgoing:
            self.loop.call_soon(self._flush)
        outgoing = self.outgoing[account_public_id]
        for parcel in parcels:
            if room is not None:
                deliver(room, parcel)
            outgoing.append(parcel)

    def _flush(self) -> None:
        outgoing, self.outgoing = self.outgoing, defaultdict(list)
        for account_public_id, parcels in outgoing.items():
            if len(self.sending) >= SENDING_MAX:
                log.warning("Redis does not follow: %s hints to the other processes are dropped", len(outgoing))
                metrics.HINTS_LOST.inc(len(outgoing))
                return
            task = self.loop.create_task(send_to_processes(account_public_id, parcels, origin=self.origin))
            self.sending.add(task)
            task.add_done_callback(self.sending.discard)

    async def _subscribe(self) -> None:
        """Keep the subscriptions equal to the rooms, also through an absence of Redis."""
        layer = get_channel_layer()
        subscribed: set[str] = set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                if self._channel is None:
                    self._channel = await layer.new_channel()
                for name in set(self.rooms) - subscribed:
                    await layer.group_add(name, self._channel)
                    subscribed.add(name)
                    self.unsubscribed.discard(name)
                for name in subscribed - set(self.rooms):
                    await layer.group_discard(name, self._channel)
                    subscribed.discard(name)
            except Exception as error:
                log.warning("no line to the other processes yet: %s", type(error).__name__)
                await asyncio.sleep(RESUBSCRIBE_AFTER_S)
                self._wake.set()

    async def _listen(self) -> None:
        layer = get_channel_layer()
        while True:
            if self._channel is None:
                await asyncio.sleep(0.05)
                continue
            try:
                message = await layer.receive(self._channel)
            except Exception as error:
                log.warning("lost the line to the other processes: %s", type(error).__name__)
                await asyncio.sleep(RESUBSCRIBE_AFTER_S)
                continue
            try:
                room = self.rooms.get(message["account"])
                if room is not None and message["origin"] != self.origin:
                    for parcel in message["parcels"]:
                        deliver(room, Parcel(**{**parcel, "frames": tuple(parcel["frames"])}))
            except Exception as error:  # from a process of another release: what it meant is repaired by heartbeats
                log.warning("a hint from another process was not understood: %s", type(error).__name__)


def deliver(room: Room, parcel: Parcel) -> None:
    """Hand a parcel to the sockets of this room that it is for."""
    if parcel.to_agents:
        for socket in room.agents:
            for frame in parcel.frames:
                socket.push(frame)
    if parcel.to_visitor is not None:
        for socket in room.visitors.get(parcel.to_visitor, ()):
            for frame in parcel.frames:
                socket.push(frame)
    if parcel.presence:
        room.stale_presence = True
    if parcel.revoke is not None:
        for socket in list(room.sockets()):
            if parcel.revoke in (socket.person_public_id, socket.account_public_id):
                socket.revoke()


async def send_to_processes(account_public_id: str, parcels: list[Parcel], *, origin: str) -> None:
    """Publish to the processes that hold sockets of this account. A loss is repaired by heartbeats."""
    message = {
        "type": "parcels",
        "origin": origin,
        "account": account_public_id,
        "parcels": [
            {
                "frames": list(parcel.frames),
                "to_agents": parcel.to_agents,
                "to_visitor": parcel.to_visitor,
                "revoke": parcel.revoke,
                "presence": parcel.presence,
            }
            for parcel in parcels
        ],
    }
    try:
        await get_channel_layer().group_send(account_public_id, message)
    except Exception as error:
        metrics.HINTS_LOST.inc()
        log.warning("a hint to the other processes was lost: %s", type(error).__name__)


_hubs: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = weakref.WeakKeyDictionary()
_background: list[Callable[[Hub], Any]] = []


def run_in_background(loop: Callable[[Hub], Any]) -> Callable[[Hub], Any]:
    """Register a coroutine function that every hub runs as long as it lives."""
    _background.append(loop)
    return loop


def hub() -> Hub:
    """Return the running loop's hub; the first call starts it."""
    running = asyncio.get_running_loop()
    found = _hubs.get(running)
    if found is None:
        found = _hubs[running] = Hub()
        found.start(*_background)
    return found


async def say_goodbye() -> None:
    """Tell every socket of the running loop's hub that the process ends and when to come back, and close it (1012).

    Returns when all are closed by both sides and the last hints are out, or after GOODBYE_WITHIN_S.
    """
    found = _hubs.get(asyncio.get_running_loop())
    if found is None:
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_WITHIN_S):
            await asyncio.gather(
                *(socket.restart(retry_ms=random.randrange(RETURN_WITHIN_MS)) for socket in list(found.open))
            )
            while found.open or found.sending:
                await asyncio.sleep(0.02)
    if found.open:
        log.warning("%d sockets did not answer the goodbye", len(found.open))


async def stop_hub() -> None:
    """End the running loop's hub and wait for its loops. For tests and shutdown."""
    found = _hubs.pop(asyncio.get_running_loop(), None)
    if found is not None:
        tasks = [*found.tasks, *found.sending]
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)


def send_now(account_public_id: str, parcels: list[Parcel]) -> None:
    """Deliver from any thread or process: through this process's hubs where it serves sockets, else through Redis."""
    living = [found for found in _hubs.values() if found.loop.is_running()]
    for found in living:
        found.loop.call_soon_threadsafe(found.publish, account_public_id, parcels)
    if not living:
        async_to_sync(send_to_processes)(account_public_id, parcels, origin="")


def announce(account_public_id: str, parcels: list[Parcel]) -> None:
    """Deliver after the transaction under way has committed; not at all when it rolls back."""
    transaction.on_commit(lambda: send_now(account_public_id, parcels))
