"""What both sockets share: the handshake, decoding, refusals, the bounded way out. Lean on purpose: no thread and no
group per frame, see docs/performance.md. Rules live in chats/actions."""

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, TypeVar

import msgspec
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from channels.consumer import AsyncConsumer
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections

from accounts.tenancy import account_scope
from chats.fanout import ChatRef, Room, hub
from chats.protocol import (
    ERROR_CODES,
    FRAME_MAX_BYTES,
    HELLO_WITHIN_S,
    PROTOCOL_VERSION,
    Ack,
    Alive,
    Bye,
    Close,
    Err,
    Hello,
    History,
    Out,
    Ping,
    Pong,
    Sync,
    encode,
)
from chats.queries import list_events
from chatsite.kit import metrics
from chatsite.kit.errors import NotPermitted, Refused, SignedOut
from chatsite.kit.ids import new_id
from chatsite.kit.ratelimit import Bucket
from chatsite.kit.tickets import redeem_ticket

log = logging.getLogger(__name__)
T = TypeVar("T")

QUEUE_MAX_FRAMES = 256  # what a socket may be behind; beyond it resumes from Postgres
QUEUE_MAX_CHARS = 512 * 1024
FRAMES_PER_S, FRAMES_BURST = 20, 40
RATE_STRIKES = 40  # refused frames in a row before the socket is closed
KNOWN_CHATS = 64  # chats whose keys a socket remembers
DATABASE_AT_ONCE = 8  # reads of all sockets of a process under way; the pool has as many connections
RETRY_MS = 2_000
COME_BACK = 1012  # the close code "service restart" of RFC 6455's registry

_gate: asyncio.Semaphore | None = None
_gate_loop: asyncio.AbstractEventLoop | None = None


def _database_gate() -> asyncio.Semaphore:
    global _gate, _gate_loop
    loop = asyncio.get_running_loop()
    if _gate is None or _gate_loop is not loop:
        _gate, _gate_loop = asyncio.Semaphore(DATABASE_AT_ONCE), loop
    return _gate


async def in_scope(account_id: int, work: Callable[[], T]) -> T:
    """Run blocking `work` in a thread, within the account's scope and transaction."""

    def run() -> T:
        try:
            with account_scope(account_id):
                return work()
        finally:
            connections.close_all()

    async with _database_gate(), ThreadSensitiveContext():
        return await sync_to_async(run)()


def limit(*, per_s: float, burst: float) -> Bucket:
    """Return a bucket for one socket's frames; measurements widen it by CHATSITE_SOCKET_LIMIT_FACTOR."""
    return Bucket(per_s=per_s * settings.SOCKET_LIMIT_FACTOR, burst=burst * settings.SOCKET_LIMIT_FACTOR)


class ChatSocket(AsyncConsumer):  # type: ignore[misc]
    """One visitor's or agent's socket. Subclasses name their frames, sign in, and handle each kind of frame."""

    audience: ClassVar[str]
    decode: ClassVar[Callable[..., Any]]
    handlers: ClassVar[dict[type, Callable[[Any, Any], Awaitable[None]]]]
    is_agent: ClassVar[bool]

    account_id: int
    account_public_id: str
    person_public_id: str

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket. Overrides Channels' dispatch, which goes through a thread before each event."""
        self._prepare(scope, receive, send)
        served = hub().open
        served.add(self)
        metrics.SOCKETS[self.audience].inc()
        try:
            await self._serve()
        finally:
            self._closed = True
            served.discard(self)
            metrics.SOCKETS[self.audience].dec()
            if self.room is not None:
                hub().leave(self)
                await self.goodbye()

    def _prepare(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope, self._receive, self._send = scope, receive, send
        self.sid = new_id("sid")
        self.room: Room | None = None
        self.chats: OrderedDict[str, ChatRef] = OrderedDict()
        self.bucket = limit(per_s=FRAMES_PER_S, burst=FRAMES_BURST)
        self._strikes = 0
        self._queue: deque[str] = deque()
        self._queued_chars = 0
        self._draining: asyncio.Task[None] | None = None
        self._welcomed = False
        self._closed = False

    async def _serve(self) -> None:
        await self._receive()  # websocket.connect
        if not self._origin_is_ours():
            await self._send({"type": "websocket.close", "code": Close.FORBIDDEN})
            return
        await self._send({"type": "websocket.accept"})
        try:
            async with asyncio.timeout(HELLO_WITHIN_S):
                first = await self._receive()
        except TimeoutError:
            await self.close(Close.UNAUTHENTICATED, "hello_expected")
            return
        if first["type"] != "websocket.receive" or not await self._introduce(first):
            return
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            if not await self._frame(message):
                return

    def _origin_is_ours(self) -> bool:
        """Only pages of our own origin may open a socket: the frame's, not the customer's, is the page here."""
        origins = [value.decode("latin-1") for name, value in self.scope["headers"] if name == b"origin"]
        return origins == [settings.ORIGIN]

    async def _introduce(self, message: dict[str, Any]) -> bool:
        text = message.get("text")
        if not text or len(text) > FRAME_MAX_BYTES:
            await self.close(Close.PROTOCOL, "hello_expected")
            return False
        try:
            hello = type(self).decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            hello = None
        if not isinstance(hello, Hello):
            await self.close(Close.PROTOCOL, "hello_expected")
            return False
        if hello.v != PROTOCOL_VERSION:
            await self.close(Close.OUTDATED, "outdated")
            return False
        values = await redeem_ticket(self.audience, hello.ticket)
        if values is None:
            await self.close(Close.UNAUTHENTICATED, "bad_ticket")
            return False
        try:
            await self.welcome(values)
        except SignedOut:
            await self.close(Close.UNAUTHENTICATED, "signed_out")
            return False
        except NotPermitted:
            await self.close(Close.FORBIDDEN, "not_permitted")
            return False
        except (OperationalError, InterfaceError, OSError) as error:
            log.warning("a socket could not be welcomed: %s", type(error).__name__)
            self._closed = True
            await self._say_and_close(COME_BACK, "internal", retry_ms=RETRY_MS)
            return False
        return True

    async def _frame(self, message: dict[str, Any]) -> bool:
        """Handle one message; return whether to go on."""
        text = message.get("text")
        if text is None:
            await self.close(Close.PROTOCOL, "bad_frame")
            return False
        if not self.bucket.take(time.monotonic()):
            self._strikes += 1
            if self._strikes > RATE_STRIKES:
                await self.close(Close.RATE, "rate_limited")
                return False
            self.refuse("rate_limited", frame=_tell(text), retry_ms=RETRY_MS)
            return True
        self._strikes = 0
        if len(text) > FRAME_MAX_BYTES or (len(text) * 4 > FRAME_MAX_BYTES and len(text.encode()) > FRAME_MAX_BYTES):
            self.refuse("too_big")
            return True
        try:
            frame = type(self).decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            self.refuse("bad_frame", frame=_tell(text))
            return True
        handler = self.handlers.get(type(frame))
        if handler is None:
            self.refuse("bad_frame")
            return True
        try:
            await handler(self, frame)
        except Refused as refused:
            self.refuse(refused.code, text=refused.text, frame=frame, retry_ms=refused.retry_ms)
        except (OperationalError, InterfaceError, OSError) as error:
            where = {"account": self.account_public_id}
            log.warning("a frame met a broken part: %s", type(error).__name__, extra=where)
            self.refuse("internal", frame=frame, retry_ms=RETRY_MS)
        except Exception:
            log.exception("a frame of kind %s failed", type(frame).__name__, extra={"account": self.account_public_id})
            self.refuse("internal", frame=frame)
        return not self._closed

    async def ping(self, frame: Ping) -> None:
        self.push_now(Pong(n=frame.n))

    async def sync(self, frame: Sync) -> None:
        metrics.SYNCS[self.audience].inc()
        chat = await self.chat(frame.chat)
        self.push_now(await in_scope(self.account_id, lambda: list_events(chat, after=frame.after)))

    async def history(self, frame: History) -> None:
        chat = await self.chat(frame.chat)
        self.push_now(await in_scope(self.account_id, lambda: list_events(chat, before=frame.before)))

    async def hello_again(self, frame: Hello) -> None:
        self.refuse("bad_frame")

    # -- what the subclass gives --------------------------------------------------------------------------------

    async def welcome(self, values: dict[str, Any]) -> None:
        """Sign in by the ticket's values, join the room, read, push_welcome. Raises SignedOut or NotPermitted."""
        raise SignedOut

    async def alive(self, frame: Alive) -> None:
        """The browser answered a heartbeat."""

    async def goodbye(self) -> None:
        """The socket is closed; leases may end early."""

    async def load_chat(self, public_id: str) -> ChatRef:
        """Look a chat up that this socket may see. Raises NotFound."""
        raise SignedOut

    # -- chats and answers ------------------------------------------------------------------------------------

    async def chat(self, public_id: str) -> ChatRef:
        """Return the keys of a chat that this socket may see, remembered. Raises NotFound."""
        ref = self.chats.get(public_id)
        if ref is None:
            ref = await self.load_chat(public_id)
            self.remember(ref)
        return ref

    def remember(self, ref: ChatRef) -> None:
        self.chats[ref.public_id] = ref
        if len(self.chats) > KNOWN_CHATS:
            self.chats.popitem(last=False)

    def acknowledge(self, *, cmid: str, chat: ChatRef, outcome: Any) -> None:
        self.push_now(
            Ack(
                cmid=cmid,
                chat=chat.public_id,
                seq=outcome.seq,
                id=outcome.public_id,
                at=outcome.at,
                dup=outcome.status == "dup",
            )
        )

    def refuse(self, code: str, *, text: str = "", frame: Any = None, retry_ms: int | None = None) -> None:
        """Answer that something did not happen, naming the frame's cmid and chat where it has them."""
        self.push_now(
            Err(
                code=code,
                text=text or ERROR_CODES[code],
                cmid=getattr(frame, "cmid", None),
                chat=getattr(frame, "chat", None),
                retry_ms=retry_ms,
            )
        )

    # -- the way out ------------------------------------------------------------------------------------------

    def push_now(self, frame: Out) -> None:
        self.push(encode(frame).decode())

    def push_welcome(self, frame: Out) -> None:
        """Send the welcome, ahead of what has come since the socket joined its room: it may know less than that."""
        if self._closed:
            return
        text = encode(frame).decode()
        self._queue.appendleft(text)
        self._queued_chars += len(text)
        self._welcomed = True
        self._drain()

    def push(self, frame: str) -> None:
        """Queue a frame for the browser. A socket that falls too far behind is told and closed: it resumes by sync."""
        if self._closed:
            return
        if len(self._queue) >= QUEUE_MAX_FRAMES or self._queued_chars > QUEUE_MAX_CHARS:
            self._queue.clear()
            self._queued_chars = 0
            self._closed = True
            metrics.SLOW_READERS.inc()
            asyncio.get_running_loop().create_task(self._close_slow())
            return
        self._queue.append(frame)
        self._queued_chars += len(frame)
        self._drain()

    def _drain(self) -> None:
        if self._welcomed and self._draining is None:
            self._draining = asyncio.get_running_loop().create_task(self._flush())

    async def _flush(self) -> None:
        try:
            while self._queue:
                frame = self._queue.popleft()
                self._queued_chars -= len(frame)
                await self._send({"type": "websocket.send", "text": frame})
        except Exception as error:  # the other end is gone; the receive loop ends by itself
            log.debug("a socket broke while sending: %s", type(error).__name__)
        finally:
            self._draining = None

    async def _close_slow(self) -> None:
        if self._draining is not None:
            self._draining.cancel()
        await self._say_and_close(Close.SLOW, "slow", retry_ms=RETRY_MS)

    def revoke(self) -> None:
        """Close at once: the session or the membership has ended."""
        asyncio.get_running_loop().create_task(self.close(Close.UNAUTHENTICATED, "signed_out"))

    async def restart(self, *, retry_ms: int) -> None:
        """Say that this process ends and when to come back, and close."""
        if self._closed:
            return
        self._closed = True
        await self._say_and_close(COME_BACK, "restart", retry_ms=retry_ms)

    async def close(self, close_code: int, code: str) -> None:
        """Say why and close."""
        if self._closed:
            return
        self._closed = True
        self._queue.clear()  # nothing may follow a close
        await self._say_and_close(close_code, code)

    async def _say_and_close(self, close_code: int, code: str, retry_ms: int | None = None) -> None:
        bye = encode(Bye(code=code, text=ERROR_CODES[code], retry_ms=retry_ms)).decode()
        try:
            async with asyncio.timeout(HELLO_WITHIN_S):
                await self._send({"type": "websocket.send", "text": bye})
                await self._send({"type": "websocket.close", "code": close_code})
        except Exception as error:
            log.debug("a socket broke while closing: %s", type(error).__name__)
        if self.room is not None:
            hub().leave(self)


class _Tell(msgspec.Struct):
    """What a refusal may name of a frame that is not one of ours."""

    cmid: str | None = None
    chat: str | None = None


_decode_tell = msgspec.json.Decoder(_Tell).decode


def _tell(text: str) -> _Tell | None:
    try:
        told = _decode_tell(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return _Tell(cmid=told.cmid[:64] if told.cmid else None, chat=told.chat[:64] if told.chat else None)
