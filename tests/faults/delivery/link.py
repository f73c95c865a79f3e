"""A link that can be made bad: a relay in front of a server, on TCP or a Unix socket."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

Way = Literal["out", "back"]  # from the client to the server, and back
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
CHUNK_BYTES = 65_536


class Link:
    """Relays to one server. What the link does to bytes may be changed while it runs."""

    def __init__(self, reach: Callable[[], Awaitable[Ends]], *, rng: random.Random) -> None:
        self.reach = reach
        self.rng = rng
        self.latency_s: dict[Way, float] = {"out": 0, "back": 0}
        self.down = False
        self.rewrite: tuple[bytes, bytes] | None = None  # of equal length: what the client says is changed on the way
        self._cut: dict[Way, float] = {"out": 0, "back": 0}  # the share of connections whose bytes do not arrive
        self._healed = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._relays: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def listen_unix(self, path: Path) -> None:
        self._server = await asyncio.start_unix_server(self._accept, path)

    async def listen_tcp(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    def cut(self, way: Way, *, share: float = 1) -> None:
        """From now on the bytes that go this way do not arrive, while those of the other way do."""
        self._healed.clear()
        self._cut[way] = share

    def heal(self) -> None:
        """Everything arrives again. Connections that were cut break now: what they held is lost."""
        self._cut = {"out": 0, "back": 0}
        self._healed.set()

    def break_all(self) -> None:
        """Reset every connection, without a goodbye to either end."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def close(self) -> None:
        self.heal()
        if self._server is not None:
            self._server.close()
        self.break_all()
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.down:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await self.reach()
        except OSError:
            writer.transport.abort()
            return
        writers = (writer, far_writer)
        self._writers.update(writers)
        draw = self.rng.random()
        ways = [
            asyncio.create_task(self._relay(reader, far_writer, "out", draw)),
            asyncio.create_task(self._relay(far_reader, writer, "back", draw)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for one in writers:
                # What was relayed already still arrives; asyncio's close waits for its buffer by itself.
                one.close()
            self._writers.difference_update(writers)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way, draw: float) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                if way == "out" and self.rewrite is not None:
                    data = data.replace(*self.rewrite)
                if self.latency_s[way]:
                    await asyncio.sleep(self.latency_s[way])
                if draw < self._cut[way]:
                    await self._healed.wait()
                    writer.transport.abort()
                    return
                writer.write(data)
                await writer.drain()
