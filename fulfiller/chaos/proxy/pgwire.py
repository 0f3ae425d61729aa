"""What is read of PostgreSQL's protocol: where transactions write, end, and are said to have ended.

Encryption is declined in the server's name, since nothing could be read any more.
"""

from abc import abstractmethod
from dataclasses import dataclass, field

from fulfiller.chaos.proxy.framing import Reader, Unit, Unreadable
from fulfiller.chaos.proxy.order import Moment
from fulfiller.chaos.proxy.sql import Deed, deeds

HEAD = 5
"""Bytes of a message's type and length."""
BODY_MAX = 65_536
"""Bytes of a message's body that are waited for; what a text says behind them is not read."""
SIZE_MAX = 1 << 30
STARTUP_MAX = 10_000
CANCEL, ENCRYPTIONS, VERSION_3 = 80_877_102, {80_877_103, 80_877_104}, 3
FROM_CLIENT = b"BCDEFHPQSXcdfp"
FROM_SERVER = b"123ACDEGHIKNRSTVWZcdnstv"
WRITTEN = {b"INSERT", b"UPDATE", b"DELETE", b"MERGE"}
IDLE, OPEN = b"I", b"T"
Deeds = tuple[Deed, ...]


@dataclass(slots=True)
class Session:
    """What both ways of a connection know together: the transaction as the client has it.

    `awaited` counts what will be answered by ReadyForQuery; `ahead` says that statements were
    sent for which none is awaited yet. `prepared` and `bound` are statements and portals.
    """

    begun: bool = False
    wrote: bool = False
    updated: bool = False
    awaited: int = 0
    ahead: bool = False
    prepared: dict[bytes, Deeds] = field(default_factory=dict)
    bound: dict[bytes, Deeds] = field(default_factory=dict)

    def run(self, these: Deeds) -> tuple[Moment, ...]:
        """Return the moments with which statements begin that are run now."""
        return tuple(moment for deed in these if (moment := self._do(deed)))

    def settle(self) -> tuple[Moment, ...]:
        """Return the moment with which an implicit transaction ends, if this is its end."""
        self.awaited += 1
        self.ahead = False
        if self.begun:
            return ()
        wrote = self.wrote
        self._over()
        return (Moment.BEFORE_COMMIT,) if wrote else ()

    def ready(self, *, idle: bool) -> None:
        """Believe the server, once it has heard all there is: a BEGIN may have failed."""
        self.awaited -= 1
        if self.awaited == 0 and not self.ahead:
            self.begun = not idle
            if idle:
                self._over()

    def _do(self, deed: Deed) -> Moment | None:
        if deed is Deed.BEGIN:
            self.begun = True
        elif deed in {Deed.COMMIT, Deed.ROLLBACK}:
            self._over()
            return Moment.BEFORE_COMMIT if deed is Deed.COMMIT else None
        elif deed in {Deed.UPDATE, Deed.WRITE}:
            first = deed is Deed.UPDATE and not self.updated
            self.wrote, self.updated = True, self.updated or first
            return Moment.FIRST_UPDATE if first else None
        return None

    def _over(self) -> None:
        self.begun = self.wrote = self.updated = False


class _Messages(Reader):
    """One way of a connection once it has been set up."""

    def __init__(self, session: Session, types: bytes, heard: bytes) -> None:
        """Expect these types of messages, and look into those that are heard."""
        super().__init__()
        self._session = session
        self._types, self._heard = types, heard

    def _unit(self, buffer: bytes, at: int) -> Unit | None:
        if len(buffer) - at < HEAD:
            return None
        kind, size = buffer[at : at + 1], int.from_bytes(buffer[at + 1 : at + HEAD]) + 1
        if kind not in self._types or not HEAD <= size <= SIZE_MAX:
            raise Unreadable(f"no message begins with {buffer[at : at + HEAD]!r}")
        if kind not in self._heard:
            return Unit(size)
        end = at + min(size, HEAD + BODY_MAX)
        if len(buffer) < end:
            return None
        return Unit(size, self._hear(kind, buffer[at + HEAD : end]))

    @abstractmethod
    def _hear(self, kind: bytes, body: bytes) -> tuple[Moment, ...]: ...


class Requests(_Messages):
    """What a client says."""

    def __init__(self, session: Session) -> None:
        """Begin with a connection."""
        super().__init__(session, FROM_CLIENT, b"BCEFPQS")
        self._opening = True

    def _unit(self, buffer: bytes, at: int) -> Unit | None:
        return self._open(buffer, at) if self._opening else super()._unit(buffer, at)

    def _open(self, buffer: bytes, at: int) -> Unit | None:
        """Read one of the messages that come before all others and have no type."""
        if len(buffer) - at < 8:
            return None
        size = int.from_bytes(buffer[at : at + 4])
        code = int.from_bytes(buffer[at + 4 : at + 8])
        if size == 8 and code in ENCRYPTIONS:
            return Unit(size, answer=b"N")
        # A connection that cancels says nothing more.
        if (code >> 16 != VERSION_3 and code != CANCEL) or not 8 <= size <= STARTUP_MAX:
            raise Unreadable(f"no connection begins with {buffer[at : at + 8]!r}")
        self._opening = False
        self._session.awaited += 1
        return Unit(size)

    def _hear(self, kind: bytes, body: bytes) -> tuple[Moment, ...]:
        session = self._session
        match kind:
            case b"Q":
                moments = session.run(deeds(body.rstrip(b"\0")))
                return tuple(dict.fromkeys(moments + session.settle()))
            case b"E":
                session.ahead = True
                return session.run(session.bound.get(body.partition(b"\0")[0], ()))
            case b"S":
                return session.settle()
            case b"F":
                session.awaited += 1
            case _:
                self._name(kind, *body.split(b"\0", 2))
        return ()

    def _name(self, kind: bytes, name: bytes, second: bytes = b"", _rest: bytes = b"") -> None:
        """Note what a name stands for from now on: a statement, or a portal over one."""
        session = self._session
        if kind == b"P":
            session.prepared[name] = deeds(second)
        elif kind == b"B":
            session.bound[name] = session.prepared.get(second, ())
        elif name[:1] == b"S":
            session.prepared.pop(name[1:], None)
        else:
            session.bound.pop(name[1:], None)


class Responses(_Messages):
    """What a server answers."""

    def __init__(self, session: Session) -> None:
        """Begin with a connection."""
        super().__init__(session, FROM_SERVER, b"CEZ")
        self._wrote = False

    def _hear(self, kind: bytes, body: bytes) -> tuple[Moment, ...]:
        if kind == b"C":
            return self._complete(body.rstrip(b"\0"))
        wrote = self._wrote
        if kind == b"E" or body != OPEN:
            self._wrote = False
        if kind == b"E":
            return ()
        self._session.ready(idle=body == IDLE)
        return (Moment.COMMIT_REPLY,) if wrote and body == IDLE else ()

    def _complete(self, tag: bytes) -> tuple[Moment, ...]:
        word, _, rows = tag.partition(b" ")
        if word in {b"COMMIT", b"ROLLBACK"}:
            self._wrote = False
        elif word in WRITTEN:
            self._wrote = self._wrote or rows.rpartition(b" ")[2] != b"0"
        return (Moment.COMMIT_REPLY,) if tag == b"COMMIT" else ()


def postgres_readers() -> tuple[Reader, Reader]:
    """Return readers of a connection's two ways: to the server, and back."""
    session = Session()
    there, back = Requests(session), Responses(session)
    there.other, back.other = back, there
    return there, back
