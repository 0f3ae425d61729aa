"""Arrivals: whoever knocks at the door is let in at once, however many knock together.

The loop's own way takes one new connection per turn, and a turn of a busy intake lasts some
milliseconds: the last of 2,000 who came together got in after seconds. Here all who wait are let
in within one turn.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable

AT_ONCE = 256
"""Connections let in within one turn, so that those who are in are served, too."""
REST_S = 0.1
"""How long nobody is let in after the system has refused to."""
FULL = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
logger = logging.getLogger(__name__)


class Arrivals:
    """Lets connections in from a listening socket until it is closed."""

    def __init__(
        self,
        listener: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Begin to let in; each connection is spoken with by a protocol of its own."""
        self._listener = listener
        self._protocol = protocol
        self._loop = loop
        self._entering: set[asyncio.Task[object]] = set()
        self._rest: asyncio.TimerHandle | None = None
        listener.settimeout(0)
        self._watch()

    async def close(self) -> None:
        """Let nobody in any more, and wait until whoever was let in is a connection."""
        if self._rest is not None:
            self._rest.cancel()
        self._loop.remove_reader(self._listener)
        await asyncio.gather(*self._entering)

    def _watch(self) -> None:
        self._rest = None
        self._loop.add_reader(self._listener, self._let_in)

    def _let_in(self) -> None:
        for _ in range(AT_ONCE):
            try:
                arrived, _address = self._listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionError:
                # Whoever hung up before being let in: the next one may still be there.
                continue
            except OSError as fault:
                self._pause(fault)
                return
            self._enter(arrived)

    def _enter(self, arrived: socket.socket) -> None:
        entering = self._loop.create_task(self._met(arrived))
        self._entering.add(entering)
        entering.add_done_callback(self._entering.discard)

    async def _met(self, arrived: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._protocol, arrived)
        except OSError:
            arrived.close()

    def _pause(self, fault: OSError) -> None:
        """Wait for a moment: the socket stays ready, and would be asked again at every turn."""
        if fault.errno not in FULL:
            raise fault
        logger.warning("Nobody can be let in for now: %s", fault.strerror)
        self._loop.remove_reader(self._listener)
        self._rest = self._loop.call_later(REST_S, self._watch)
