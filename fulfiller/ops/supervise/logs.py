"""What the processes say: the last lines of each kept, all of them passed on."""

from collections import defaultdict, deque
from collections.abc import Callable
from threading import Lock

KEPT_LINES = 200
SUPERVISOR = "fulfiller"
"""The name under which the supervisor itself speaks."""


class Logs:
    """Lines by process name; safe to share by threads."""

    def __init__(self, tell: Callable[[str, str], None]) -> None:
        """Pass each line on to `tell(name, line)`, one at a time."""
        self._tell = tell
        self._lock = Lock()
        self._kept: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=KEPT_LINES))

    def hear(self, name: str, line: str) -> None:
        """Keep a line and pass it on."""
        with self._lock:
            self._kept[name].append(line)
            self._tell(name, line)

    def note(self, line: str) -> None:
        """Say something in the supervisor's own name."""
        self.hear(SUPERVISOR, line)

    def last(self, name: str, lines: int = 20) -> list[str]:
        """Return the newest lines of a process, oldest first."""
        with self._lock:
            return list(self._kept[name])[-lines:]

    def names(self) -> list[str]:
        """Return everybody who has said something."""
        with self._lock:
            return list(self._kept)


def silent(name: str, line: str) -> None:
    """Pass nothing on."""
