"""The proxy process: follows orders that come as JSON lines on its input, and ends with it.

    {"do": "open", "leg": "worker1/broker", …}    -> {"number": port}
    {"do": "arm", "legs": "*/broker", …}          -> {}
    {"do": "count", "legs": "*"}                  -> {"tally": …}

An order that can't be followed is answered with {"fault": what is wrong with it}.
"""

import asyncio
import os
import sys
from fnmatch import fnmatchcase
from threading import Thread

import msgspec

from fulfiller.chaos.proxy.arms import Arms
from fulfiller.chaos.proxy.leg import Leg, added
from fulfiller.chaos.proxy.link import Link
from fulfiller.chaos.proxy.order import (
    Answer,
    AnyOrder,
    Arm,
    Count,
    Disarm,
    Open,
    Poison,
    Reset,
)

HOST = "127.0.0.1"
BACKLOG = 512


class NoSuchLeg(Exception):
    """An order is for legs that there are none of, or opens one that there is."""


class Legs:
    """All open legs."""

    def __init__(self) -> None:
        """Have none yet."""
        self._legs: dict[str, Leg] = {}
        self._arms = Arms()

    async def follow(self, order: AnyOrder) -> Answer:
        """Do what is ordered."""
        match order:
            case Open():
                return Answer(number=await self._open(order))
            case Arm():
                self._arms.add(order, [leg.name for leg in self._named(order.legs)])
            case Disarm():
                self._arms.drop([leg.name for leg in self._named(order.legs)])
            case Poison():
                for leg in self._named(order.legs):
                    leg.poison(order.toxic)
            case Reset():
                return Answer(number=sum(leg.reset() for leg in self._named(order.legs)))
            case Count():
                return Answer(tally=added(leg.tally() for leg in self._named(order.legs)))
        return Answer()

    async def _open(self, order: Open) -> int:
        if order.leg in self._legs:
            raise NoSuchLeg(f"leg {order.leg!r} is open already")
        leg = Leg(order, self._arms)
        server = await asyncio.get_running_loop().create_server(
            lambda: Link(leg).client, HOST, 0, backlog=BACKLOG
        )
        port: int = server.sockets[0].getsockname()[1]
        self._legs[order.leg] = leg
        return port

    def _named(self, glob: str) -> list[Leg]:
        found = [leg for name, leg in self._legs.items() if fnmatchcase(name, glob)]
        if not found:
            raise NoSuchLeg(f"no open leg is called {glob!r}: there are {sorted(self._legs)}")
        return found


async def serve() -> None:
    """Follow orders, one after the other, until nobody is left to give any."""
    legs = Legs()
    decoder: msgspec.json.Decoder[AnyOrder] = msgspec.json.Decoder(AnyOrder)
    orders = listen()
    while True:
        try:
            answer = await legs.follow(decoder.decode(await orders.get()))
        except (NoSuchLeg, OSError, ValueError) as fault:
            answer = Answer(fault=str(fault))
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()


def listen() -> asyncio.Queue[bytes]:
    """Return a queue that orders come through; the end of the input is the end of it all."""
    loop = asyncio.get_running_loop()
    orders: asyncio.Queue[bytes] = asyncio.Queue()

    def hear() -> None:
        for line in sys.stdin.buffer:
            loop.call_soon_threadsafe(orders.put_nowait, line)
        # Whoever gave the orders is gone, perhaps killed: whatever goes on here is over.
        os._exit(0)

    Thread(target=hear, name="orders", daemon=True).start()
    return orders


if __name__ == "__main__":
    asyncio.run(serve())
