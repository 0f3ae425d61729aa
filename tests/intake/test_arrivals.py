"""Arrivals: who knocks together gets in together, and a full system sends nobody away for good."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from resource import RLIMIT_NOFILE, getrlimit, setrlimit

import pytest
import uvloop

from fulfiller.intake.arrivals import AT_ONCE, Arrivals
from fulfiller.intake.serve import listen

FEW_TURNS = 20
"""Turns of the loop within which a crowd is in; one by one it would be as many as they are."""


class Guests(list[asyncio.BaseTransport]):
    """Those who got in."""

    def protocol(self) -> asyncio.Protocol:
        """Return what welcomes one of them."""
        guests = self

        class Host(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                guests.append(transport)

        return Host()

    async def leave(self) -> None:
        """Hang up on all of them: a loop does not end well with open connections."""
        for guest in self:
            guest.close()
        await asyncio.sleep(0.01)


@contextmanager
def knocking(number: int) -> Iterator[socket.socket]:
    """Have so many wait before a door that is not opened yet."""
    with ExitStack() as lines:
        door = lines.enter_context(listen("127.0.0.1", 0))
        door.listen(2 * number)
        for _ in range(number):
            lines.enter_context(socket.create_connection(door.getsockname(), timeout=10))
        yield door


async def _turns_until(there: Callable[[], bool]) -> int:
    """Return how often the loop came round before it was true."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 10
    turns = 0
    while not there():
        assert loop.time() < deadline
        turns += 1
        await asyncio.sleep(0)
    return turns


def test_who_knocks_together_gets_in_together() -> None:
    """Two hundred who come at once are in after a few turns of the loop, each once."""
    crowd = AT_ONCE - 56

    async def meet(door: socket.socket) -> int:
        guests = Guests()
        arrivals = Arrivals(door, guests.protocol, asyncio.get_running_loop())
        turns = await _turns_until(lambda: len(guests) >= crowd)
        await arrivals.close()
        assert len(guests) == crowd
        await guests.leave()
        return turns

    with knocking(crowd) as door:
        assert uvloop.run(meet(door)) < FEW_TURNS


@contextmanager
def _files_left(number: int) -> Iterator[Callable[[], None]]:
    """Leave room for about so many files more, until the block ends or somebody makes room."""
    soft, hard = getrlimit(RLIMIT_NOFILE)

    def make_room() -> None:
        setrlimit(RLIMIT_NOFILE, (soft, hard))

    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    setrlimit(RLIMIT_NOFILE, (free + number, hard))
    try:
        yield make_room
    finally:
        make_room()


def test_who_finds_the_system_full_gets_in_later(caplog: pytest.LogCaptureFixture) -> None:
    """No file is left: it is said, nobody is hung up on, and once there is room all are in."""

    async def meet(door: socket.socket) -> None:
        guests = Guests()
        loop = asyncio.get_running_loop()
        with _files_left(5) as make_room:
            arrivals = Arrivals(door, guests.protocol, loop)
            turns = await _turns_until(lambda: bool(caplog.messages))
            assert len(guests) < 20
            assert turns < FEW_TURNS
            make_room()
            await _turns_until(lambda: len(guests) == 20)
        await arrivals.close()
        await guests.leave()

    with knocking(20) as door:
        uvloop.run(meet(door))
    assert caplog.messages[0].startswith("Nobody can be let in for now: Too many open files")


def test_a_closed_door_lets_nobody_in() -> None:
    """Who comes after the end is not let in, and who was let in just before is a guest."""

    async def meet(door: socket.socket) -> int:
        guests = Guests()
        arrivals = Arrivals(door, guests.protocol, asyncio.get_running_loop())
        await _turns_until(lambda: len(guests) == 3)
        await arrivals.close()
        with socket.create_connection(door.getsockname(), timeout=10):
            for _ in range(FEW_TURNS):
                await asyncio.sleep(0)
        await guests.leave()
        return len(guests)

    with knocking(3) as door:
        assert uvloop.run(meet(door)) == 3
