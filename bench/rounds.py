"""What is measured, in which order. All servers run all the time, each trial asks one; rounds follow one another, so
that whatever else the machine does falls on all of them."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import floors, seed
from bench.machine import read_cpu_s, read_memory_kib
from bench.stack import FOLDER, ORIGIN, PROJECT, Stack
from bench.trials import find_sustained, try_echo, try_pairs

PROBES = 3  # of the search for the sustained rate
BATCHES = (1, 10, 50, 200)
HEARTBEATS_S = 45  # three heartbeats
COMMIT_DELAY_US = 1_000
PROFILE_AFTER_S = 5.0  # when all sockets are open
Results = dict[str, list[Any]]


def measure_all(stack: Stack, arguments: argparse.Namespace) -> Results:
    """Seed, measure, and return every trial by its name."""
    parts = set(arguments.only.split(",")) - {""} or {"floors", "closed", "sustained", "idle"}
    results: Results = {}
    pairs = seed.seed_pairs()
    rooms = [pair["chat"] for pair in pairs["own"]]
    seed.seed_tutorial(owner_url=os.environ["DATABASE_OWNER_URL"], rooms=rooms)
    seconds = arguments.seconds
    if parts & {"floors", "closed", "sustained"}:
        for kind in ("uvicorn", "daphne"):
            stack.serve(f"echo {kind}", kind=kind, application="echo")
            stack.serve(kind, kind=kind)
        stack.serve("uvicorn 2", kind="uvicorn")
        stack.serve("tutorial", kind="uvicorn", application="tutorial")
    for number in range(arguments.rounds if parts & {"floors", "closed", "sustained"} else 0):
        if "floors" in parts:
            _measure_floors(stack, results, seed.list_chats(pairs["own"]), seconds=seconds)
        if "closed" in parts:
            _measure_closed(stack, results, pairs, seconds=seconds)
        if "sustained" in parts:
            _measure_sustained(stack, results, pairs["own"], seconds=seconds)
        _record(results, "load", os.getloadavg()[0])
        (FOLDER / "results.json").write_text(json.dumps(results, indent=1))
        _say(f"round {number + 1} of {arguments.rounds} is done")
    numbered, stored = seed.count_events(stack.superuser_url)
    results["log"] = [{"numbered": numbered, "stored": stored}]
    for name in list(stack.servers):
        results.setdefault("complaints", []).append({"server": name, "lines": stack.servers[name].complaints()[:5]})
        stack.stop(name)
    if "idle" in parts and arguments.idle:
        _measure_idle(stack, results, goals=arguments.idle, wait_s=3 if arguments.quick else HEARTBEATS_S)
    (FOLDER / "results.json").write_text(json.dumps(results, indent=1))
    return results


def _record(results: Results, name: str, value: Any) -> Any:
    results.setdefault(name, []).append(value)
    shown = value
    if isinstance(value, dict):
        shown = {k: round(v, 3) if isinstance(v, float) else v for k, v in value.items() if k not in ("cpu_share",)}
    _say(f"{name}: {shown}")
    return value


def _say(text: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


@contextmanager
def _on_core(core: int) -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _measure_floors(stack: Stack, results: Results, chats: list[tuple[int, int]], *, seconds: float) -> None:
    with _on_core(stack.server_core):
        _record(results, "redis hop ms", floors.measure_redis_hop(seconds=seconds / 4))
        for size in BATCHES:
            _record(results, f"commit of {size} ms", floors.measure_commits(chats, size=size, seconds=seconds / 4))
    for kind in ("uvicorn", "daphne"):
        server = stack.servers[f"echo {kind}"]
        _record(results, f"echo {kind} 1", try_echo(stack, server, connections=1, seconds=seconds / 2))
        _record(results, f"echo {kind} 100", try_echo(stack, server, connections=100, seconds=seconds))


def _measure_closed(stack: Stack, results: Results, pairs: dict[str, list[dict[str, Any]]], *, seconds: float) -> None:
    own, servers = pairs["own"], stack.servers

    def both(name: str, *where: Any, **options: Any) -> None:
        _record(results, f"{name} 1", try_pairs(stack, *where, pairs=own[:1], seconds=seconds, **options))
        _record(results, f"{name} 64", try_pairs(stack, *where, pairs=own, seconds=seconds, **options))

    both("tutorial", servers["tutorial"], tutorial=True)
    both("uvicorn", servers["uvicorn"])
    both("daphne", servers["daphne"])
    both("two processes", servers["uvicorn"], servers["uvicorn 2"])
    shared = try_pairs(stack, servers["uvicorn"], pairs=pairs["shared"], seconds=seconds)
    _record(results, "uvicorn 64 of 16 agents", shared)
    stack.set_commit_delay(COMMIT_DELAY_US)
    _record(results, "uvicorn 64 slow commits", try_pairs(stack, servers["uvicorn"], pairs=own, seconds=seconds))
    stack.set_commit_delay(0)
    stack.pin_stores(stack.server_core)
    _record(results, "one core 64", try_pairs(stack, servers["uvicorn"], pairs=own, seconds=seconds))
    stack.pin_stores(stack.other_core)


def _measure_sustained(stack: Stack, results: Results, pairs: list[dict[str, Any]], *, seconds: float) -> None:
    for kind in ("uvicorn", "daphne"):
        closed = [trial["per_s"] for trial in results.get(f"{kind} 64", [])]
        start = statistics.median(closed) if closed else 4_000.0
        found = find_sustained(
            stack, stack.servers[kind], pairs=pairs, closed_per_s=start, probes=PROBES, seconds=seconds * 0.75
        )
        _record(results, f"{kind} sustained", found)


def _measure_idle(stack: Stack, results: Results, *, goals: list[int], wait_s: float) -> None:
    """Visitors' sockets that only answer heartbeats: memory each, how fast they open, processor time while idle."""
    server = stack.serve("idle", kind="uvicorn")
    idlers = seed.seed_idlers(max(goals))
    facts = [{"url": server.url + one["path"], "ticket": one["ticket"]} for one in idlers]
    task = {"mode": "idle", "core": stack.other_core, "origin": ORIGIN, "goals": goals, "idlers": facts}
    warm = {**task, "goals": [100], "idlers": facts[:100]}  # the first sockets load code and fill pools
    _run_idle(warm, lambda said: None)
    time.sleep(1)
    empty = read_memory_kib(server.pid)

    def look(said: dict[str, Any]) -> None:
        time.sleep(3)  # the last ones' presence
        kib = (read_memory_kib(server.pid) - empty) / said["open"]
        began, cpu = time.monotonic(), read_cpu_s([server.pid])
        time.sleep(wait_s)
        share = (read_cpu_s([server.pid]) - cpu) / (time.monotonic() - began)
        after = (read_memory_kib(server.pid) - empty) / said["open"]
        _record(results, f"idle {said['open']}", {**said, "kib": kib, "kib_after_heartbeats": after, "cores": share})

    _run_idle(task, look)
    results.setdefault("complaints", []).append({"server": "idle", "lines": server.complaints()[:5]})


def _run_idle(task: dict[str, Any], look: Callable[[dict[str, Any]], None]) -> None:
    client = subprocess.Popen(
        [sys.executable, "-m", "bench.client"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT
    )
    assert client.stdin is not None and client.stdout is not None
    client.stdin.write(json.dumps(task) + "\n")
    client.stdin.flush()
    for _ in task["goals"]:
        look(json.loads(client.stdout.readline()))
        client.stdin.write("\n")
        client.stdin.flush()
    client.stdout.readline()
    client.wait(60)


def profile(stack: Stack, *, py_spy: str, seconds: float, out: Path) -> None:
    """Let py-spy look at the web process during a closed loop; leaves its samples as collapsed stacks."""
    pairs = seed.seed_pairs()["own"]
    seed.seed_tutorial(owner_url=os.environ["DATABASE_OWNER_URL"], rooms=[pair["chat"] for pair in pairs])
    for kind in ("uvicorn", "daphne"):
        server = stack.serve(kind, kind=kind)
        samples = out / f"profile-{kind}.txt"
        command = [py_spy, "record", "--pid", str(server.pid), "--duration", str(int(seconds)), "--rate", "500"]
        command += ["--format", "raw", "--gil", "--output", str(samples)]
        with ThreadPoolExecutor() as beside:
            trial = beside.submit(try_pairs, stack, server, pairs=pairs, seconds=seconds + PROFILE_AFTER_S)
            time.sleep(PROFILE_AFTER_S)
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            print(kind, trial.result())
        stack.stop(kind)
        print(summarize(samples))


def summarize(samples: Path, *, lines: int = 40) -> str:
    """Return the functions with the largest share of the samples, alone and with all they call."""
    alone: dict[str, int] = {}
    within: dict[str, int] = {}
    total = 0
    for line in samples.read_text().splitlines():
        stack_text, _, count_text = line.rpartition(" ")
        frames, count = [frame.partition(":")[0] for frame in stack_text.split(";")], int(count_text)
        total += count
        alone[frames[-1]] = alone.get(frames[-1], 0) + count
        for frame in set(frames):
            within[frame] = within.get(frame, 0) + count
    ranked = sorted(within, key=lambda frame: -within[frame])[:lines]
    return "\n".join(f"{within[f] / total:6.1%} {alone.get(f, 0) / total:6.1%}  {f}" for f in ranked)
