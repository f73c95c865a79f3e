"""The load client: `python -m bench.client`, a process of its own with a task as JSON on its standard input.

Light on purpose (picows, no JSON decoding): it must not be what is measured, and says how busy it was.
A message's text carries the moment when it was due, so that delivery is measured from one clock.
"""

import asyncio
import json
import os
import random
import sys
import time
from typing import Any

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.machine import list_tree, read_cpu_s
from chatsite.kit.tickets import issue_ticket

TEXT_BYTES = 80
STAMP_DIGITS = 20
FILLER = "x" * (TEXT_BYTES - STAMP_DIGITS)
EVENT = b'{"t":"event","chat":"'
CHAT = slice(len(EVENT), len(EVENT) + 27)  # a chat's public id has 27 characters
TEXT = b'"text":"'
ALIVE = b'{"t":"alive"}'
DRAIN_S = 3.0
CONNECTS_AT_ONCE = 16
ANSWER_WITHIN_S = 60.0


class Run:
    """What one run counts."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.task = task
        self.sent = self.acked = 0
        self.delays: list[int] = []  # of deliveries inside the window, in nanoseconds
        self.measuring = False
        self.going = True
        self.trouble: list[str] = []


class Pair:
    """A chat between two sockets."""

    def __init__(self, run: Run, chat: str) -> None:
        self.run, self.chat = run, chat.encode()
        self.sides: dict[str, Side] = {}
        self.head = f'{{"t":"send","chat":"{chat}","cmid":"'

    def send(self, side: str, due: int) -> None:
        number = random.getrandbits(128)
        cmid = f"{number >> 96:08x}-{number >> 80 & 0xFFFF:04x}-4{number >> 68 & 0xFFF:03x}-8{number >> 56 & 0xFFF:03x}"
        text = f'{self.head}{cmid}-{number & 0xFFFFFFFFFFFF:012x}","text":"{due:020d}{FILLER}"}}'
        self.run.sent += 1
        self.sides[side].transport.send(WSMsgType.TEXT, text.encode())


class Side(WSListener):
    """One end of one or several pairs: a visitor, or an agent with his chats."""

    def __init__(self, run: Run, side: str) -> None:
        super().__init__()
        self.run, self.side = run, side
        self.other = b'"kind":"agent"' if side == "visitor" else b'"kind":"visitor"'
        self.pairs: dict[bytes, Pair] = {}
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self.run.going:
            self.run.trouble.append(f"{self.side}: disconnected")
        if not self.ready.done():
            self.ready.set_result(None)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        data = frame.get_payload_as_bytes()
        if data.startswith(EVENT):
            pair = self.pairs.get(data[CHAT])
            if pair is not None and self.other in data:
                self.deliver(pair, data)
        elif data.startswith(b'{"t":"ack"'):
            self.run.acked += 1
        elif data.startswith(b'{"t":"hb"'):
            transport.send(WSMsgType.TEXT, ALIVE)
        elif data.startswith((b'{"t":"welcome"', b'{"t":"inbox"')):
            self.ready.set_result(None)
        elif data.startswith((b'{"t":"err"', b'{"t":"bye"')):
            self.run.trouble.append(data.decode()[:200])

    def deliver(self, pair: Pair, data: bytes) -> None:
        now = time.perf_counter_ns()
        at = data.index(TEXT) + len(TEXT)
        run = self.run
        if run.measuring:
            run.delays.append(now - int(data[at : at + STAMP_DIGITS]))
        if run.going and run.task["mode"] == "closed":
            pair.send(self.side, now)


class Echo(WSListener):
    """A connection that sends again whatever comes back."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def send(self) -> None:
        self.run.sent += 1
        self.transport.send(WSMsgType.TEXT, f"{time.perf_counter_ns():020d}{FILLER}".encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        run = self.run
        run.acked += 1
        if run.measuring:
            run.delays.append(time.perf_counter_ns() - int(frame.get_payload_as_bytes()[:STAMP_DIGITS]))
        if run.going:
            self.send()


async def connect_side(side: Side, *, url: str, origin: str, ticket: dict[str, Any] | None) -> None:
    """Open one socket, introduce it, and wait for its welcome."""
    headers = {"Origin": origin}
    await ws_connect(lambda: side, url, extra_headers=headers, websocket_handshake_timeout=ANSWER_WITHIN_S)
    if ticket is not None:
        hello = json.dumps({"t": "hello", "v": 1, "ticket": issue_ticket(side.side, ticket)})
        side.transport.send(WSMsgType.TEXT, hello.encode())
    async with asyncio.timeout(ANSWER_WITHIN_S):
        await side.ready


async def connect_pairs(run: Run) -> list[Pair]:
    """Open the sockets of all pairs; an agent who answers several chats has one socket."""
    sides: dict[str, Side] = {}
    pairs, opening = [], []
    gate = asyncio.Semaphore(CONNECTS_AT_ONCE)

    async def open_side(side: Side, facts: dict[str, Any]) -> None:
        async with gate:
            await connect_side(side, url=facts["url"], origin=run.task["origin"], ticket=facts["ticket"])

    for facts in run.task["pairs"]:
        pair = Pair(run, facts["chat"])
        for name in ("visitor", "agent"):
            key = json.dumps(facts[name])
            if key not in sides:
                sides[key] = Side(run, name)
                opening.append(open_side(sides[key], facts[name]))
            sides[key].pairs[pair.chat] = pair
            pair.sides[name] = sides[key]
        pairs.append(pair)
    await asyncio.gather(*opening)
    return pairs


async def keep_rate(run: Run, pairs: list[Pair]) -> None:
    """Send at a fixed rate whatever comes back, both directions in turn; each message carries when it was due."""
    step = 1e9 / run.task["rate"]
    due, turn = float(time.perf_counter_ns()), 0
    while run.going:
        now = time.perf_counter_ns()
        while due <= now:
            pairs[turn % len(pairs)].send("visitor" if turn // len(pairs) % 2 else "agent", int(due))
            due, turn = due + step, turn + 1
        await asyncio.sleep(max(0.0, (due - now) / 1e9))


async def measure(run: Run) -> dict[str, Any]:
    """Let the run warm up, then count for the given time; return what was counted."""
    task = run.task
    await asyncio.sleep(task["warm_s"])
    groups = {name: [p for pid in pids for p in list_tree(pid)] for name, pids in task["watch"].items()}
    cpu = {name: read_cpu_s(pids) for name, pids in groups.items()}
    own, began = time.process_time(), time.perf_counter()
    run.measuring = True
    await asyncio.sleep(task["seconds"])
    run.measuring = False
    took, own = time.perf_counter() - began, time.process_time() - own
    cpu = {name: read_cpu_s(pids) - cpu[name] for name, pids in groups.items()}
    run.going = False
    until = time.perf_counter() + DRAIN_S
    while run.acked < run.sent and time.perf_counter() < until:
        await asyncio.sleep(0.02)
    return describe(run, took=took, own=own, cpu=cpu)


def describe(run: Run, *, took: float, own: float, cpu: dict[str, float]) -> dict[str, Any]:
    delays = sorted(run.delays) or [0]
    count = len(run.delays)
    return {
        "per_s": count / took,
        "p50_ms": delays[len(delays) // 2] / 1e6,
        "p99_ms": delays[min(len(delays) - 1, len(delays) * 99 // 100)] / 1e6,
        "cpu_us": {name: seconds / max(count, 1) * 1e6 for name, seconds in cpu.items()},
        "cpu_share": {name: seconds / took for name, seconds in cpu.items()},
        "client_busy": own / took,
        "sent": run.sent,
        "acked": run.acked,
        "trouble": run.trouble[:5],
        "troubles": len(run.trouble),
    }


async def run_echo(run: Run) -> dict[str, Any]:
    ends = [Echo(run) for _ in range(run.task["connections"])]
    for end in ends:
        await ws_connect(lambda end=end: end, run.task["url"], extra_headers={"Origin": run.task["origin"]})
        end.send()
    return await measure(run)


async def run_pairs(run: Run) -> dict[str, Any]:
    pairs = await connect_pairs(run)
    await asyncio.sleep(run.task["settle_s"])
    if run.task["mode"] == "open":
        sending = asyncio.create_task(keep_rate(run, pairs))
        result = await measure(run)
        await sending
        return result
    for pair in pairs:
        pair.send("visitor", time.perf_counter_ns())
    return await measure(run)


async def run_idle(run: Run) -> dict[str, Any]:
    """Open visitors' sockets, say how fast that went, and answer heartbeats until the next line of input."""
    gate = asyncio.Semaphore(CONNECTS_AT_ONCE)
    sides: list[Side] = []

    async def open_side(facts: dict[str, Any]) -> None:
        async with gate:
            side = Side(run, "visitor")
            sides.append(side)
            await connect_side(side, url=facts["url"], origin=run.task["origin"], ticket=facts["ticket"])

    loop = asyncio.get_running_loop()
    done = 0
    for goal in run.task["goals"]:
        began = time.perf_counter()
        await asyncio.gather(*(open_side(facts) for facts in run.task["idlers"][done:goal]))
        took = time.perf_counter() - began
        say(
            {
                "open": goal,
                "connects_per_s": (goal - done) / took,
                "troubles": len(run.trouble),
                "trouble": run.trouble[:5],
            }
        )
        done = goal
        await loop.run_in_executor(None, sys.stdin.readline)
    run.going = False
    return {"troubles": len(run.trouble), "trouble": run.trouble[:5]}


def say(result: dict[str, Any]) -> None:
    print(json.dumps(result), flush=True)


def main() -> None:
    task = json.loads(sys.stdin.readline())
    os.sched_setaffinity(0, {task["core"]})
    run = {"echo": run_echo, "closed": run_pairs, "open": run_pairs, "idle": run_idle}[task["mode"]]

    async def whole() -> dict[str, Any]:
        return await run(Run(task))

    say(uvloop.run(whole()))
    os._exit(0)  # thousands of sockets at once: the operating system closes them faster than we do


if __name__ == "__main__":
    main()
