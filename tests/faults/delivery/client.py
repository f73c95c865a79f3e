"""A browser's page that never gives up: ticket over HTTP, hello, heartbeat, reconnect with jitter (as in socket.js)."""

import asyncio
import contextlib
import json
import random
import time
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from tests.faults.delivery.journal import Journal
from tests.faults.delivery.rules import Frame, Page

VERSION = 1
SILENCE_S, WELCOME_WITHIN_S, PONG_WITHIN_S = 45, 10, 5
RETRY_MIN_S, RETRY_MAX_S, STEADY_AFTER_S = 0.5, 30, 10
TICKET_WITHIN_S = 10
TICK_S = 0.25  # a page checks each second and after each change; this is both
MISSING_PATIENCE_S = 3
UNAUTHENTICATED = "4401"  # once: the ticket may have been too old; twice: a browser gives up
FINAL = {401: "signed_out", 403: "forbidden"}


@dataclass(frozen=True)
class Door:
    """How one person gets in: the page's origin, the port of the link in front of it, and what proves who he is."""

    origin: str
    port: int
    audience: str
    ticket_path: str
    headers: dict[str, str]


class Refused(Exception):
    """The server said that trying again is of no use."""


@dataclass(frozen=True)
class Mischief:
    """What this page's network does to the frames that it sends."""

    twice: float = 0  # the share that is sent up to five times
    swapped: float = 0  # the share of turns in which frames go out in another order


CALM = Mischief()


class Client:
    """One page. `live` runs until it is cancelled; what people do to it are the other methods."""

    def __init__(
        self,
        door: Door,
        journal: Journal,
        *,
        rng: random.Random,
        may_sync: bool = True,
        mischief: Mischief | None = None,
    ) -> None:
        self.door, self.journal, self.rng = door, journal, rng
        self.page = Page(journal, may_sync=may_sync)
        self.mischief = mischief
        self.connection: ClientConnection | None = None
        self.open = False
        self.deaf = False  # reads nothing more, and says nothing: a frozen page, a closed laptop
        self.gone = False  # closed by its owner, or loaded anew
        self._ticket_refused = False
        self.line = 0
        self._attempt = 0
        self._not_before = 0.0
        self._heard = 0.0
        self._pinged = 0.0
        self._missing_since = 0.0
        self._hurry = asyncio.Event()

    # -- the line -------------------------------------------------------------------------------------------------

    async def live(self) -> None:
        while not self.gone:
            began = time.monotonic()
            try:
                why = await self._one_line()
            except Refused as refused:
                self.journal.complaints.append(f"refused for good: {refused}")
                return
            except ConnectionClosed as closed:
                why = str(closed.rcvd.code if closed.rcvd else 1006)
            except (OSError, InvalidHandshake, InvalidMessage, EOFError, TimeoutError, ValueError) as error:
                why = type(error).__name__ if not isinstance(error, ValueError) else str(error)
            finally:
                lived = time.monotonic() - began if self.open else 0.0
                self.open = False
                connection, self.connection = self.connection, None
                if connection is not None:
                    connection.transport.abort()
            self.journal.closes.append(why)
            if why == UNAUTHENTICATED and self._ticket_refused:
                self.journal.complaints.append("two tickets in a row were refused")
            self._ticket_refused = why == UNAUTHENTICATED
            if lived >= STEADY_AFTER_S:
                self._attempt = 0
            ceiling = min(RETRY_MAX_S, 2 * RETRY_MIN_S * 2**self._attempt)
            self._attempt += 1
            pause = max(self.rng.uniform(RETRY_MIN_S, ceiling), self._not_before - time.monotonic())
            self._hurry.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), pause)

    async def _one_line(self) -> str:
        ticket = await asyncio.wait_for(self._fetch_ticket(), TICKET_WITHIN_S)
        url = f"{self.door.origin.replace('http', 'ws', 1)}/ws/{self.door.audience}"
        self.connection = connection = await connect(
            url, origin=self.door.origin, host="127.0.0.1", port=self.door.port, compression=None, proxy=None,
            ping_interval=None, open_timeout=WELCOME_WITHIN_S, close_timeout=1, max_size=None,
        )  # fmt: skip
        await connection.send(json.dumps({"t": "hello", "v": VERSION, "ticket": ticket}))
        self._heard = time.monotonic() - SILENCE_S + WELCOME_WITHIN_S
        self._pinged = 0.0
        ticking = asyncio.create_task(self._tick(connection))
        try:
            while True:
                text = await connection.recv()
                while self.deaf:
                    await asyncio.sleep(TICK_S)
                await self._receive(connection, json.loads(text))
        finally:
            ticking.cancel()

    async def _tick(self, connection: ClientConnection) -> None:
        """The page's timers: retries, questions, and whether the line is dead."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(TICK_S)
                now = time.monotonic()
                if self.deaf:
                    continue
                if now - self._heard > SILENCE_S or (self._pinged and now - self._pinged > PONG_WITHIN_S):
                    connection.transport.abort()
                    return
                if self.open:
                    await self._flush(connection)
                    self._look_for_missing(connection, now)

    def _look_for_missing(self, connection: ClientConnection, now: float) -> None:
        """A chat that one was never told of: a new welcome tells."""
        if not self.page.missing:
            self._missing_since = 0.0
        elif not self._missing_since:
            self._missing_since = now
        elif now - self._missing_since > MISSING_PATIENCE_S and self.page.may_sync:
            self._missing_since = 0.0
            self._not_before = self._attempt = 0
            connection.transport.abort()

    async def _receive(self, connection: ClientConnection, frame: Frame) -> None:
        now = self._heard = time.monotonic()
        self._pinged = 0.0
        if frame["t"] == "hb":
            await connection.send('{"t":"alive"}')
        if frame["t"] == "bye":
            if frame.get("retry_ms") is not None:
                self._not_before = now + frame["retry_ms"] / 1000
            elif frame["code"] != "bad_ticket":
                raise Refused(frame["code"])
        self.page.apply(frame, now)
        if frame["t"] in ("welcome", "inbox") and not self.open:
            self.open = True
            self.line += 1
            self.page.asked.clear()
        if self.open:
            await self._flush(connection)

    async def _flush(self, connection: ClientConnection) -> None:
        now = time.monotonic()
        frames = self.page.due(now, self.line)
        if len(frames) > 1 and self.rng.random() < self.mischief.swapped:
            self.rng.shuffle(frames)
        for frame in [*frames, *self.page.questions(now)]:
            times = self.rng.randint(2, 5) if "cmid" in frame and self.rng.random() < self.mischief.twice else 1
            for _ in range(times):
                await connection.send(json.dumps(frame, ensure_ascii=False))

    async def _fetch_ticket(self) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.door.port)
        try:
            head = {
                "Host": self.door.origin.partition("//")[2], "Origin": self.door.origin, "Connection": "close",
                "Accept": "application/json", "Content-Type": "application/json", "Content-Length": "0",
                **self.door.headers,
            }  # fmt: skip
            lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
            writer.write(f"POST {self.door.ticket_path} HTTP/1.1\r\n{lines}\r\n".encode())
            answer = await reader.read()
        finally:
            writer.transport.abort()
        headers, _, body = answer.partition(b"\r\n\r\n")
        status = int(headers[9:12] or 0)
        if status in FINAL:
            raise Refused(f"{FINAL[status]} {body[:200]!r}")
        if status != 200:
            raise ValueError(f"ticket {status or 'unanswered'}")
        if b"chunked" in headers.lower():
            body = body[body.index(b"{") : body.rindex(b"}") + 1]
        return str(json.loads(body)["ticket"])

    # -- what people do -------------------------------------------------------------------------------------------

    def sleep(self) -> None:
        """The device loses its network: the line breaks without a word, and is built again later."""
        if self.connection is not None:
            self.connection.transport.abort()

    def leave(self) -> None:
        """The page is closed."""
        self.gone = True
        self._hurry.set()
        self.sleep()

    def wake(self) -> None:
        """The device is back, or its owner impatient: ask at once whether the line lives, or build one."""
        self._hurry.set()
        if self.open and self.connection is not None:
            self._pinged = self._pinged or time.monotonic()
            asyncio.get_running_loop().create_task(self._ping(self.connection))

    async def _ping(self, connection: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await connection.send('{"t":"ping","n":1}')
