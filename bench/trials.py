"""One trial each: start a load client, let it run, return what it counted."""

import json
import subprocess
import sys
from typing import Any

from bench.seed import mark_all_read
from bench.stack import ORIGIN, PROJECT, Server, Stack

BUSY_MAX = 0.8  # a client that is busier measures itself
P99_MAX_MS = 100.0  # what an open loop must keep
DELIVERED_MIN = 0.999
SETTLE_S = 0.7  # consoles are told who is here shortly after their sockets opened


def ask_client(task: dict[str, Any], *, timeout_s: float = 120) -> dict[str, Any]:
    """Run a client with this task and return its answer."""
    client = subprocess.run(
        [sys.executable, "-m", "bench.client"],
        input=json.dumps(task) + "\n",
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        timeout=timeout_s,
        check=False,
    )
    if client.returncode != 0 or not client.stdout:
        raise RuntimeError(f"the load client failed with status {client.returncode}")
    result: dict[str, Any] = json.loads(client.stdout.splitlines()[-1])
    result["void"] = result["client_busy"] > BUSY_MAX
    return result


def _watch(stack: Stack, *servers: Server) -> dict[str, list[int]]:
    return {
        "server": [server.pid for server in servers],
        "postgres": [stack.postgres.process.pid],
        "redis": [stack.valkey.process.pid],
    }


def try_echo(stack: Stack, server: Server, *, connections: int, seconds: float) -> dict[str, Any]:
    """Closed loop over so many connections, one message in flight each."""
    return ask_client(
        {
            "mode": "echo",
            "core": stack.other_core,
            "url": server.url + "/ws/echo",
            "origin": ORIGIN,
            "connections": connections,
            "warm_s": 0.5,
            "seconds": seconds,
            "watch": _watch(stack, server),
        }
    )


def try_pairs(
    stack: Stack,
    visitors: Server,
    agents: Server | None = None,
    *,
    pairs: list[dict[str, Any]],
    seconds: float,
    rate: float | None = None,
    tutorial: bool = False,
) -> dict[str, Any]:
    """Visitors' sockets at one process, agents' at the same or another; closed loop, or open at a rate per second."""
    agents = agents or visitors
    mark_all_read(stack.superuser_url)

    def place(pair: dict[str, Any], side: str, server: Server) -> dict[str, Any]:
        if tutorial:
            return {"url": f"{server.url}/ws/tutorial/{pair['chat']}/{side}", "ticket": None}
        return {"url": server.url + pair[side]["path"], "ticket": pair[side]["ticket"]}

    result = ask_client(
        {
            "mode": "closed" if rate is None else "open",
            "rate": rate,
            "core": stack.other_core,
            "origin": ORIGIN,
            "pairs": [
                {"chat": p["chat"], "visitor": place(p, "visitor", visitors), "agent": place(p, "agent", agents)}
                for p in pairs
            ],
            "settle_s": SETTLE_S,
            "warm_s": 1.0,
            "seconds": seconds,
            "watch": _watch(stack, *{server.name: server for server in (visitors, agents)}.values()),
        }
    )
    result["lost"] = result["sent"] - result["acked"]
    return result


def find_sustained(
    stack: Stack, server: Server, *, pairs: list[dict[str, Any]], closed_per_s: float, probes: int, seconds: float
) -> dict[str, Any]:
    """Halve the way to the highest open-loop rate that keeps p99 under 100 ms and delivers all; return that trial."""
    low, high = 0.0, closed_per_s * 1.25
    rate = closed_per_s * 0.75
    best: dict[str, Any] = {"per_s": 0.0, "p99_ms": 0.0, "client_busy": 0.0, "void": False, "probes": []}
    tried = []
    for _ in range(probes):
        result = try_pairs(stack, server, pairs=pairs, seconds=seconds, rate=rate)
        held = (
            result["p99_ms"] < P99_MAX_MS
            and result["per_s"] >= DELIVERED_MIN * rate * 0.99
            and not result["troubles"]
            and not result["lost"]
        )
        tried.append({"rate": round(rate), "p99_ms": round(result["p99_ms"], 1), "held": held})
        if held:
            low, best = rate, result
        else:
            high = rate
        rate = (low + high) / 2
    best["probes"] = tried
    return best
