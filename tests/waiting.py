"""Waiting in tests: for something to become true, with a deadline, never for time to pass."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")
FIRST_S, LONGEST_S = 0.002, 0.05
"""Pauses between two looks: short at first, so that fast things cost no time."""


def until(
    predicate: Callable[[], Found], *, within_s: float = 10.0, what: str | None = None
) -> Found:
    """Return the first true value of `predicate`, or fail when there is none in time."""
    deadline = time.monotonic() + within_s
    pause_s = FIRST_S
    while not (found := predicate()):
        if time.monotonic() > deadline:
            wish = what or getattr(predicate, "__qualname__", repr(predicate))
            message = f"{wish}: still {found!r} after {within_s:g} s"
            raise AssertionError(message)
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_S)
    return found


def alive(pid: int) -> bool:
    """Return whether this process runs; one that has ended and waits for its parent does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return not state.exists() or state.read_text().rpartition(") ")[2][0] != "Z"
    except PermissionError:
        return True
    except (ProcessLookupError, FileNotFoundError):
        return False
