"""What the bench asks of the machine: cores, processor time, memory. Linux only, like its numbers."""

import os
import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def list_tree(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def pin_tree(pid: int, core: int) -> None:
    """Keep a process, its descendants and all their threads on one core; what they start later inherits it."""
    for one in list_tree(pid):
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                os.sched_setaffinity(int(task.name), {core})
        except (OSError, ProcessLookupError):
            continue


def read_cpu_s(pids: Iterable[int]) -> float:
    """Return the processor time, user and system, that these processes and their ended children have used."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def read_memory_kib(pid: int) -> int:
    """Return the memory that belongs to this process alone (private pages)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:")))


def describe_machine(*, python: str = platform.python_version()) -> str:
    """Return one line about the machine, for the head of a table."""
    cpus = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    model = cpus[0].partition(":")[2].strip() if cpus else platform.machine()
    memory = next(line.split()[1] for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line)
    kernel = platform.release().partition("-")[0]
    return (
        f"{os.cpu_count()} cores ({model}), {int(memory) // 1024 // 1024} GiB, {platform.system()} {kernel},"
        f" Python {python}, load {os.getloadavg()[0]:.1f} at the start"
    )


def name_commit() -> str:
    """Return the short name of the commit that is measured, with + where files have changed since."""
    head = subprocess.run(["git", "describe", "--always", "--dirty=+"], capture_output=True, text=True, check=False)
    return head.stdout.strip() or "unknown"
