"""Looking at processes of this machine: who descends from whom, and in which state each is."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import run

LINUX = sys.platform == "linux"
PS = "/bin/ps"
GONE = "Z"
"""The state of a process that has ended and waits for its parent; one that is away has it, too."""
STOPPED = "T"


def children(pid: int) -> tuple[int, ...]:
    """Return the living children of a process."""
    return tuple(
        child for child, (parent, state) in _all().items() if parent == pid != 0 and state != GONE
    )


def descendants(pid: int) -> tuple[int, ...]:
    """Return the living children of a process, their children, and so on."""
    family = _all()

    def below(above: int) -> Iterator[int]:
        for child, (parent, state) in family.items():
            if parent == above and state != GONE:
                yield child
                yield from below(child)

    return tuple(below(pid))


def state(pid: int) -> str:
    """Return the letter of a process's state: `T` is stopped, `Z` has ended or is not there."""
    return _all().get(pid, (0, GONE))[1]


def _all() -> dict[int, tuple[int, str]]:
    """Return parent and state of every process."""
    if LINUX:
        return dict(_from_proc())
    told = run([PS, "-axo", "pid=,ppid=,state="], capture_output=True, text=True, check=True)  # nosec B603 # noqa: S603 - a fixed program and fixed words
    rows = (line.split() for line in told.stdout.splitlines())
    return {int(pid): (int(parent), letters[0]) for pid, parent, letters in rows}


def _from_proc() -> Iterator[tuple[int, tuple[int, str]]]:
    for file in Path("/proc").glob("[0-9]*/stat"):
        # It may end while it is looked at.
        with suppress(OSError):
            # A program's name may hold anything, blanks and parentheses included.
            letter, parent = file.read_text().rpartition(") ")[2].split()[:2]
            yield int(file.parent.name), (int(parent), letter)
