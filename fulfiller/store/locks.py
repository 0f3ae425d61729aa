"""Row locks of the in-memory store: whoever comes second waits until the first has ended."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from threading import Condition


class RowLocks:
    """Locks by row, taken all at once, which no two holders can deadlock over."""

    def __init__(self, pause: Callable[[], None] | None = None) -> None:
        """Wait on a condition between threads, or by calling `pause` in a simulator."""
        self._changed = Condition()
        self._holders: dict[Hashable, object] = {}
        self._pause = pause

    @contextmanager
    def held(self, holder: object, rows: Iterable[Hashable]) -> Iterator[None]:
        """Hold these rows for the length of the context; what it holds already stays held."""
        with self._changed:
            wanted = dict.fromkeys(rows)
            mine = tuple(row for row in wanted if self._holders.get(row) is not holder)
            while any(row in self._holders for row in mine):
                self._wait()
            self._holders.update(dict.fromkeys(mine, holder))
        try:
            yield
        finally:
            self._free(mine)

    def _wait(self) -> None:
        if self._pause is None:
            self._changed.wait()
        else:
            self._pause()

    def _free(self, rows: tuple[Hashable, ...]) -> None:
        with self._changed:
            for row in rows:
                del self._holders[row]
            self._changed.notify_all()
