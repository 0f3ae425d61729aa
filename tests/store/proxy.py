"""A wire that can be cut: between a client and PostgreSQL, at a chosen word and moment."""

import socket
from contextlib import suppress
from enum import Enum, auto
from threading import Event, Thread

HOST = "127.0.0.1"
CHUNK = 65_536
# ReadyForQuery outside of a transaction: what was sent is committed or undone.
SETTLED = b"Z\x00\x00\x00\x05I"


class Cut(Enum):
    """When the wire breaks, once the word has been seen on its way to the server."""

    BEFORE = auto()
    """Before the server hears of it."""
    AFTER = auto()
    """After the server has done all of it, and before the client hears of that."""


class Wire:
    """Carries connections to a server until told to break at a word, and then once."""

    def __init__(self, port: int) -> None:
        """Listen; `port` is the server's."""
        self._server_port = port
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._word = b""
        self._cut = Cut.BEFORE
        self._ends: list[socket.socket] = []
        self._down = False
        self.broken = Event()
        Thread(target=self._accept, daemon=True).start()

    def break_at(self, word: str, cut: Cut) -> None:
        """Break at the next occurrence of a word in what the client sends."""
        self._cut = cut
        self.broken.clear()
        self._word = word.encode()

    def take_down(self) -> None:
        """Break every connection, and each new one as soon as it is made, until it is mended."""
        self._down = True
        for end in self._ends:
            _end(end)

    def mend(self) -> None:
        """Carry new connections again."""
        self._down = False

    def close(self) -> None:
        """End everything."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.take_down()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._down:
                    _end(client)
                    continue
                server = socket.create_connection((HOST, self._server_port))
                self._ends += [client, server]
                line = _Line(self, client, server)
                Thread(target=line.forth, daemon=True).start()
                Thread(target=line.back, daemon=True).start()

    def breaks(self, sent: bytes) -> Cut | None:
        """Return how this wire breaks at what is being sent, if it does."""
        if not self._word or self._word not in sent:
            return None
        self._word = b""
        self.broken.set()
        return self._cut


class _Line:
    """One connection over the wire."""

    def __init__(self, wire: Wire, client: socket.socket, server: socket.socket) -> None:
        self.wire = wire
        self.client = client
        self.server = server
        self.deaf = False

    def forth(self) -> None:
        """Carry what the client sends."""
        with suppress(OSError):
            while sent := self.client.recv(CHUNK):
                cut = self.wire.breaks(sent)
                if cut is Cut.BEFORE:
                    break
                self.deaf = self.deaf or cut is Cut.AFTER
                self.server.sendall(sent)
            if not self.deaf:
                self.hang_up()

    def back(self) -> None:
        """Carry what the server answers, unless nobody is to hear it."""
        heard = b""
        with suppress(OSError):
            while answer := self.server.recv(CHUNK):
                if not self.deaf:
                    self.client.sendall(answer)
                    continue
                heard = (heard + answer)[-len(SETTLED) :]
                if heard == SETTLED:
                    break
        self.hang_up()

    def hang_up(self) -> None:
        """End both sides."""
        _end(self.client)
        _end(self.server)


def _end(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
