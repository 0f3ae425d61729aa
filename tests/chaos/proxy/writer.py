"""Whoever writes to PostgreSQL, in every way in which a transaction can be said."""

from collections.abc import Callable

import psycopg

Line = psycopg.Connection[tuple[object, ...]]
Way = Callable[[Line, int], None]
"""Writes row number n and the one behind it in one transaction."""
INSERT = "insert into seat (n) values (%s)"


def plain(line: Line, n: int) -> None:
    """Write as one query of several statements."""
    line.execute(
        f"begin; insert into seat values ({n}); insert into seat values ({n + 1}); commit".encode()
    )


def spoken(line: Line, n: int) -> None:
    """Write with queries, one by one."""
    line.execute("begin")
    line.execute(f"insert into seat values ({n})".encode())
    line.execute(f"insert into seat values ({n + 1})".encode())
    line.execute("END")


def blocked(line: Line, n: int) -> None:
    """Write in a block of psycopg's, which begins and commits by itself."""
    with line.transaction():
        line.execute(INSERT, (n,))
        line.execute(INSERT, (n + 1,))


def prepared(line: Line, n: int) -> None:
    """Write with prepared statements, COMMIT among them."""
    line.execute("begin", prepare=True)
    line.execute(INSERT, (n,), prepare=True)
    line.execute(INSERT, (n + 1,), prepare=True)
    line.execute("commit", prepare=True)


def batched(line: Line, n: int) -> None:
    """Write in a pipeline that begins and commits."""
    with line.pipeline():
        line.execute("begin")
        line.execute(INSERT, (n,))
        line.execute(INSERT, (n + 1,))
        line.execute("commit")


def implicit(line: Line, n: int) -> None:
    """Write in a pipeline that neither begins nor commits: its Sync does."""
    with line.pipeline():
        line.execute(INSERT, (n,))
        line.execute(INSERT, (n + 1,))


def lone(line: Line, n: int) -> None:
    """Write with one query, which is its own transaction."""
    line.execute(f"insert into seat values ({n}), ({n + 1})".encode())


def lone_bound(line: Line, n: int) -> None:
    """Write with one statement and its parameters."""
    line.execute("insert into seat values (%s), (%s)", (n, n + 1))


WAYS = [plain, spoken, blocked, prepared, batched, implicit, lone, lone_bound]


class Client:
    """Somebody who connects anew whenever that is needed."""

    def __init__(self, url: str) -> None:
        """Connect when asked."""
        self._url = url
        self.line: Line | None = None

    def lost(self, step: Callable[[Line], object]) -> bool:
        """Return whether a step found its connection lost."""
        if self.line is None:
            self.line = psycopg.connect(self._url, autocommit=True)
        try:
            step(self.line)
        except psycopg.OperationalError:
            assert self.line.broken
            self.close()
            return True
        return False

    def close(self) -> None:
        """Hang up."""
        line, self.line = self.line, None
        if line is not None:
            line.close()
