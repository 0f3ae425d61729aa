"""CPU time of process trees, from /proc: the figure that other work on the machine moves least."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
USED = slice(11, 15)
"""User and system time of a process and of its children that have ended, behind its name."""


def used_s(pid: int) -> float:
    """Return the CPU seconds that a process and all its descendants have used so far."""
    return sum(map(_own_ticks, descent(pid))) / TICKS_PER_S


def exact_s(pid: int) -> float:
    """Return the CPU seconds of a process's threads that live, to the nanosecond; 0 if unknown.

    For what is so little that it is lost between the ticks of the clock that counts the others.
    """
    found = 0
    for task in (PROC / str(pid) / "task").glob("*/schedstat"):
        try:
            found += int(task.read_text().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found / 1e9


def descent(pid: int) -> list[int]:
    """Return a process and all its descendants that live."""
    found = [pid]
    # The list grows while it is read: each child's children stand behind it.
    for one in found:
        found += _children(one)
    return found


def per_claim(
    before: Mapping[str, float], after: Mapping[str, float], claims: int
) -> dict[str, float]:
    """Return microseconds per claim between two readings, by process."""
    if not claims:
        return {}
    return {name: (after[name] - before[name]) * 1e6 / claims for name in after if name in before}


def readings(pids: Mapping[str, int]) -> dict[str, float]:
    """Return CPU seconds by name; nothing where the system has no /proc."""
    if not PROC.joinpath("self", "stat").exists():
        return {}
    return {name: used_s(pid) for name, pid in pids.items()}


def _own_ticks(pid: int) -> int:
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(map(int, fields[USED]))


def _children(pid: int) -> Iterable[int]:
    """Return the children of a process, of whichever of its threads."""
    for task in (PROC / str(pid) / "task").glob("*"):
        try:
            yield from map(int, (task / "children").read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
