"""The results as tables, the first beside the budgets of DESIGN § 12. Medians of the rounds; the spread in brackets."""

import statistics
from collections.abc import Callable
from typing import Any

Results = dict[str, list[Any]]
IDLE_BUDGET = 10_000  # sockets on one process

TRIALS = {
    "echo uvicorn 1": "bare echo, uvicorn, one connection",
    "echo uvicorn 100": "bare echo, uvicorn, 100 connections",
    "echo daphne 1": "bare echo, daphne, one connection",
    "echo daphne 100": "bare echo, daphne, 100 connections",
    "tutorial 1": "tutorial, one in flight",
    "tutorial 64": "tutorial, 64 pairs",
    "uvicorn 1": "**Chatsite on uvicorn, one in flight**",
    "uvicorn 64": "**Chatsite on uvicorn, 64 pairs**",
    "daphne 1": "Chatsite on daphne, one in flight",
    "daphne 64": "Chatsite on daphne, 64 pairs",
    "two processes 1": "two uvicorn processes, visitor at one, agent at the other, one in flight",
    "two processes 64": "two uvicorn processes likewise, 64 pairs, both on the one core",
    "uvicorn 64 of 16 agents": "uvicorn, 64 visitors, one agent per account with four chats",
    "uvicorn 64 slow commits": "uvicorn, 64 pairs, each commit 1 ms longer",
    "one core 64": "uvicorn, 64 pairs, server, Postgres and Valkey on one core",
    "uvicorn sustained": "uvicorn, open loop, p99 < 100 ms",
    "daphne sustained": "daphne, open loop, p99 < 100 ms",
}


def write(results: Results, *, head: str) -> str:
    """Return the whole text."""
    return "\n".join([head, "", *_write_budgets(results), "", *_write_trials(results), "", *_write_idle(results), "",
                      *_write_floors(results), "", *_write_doubts(results), ""])  # fmt: skip


def median(results: Results, name: str, field: str | None = None) -> float | None:
    """Return the median over the rounds, without void trials; None where nothing was measured."""
    values = [v if field is None else v[field] for v in results.get(name, []) if field is None or not v.get("void")]
    return statistics.median(values) if values else None


def ratio(over: float | None, under: float | None) -> float | None:
    return over / under if over is not None and under else None


def _judge(value: float | None, must: float, aim: float | None = None, *, at_most: bool) -> str:
    if value is None:
        return "not measured"
    holds: Callable[[float], bool] = (lambda goal: value <= goal) if at_most else (lambda goal: value >= goal)
    if aim is not None and holds(aim):
        return "aim reached"
    return "must reached" if holds(must) else "**missed**"


def _write_budgets(results: Results) -> list[str]:
    parts = [
        median(results, "echo uvicorn 1", "p50_ms"),
        median(results, "commit of 1 ms"),
        median(results, "redis hop ms"),
    ]
    floor = sum(part for part in parts if part is not None) if None not in parts else None
    largest = max((int(name.split()[1]) for name in results if name.startswith("idle ")), default=0)
    idle = results.get(f"idle {largest}", [{}])[0]
    lines = ["| Budget | Measured | Must | Aim | |", "|---|---|---|---|---|"]

    def row(
        what: str, value: float | None, form: str, must: float, aim: float | None = None, *, at_most: bool = False
    ) -> None:
        sign = "≤" if at_most else "≥"
        shown = "–" if value is None else form.format(value)
        goal = "" if aim is None else f"{sign} {form.format(aim)}"
        verdict = _judge(value, must, aim, at_most=at_most)
        if "idle" in what or "heartbeats" in what:
            verdict = verdict if largest >= IDLE_BUDGET else f"measured at {largest:,} only"
        lines.append(f"| {what} | {shown} | {sign} {form.format(must)} | {goal} | {verdict} |")

    p50 = median(results, "uvicorn 1", "p50_ms")
    closed, tutorial = median(results, "uvicorn 64", "per_s"), median(results, "tutorial 64", "per_s")
    row("delivery p50 ÷ (echo + send statement + Redis hop)", ratio(p50, floor), "{:.2f} ×", 3.5, 2.5, at_most=True)
    row("delivery p99, one in flight", median(results, "uvicorn 1", "p99_ms"), "{:.1f} ms", 5, at_most=True)
    row("64 pairs, closed loop ÷ tutorial", ratio(closed, tutorial), "{:.0f} ×", 20, 30)
    for kind in ("uvicorn", "daphne"):
        sustained, echo = median(results, f"{kind} sustained", "per_s"), median(results, f"echo {kind} 100", "per_s")
        row(f"sustained (p99 < 100 ms) ÷ bare echo, {kind}", ratio(sustained, echo), "{:.3f} ×", 0.08, 0.15)
    row("whole stack on one core, messages/s", median(results, "one core 64", "per_s"), "{:,.0f}", 3_000)
    row(f"memory per idle visitor at {largest:,}", idle.get("kib"), "{:.1f} KiB", 24, at_most=True)
    row(f"heartbeats of {largest:,} sockets, cores", idle.get("cores"), "{:.3f}", 0.1, at_most=True)
    if floor is not None and p50 is not None:
        shown = " + ".join(f"{part or 0:.3f}" for part in parts)
        lines += ["", f"Floor: {shown} = {floor:.3f} ms; delivery {p50:.3f} ms."]
    return lines


def _write_trials(results: Results) -> list[str]:
    tutorial = median(results, "tutorial 64", "per_s")
    lines = [
        "| Trial | messages/s | ÷ tutorial | p50 ms | p99 ms | CPU µs each: Python, Postgres, Valkey | client busy |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, title in TRIALS.items():
        trials = results.get(name, [])
        if not trials:
            continue
        rates = [trial["per_s"] for trial in trials]
        per_s, p50, p99 = (median(results, name, field) or 0.0 for field in ("per_s", "p50_ms", "p99_ms"))
        cpu = ",".join(
            f" {statistics.median([trial['cpu_us'][group] for trial in trials if 'cpu_us' in trial] or [0]):.0f}"
            for group in ("server", "postgres", "redis")
        )
        times = ratio(per_s, tutorial) if name.endswith("64") or "64 " in name or "sustained" in name else None
        busy = max(trial["client_busy"] for trial in trials)
        lines.append(
            f"| {title} | {per_s:,.0f} ({min(rates):,.0f}–{max(rates):,.0f})"
            f" | {'' if times is None else f'{times:.0f}'}"
            f" | {p50:.2f} | {p99:.2f} |{cpu} | {busy:.0%}{' void' if busy > 0.8 else ''} |"
        )
    return lines


def _write_idle(results: Results) -> list[str]:
    names = sorted((name for name in results if name.startswith("idle ")), key=lambda name: int(name.split()[1]))
    if not names:
        return []
    lines = [
        "| Idle visitor sockets | connects/s | KiB each, private | after three heartbeats | cores while idle |",
        "|---|---|---|---|---|",
    ]
    for name in names:
        one = results[name][0]
        lines.append(
            f"| {one['open']:,} | {one['connects_per_s']:.0f} | {one['kib']:.1f} | {one['kib_after_heartbeats']:.1f} |"
            f" {one['cores']:.3f} |"
        )
    return lines


def _write_floors(results: Results) -> list[str]:
    lines = ["| Floor | ms | messages/s |", "|---|---|---|"]
    for name in results:
        if name == "redis hop ms":
            lines.append(f"| Redis PUBLISH → SUBSCRIBE | {median(results, name):.3f} | |")
        elif name.startswith("commit of "):
            size, took = int(name.split()[2]), median(results, name) or 0.0
            lines.append(f"| one transaction with {size} messages | {took:.2f} | {size / took * 1000:,.0f} |")
    return lines if len(lines) > 2 else []


def _write_doubts(results: Results) -> list[str]:
    """What would make a number worthless: lost messages, refused frames, a busy client, gaps, complaints."""
    trials = [(name, trial) for name in TRIALS for trial in results.get(name, [])]
    doubts = [f"* {name}: the client was {t['client_busy']:.0%} busy: void." for name, t in trials if t.get("void")]
    doubts += [f"* {name}: {t['lost']} sent and never acknowledged." for name, t in trials if t.get("lost")]
    doubts += [f"* {name}: trouble {t['trouble']}" for name, t in trials if t.get("troubles")]
    doubts += [f"* {name}: trouble {t['trouble']}" for name in results if name.startswith("idle ")
               for t in results[name] if t["troubles"]]  # fmt: skip
    doubts += [f"* log of {c['server']}: {c['lines']}" for c in results.get("complaints", []) if c["lines"]]
    for log in results.get("log", []):
        if log["numbered"] != log["stored"]:
            doubts.append(f"* {log['numbered']} events were numbered and {log['stored']} are stored!")
        else:
            doubts.append(f"* {log['stored']:,} events are stored, numbered without a gap.")
    acked = sum(t["acked"] for _, t in trials if "lost" in t)
    return [f"Of {acked:,} acknowledged messages, and what makes a figure doubtful:", "", *doubts]
