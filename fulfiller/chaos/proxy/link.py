"""A connection through the proxy: two ends, two ways."""

import asyncio
import socket
import struct
from contextlib import suppress
from fcntl import ioctl
from typing import cast

from fulfiller.chaos.proxy.leg import Leg
from fulfiller.chaos.proxy.way import END, LOST, Way

FLUSH_S = 2.0
"""How long a receiver that reads nothing can put off the blow behind what it should read."""
LOOK_S = 0.001
UNSENT = 0x894B
"""Linux's request for how many bytes of a socket's were not sent yet (SIOCOUTQNSD)."""
NO_LINGER = struct.pack("ii", 1, 0)


class End(asyncio.Protocol):
    """One end of a connection: a client or a server."""

    def __init__(self, link: "Link", out: Way, into: Way) -> None:
        """Bytes from here go `out`; those that come `into` this end are for it."""
        self._link, self._out, self._into = link, out, into
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the client waits until there is a server."""
        self.transport = cast("asyncio.Transport", transport)
        self._out.source = self._into.sink = self.transport
        self._link.made(self)

    def data_received(self, data: bytes) -> None:
        """Carry bytes."""
        self._out.take(data)

    def eof_received(self) -> bool:
        """Carry the end of what is said here; answers may still come."""
        self._out.finish(END)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Carry a reset."""
        self._out.finish(END if exc is None else LOST)
        self._link.unmade()

    def pause_writing(self) -> None:
        """Let those wait who send here."""
        self._into.block(blocked=True)

    def resume_writing(self) -> None:
        """Let them go on."""
        self._into.block(blocked=False)


class Link:
    """A connection of a leg."""

    def __init__(self, leg: Leg) -> None:
        """Wait for the client."""
        there, back = leg.readers()
        self._leg = leg
        self._ways = (Way(self, leg, 0, there), Way(self, leg, 1, back))
        self.client = End(self, *self._ways)
        self._server = End(self, *reversed(self._ways))
        self._alive = 0
        self._connecting: asyncio.Task[None] | None = None
        self._struck = False

    @property
    def lossy(self) -> bool:
        """Whether bytes of it were swallowed."""
        return any(way.lossy for way in self._ways)

    def made(self, end: End) -> None:
        """Take note of an end: the client is there first, and the server completes it."""
        self._alive += 1
        if end is self._server:
            self.nudge()
        elif self._leg.toxic.refused:
            self._leg.refused += 1
            self.lost()
        else:
            self._leg.connections += 1
            self._leg.lines.add(self)
            self.nudge()
            self._connecting = asyncio.get_running_loop().create_task(self._connect())

    def unmade(self) -> None:
        """Take note that an end is gone."""
        self._alive -= 1
        if self._alive == 0:
            self._leg.lines.discard(self)

    def nudge(self) -> None:
        """Look again at what is wrong with the leg."""
        for way in self._ways:
            way.run()

    def reset(self) -> None:
        """Reset it at both ends."""
        if not self._struck:
            self._struck = True
            self._leg.resets += 1
        self.lost()

    def cut(self, way: Way) -> None:
        """Reset it at both ends as soon as all before this has reached its receiver."""
        self._struck = True
        self._leg.resets += 1
        for each in self._ways:
            each.stop()
            if each.source is not None:
                each.source.pause_reading()
        self._cut_behind(way, asyncio.get_running_loop().time() + FLUSH_S)

    def lost(self) -> None:
        """Reset it at both ends; nobody meant it to be, or it is counted already."""
        for way in self._ways:
            way.stop()
        if self._connecting is not None:
            self._connecting.cancel()
        for end in (self.client, self._server):
            if end.transport is not None:
                _reset(end.transport)
        self._leg.lines.discard(self)

    def done(self) -> None:
        """Close it, once both ends have said all."""
        if all(way.done for way in self._ways):
            for end in (self.client, self._server):
                if end.transport is not None:
                    end.transport.close()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self._server, self._leg.host, self._leg.port)
        except OSError:
            # As the server refuses us, so do we.
            self.lost()

    def _cut_behind(self, way: Way, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        if way.sink is not None and _unsent(way.sink) and loop.time() < deadline:
            loop.call_later(LOOK_S, self._cut_behind, way, deadline)
        else:
            self.lost()


def _unsent(transport: asyncio.Transport) -> bool:
    """Return whether bytes still wait on this side, ours or the system's."""
    if transport.is_closing():
        return False
    if transport.get_write_buffer_size():
        return True
    with suppress(OSError):
        # Where the system can't be asked, the little that it has not sent is lost.
        count = ioctl(transport.get_extra_info("socket").fileno(), UNSENT, b"\0" * 4)
        return any(count)
    return False


def _reset(transport: asyncio.Transport) -> None:
    """Close it with a reset instead of an end."""
    sock = transport.get_extra_info("socket")
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    transport.abort()
