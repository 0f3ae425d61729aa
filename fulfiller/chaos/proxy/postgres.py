"""A conversation with PostgreSQL, followed just closely enough to know when it commits.

A commit is asked for by `COMMIT`, in either protocol, or, outside of a transaction, by whatever
ends one that was begun silently: the `Sync` behind statements that write, or such a statement in
a simple query. It is answered by the tag `COMMIT`, or by the `ReadyForQuery` behind such a Sync.
"""

import re
from collections import deque
from enum import Enum, auto
from struct import unpack_from

from fulfiller.chaos.proxy.terms import Moment

SSL, GSS = 80877103, 80877104
REFUSED = b"N"
WRITES = re.compile(rb"\b(insert|update|delete|merge)\b", re.IGNORECASE)
BEGINS = (b"begin", b"start")
COMMITS = (b"commit", b"end")
ROLLS_BACK = (b"rollback", b"abort")


class Does(Enum):
    """What a statement does, as far as anybody here cares."""

    BEGIN = auto()
    COMMIT = auto()
    ROLL_BACK = auto()
    UPDATE = auto()
    WRITE = auto()
    OTHER = auto()


class Postgres:
    """Both directions of one connection."""

    def __init__(self) -> None:
        """Have heard nothing: what comes first has no type."""
        self._started = False
        self._statements: dict[bytes, Does] = {}
        self._portals: dict[bytes, Does] = {}
        self._inside = False
        self._wrote = False
        self._updated = False
        self._syncs: deque[bool] = deque()
        """For each Sync and simple query without an answer: whether it commits silently."""

    def cut(self, data: bytes, at: int, *, asking: bool) -> int:
        """Return where the next message ends, or -1 if it is not whole yet."""
        if asking and not self._started:
            head = 0
        elif not asking and not self._started:
            # The answer to a request to encrypt; ours to give, but a server may be asked, too.
            return at + 1
        else:
            head = 1
        if len(data) < at + head + 4:
            return -1
        end = at + head + int(unpack_from("!I", data, at + head)[0])
        return end if end <= len(data) else -1

    def refusal(self, message: bytes) -> bytes | None:
        """Return our own answer to a request to encrypt, which must not go on; else None."""
        if (
            not self._started
            and len(message) == 8
            and unpack_from("!I", message, 4)[0] in (SSL, GSS)
        ):
            return REFUSED
        return None

    def asked(self, message: bytes) -> Moment | None:
        """Hear what the client says, and return which moment it is."""
        if not self._started:
            self._started = True
            return None
        body = message[5:]
        match message[:1]:
            case b"P":
                name, sql, _ = body.split(b"\0", 2)
                self._statements[name] = _does(sql)
            case b"B":
                portal, name, _ = body.split(b"\0", 2)
                self._portals[portal] = self._statements.get(name, Does.OTHER)
            case b"E":
                return self._runs(self._portals.get(body.split(b"\0", 1)[0], Does.OTHER))
            case b"S":
                return self._synced()
            case b"Q":
                return self._queried(body.rstrip(b"\0"))
        return None

    def told(self, message: bytes) -> Moment | None:
        """Hear what the server says, and return which moment it is."""
        if message[:1] == b"C" and message[5:].rstrip(b"\0") == b"COMMIT":
            return Moment.COMMIT_REPLY
        if message[:1] == b"Z" and self._syncs and self._syncs.popleft():
            return Moment.COMMIT_REPLY
        return None

    def _runs(self, does: Does) -> Moment | None:
        if does is Does.BEGIN:
            self._inside, self._updated = True, False
        elif does in (Does.COMMIT, Does.ROLL_BACK):
            inside, self._inside, self._wrote = self._inside, False, False
            return Moment.BEFORE_COMMIT if inside and does is Does.COMMIT else None
        elif does in (Does.UPDATE, Does.WRITE):
            self._wrote = self._wrote or not self._inside
            if does is Does.UPDATE and not self._updated:
                self._updated = True
                return Moment.FIRST_UPDATE
        return None

    def _synced(self) -> Moment | None:
        silent, self._wrote = self._wrote and not self._inside, False
        self._syncs.append(silent)
        if not self._inside:
            self._updated = False
        return Moment.BEFORE_COMMIT if silent else None

    def _queried(self, sql: bytes) -> Moment | None:
        moment = self._runs(_does(sql))
        silent, self._wrote = self._wrote and not self._inside, False
        self._syncs.append(silent)
        if silent:
            self._updated = False
            return moment or Moment.BEFORE_COMMIT
        return moment


def _does(sql: bytes) -> Does:
    first = sql.lstrip(b" \n\t(").split(None, 1)[:1]
    word = first[0].rstrip(b";").lower() if first else b""
    if word in BEGINS:
        return Does.BEGIN
    if word in COMMITS:
        return Does.COMMIT
    if word in ROLLS_BACK and b" to " not in sql.lower():
        return Does.ROLL_BACK
    if word == b"update":
        return Does.UPDATE
    if word in (b"insert", b"delete", b"merge") or (word == b"with" and WRITES.search(sql)):
        return Does.WRITE
    return Does.OTHER
