"""Memory of process trees, from /proc: what shares a page shares its size."""

from collections.abc import Mapping
from pathlib import Path

from fulfiller.ops.bench.usage import PROC, descent

MIB = 1_024
"""Kibibytes, in which the system tells sizes."""
PROPORTIONAL = "Pss:"


def memory_mib(pids: Mapping[str, int]) -> dict[str, float]:
    """Return MiB of memory by name, each over a process and its descendants that live.

    It is their proportional size: a page that several share counts once, in parts. That is
    what makes the sum of a database's processes mean something, which all map one buffer.
    Nothing where the system has no /proc.
    """
    if not PROC.joinpath("self", "stat").exists():
        return {}
    return {name: sum(map(own_mib, descent(pid))) for name, pid in pids.items()}


def own_mib(pid: int) -> float:
    """Return MiB of memory of one process; 0 when it has ended."""
    try:
        lines = _rollup(pid).read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    sizes = (line.split() for line in lines if line.startswith(PROPORTIONAL))
    return sum(int(words[1]) for words in sizes) / MIB


def _rollup(pid: int) -> Path:
    return PROC / str(pid) / "smaps_rollup"


def peaks_mib(pids: Mapping[str, int]) -> dict[str, float]:
    """Return the most memory that the largest process of each tree ever held, by name.

    What it shares with others counts in full; nothing where the system has no /proc.
    """
    found = {name: max(map(_peak_kib, descent(pid))) for name, pid in pids.items()}
    return {name: kib / MIB for name, kib in found.items() if kib}


def _peak_kib(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
