"""The proxy process: orders as JSON lines on its input, an answer to each on its output."""

import asyncio
import os
import sys
from asyncio import StreamReader, StreamWriter
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from threading import Thread

import msgspec

from fulfiller.chaos.proxy.link import Link
from fulfiller.chaos.proxy.order import (
    Arm,
    Disarm,
    Nothing,
    Open,
    Opened,
    Order,
    Poison,
    Reset,
    Resetted,
    Tallied,
    TallyOf,
)
from fulfiller.chaos.proxy.postgres import Postgres
from fulfiller.chaos.proxy.talk import ears
from fulfiller.chaos.proxy.terms import Blow, Moment, Tally, Toxic

LOOPBACK = "127.0.0.1"
FIRST_BYTES = 8
CONNECT_S = 5.0


@dataclass(slots=True)
class Trap:
    """An arm, and how much of it is left."""

    order: Arm
    passed: int = 0
    struck: int = 0

    def falls(self, leg: str, moment: Moment) -> bool:
        """Return whether it strikes at this moment, which it counts."""
        order = self.order
        if moment is not order.moment or not fnmatchcase(leg, order.legs):
            return False
        self.passed += 1
        if self.struck >= order.times or self.passed % order.every:
            return False
        self.struck += 1
        return True


@dataclass(eq=False, slots=True)
class Leg:
    """A port that listens, the server behind it, and what it has seen."""

    order: Open
    traps: list[Trap]
    toxic: Toxic = field(default_factory=Toxic)
    thawed: asyncio.Event = field(default_factory=asyncio.Event)
    links: set[Link] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    hit: Counter[str] = field(default_factory=Counter)

    def strikes(self, moment: Moment) -> tuple[Blow, float] | None:
        """Return what to do at a moment, with the seconds of a stall; None for nothing."""
        self.passed[moment] += 1
        for trap in self.traps:
            if trap.falls(self.order.leg, moment):
                self.hit[moment] += 1
                return trap.order.blow, trap.order.stall_s
        return None

    def held(self, number: int) -> None:
        """Count bytes that were delayed."""
        self.counts["bytes_held"] += number

    def swallowed(self, number: int) -> None:
        """Count bytes that nobody will get."""
        self.counts["bytes_swallowed"] += number

    def poison(self, toxic: Toxic) -> None:
        """Make it sick, or well again."""
        self.toxic = toxic
        (self.thawed.clear if toxic.frozen else self.thawed.set)()

    def reset(self) -> int:
        """Break every link; return how many there were."""
        links = list(self.links)
        for link in links:
            link.reset()
        self.counts["resets"] += len(links)
        return len(links)

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one connection from its first byte to its last."""
        if self.toxic.refused:
            self.counts["refused"] += 1
            writer.transport.abort()
            return
        self.counts["connections"] += 1
        joining = asyncio.open_connection(self.order.host, self.order.port)
        try:
            back, there = await asyncio.wait_for(joining, CONNECT_S)
        except (OSError, TimeoutError):
            writer.transport.abort()
            return
        link = Link(self, writer, there)
        self.links.add(link)
        try:
            client, server, language = ears(self.order.speech)
            if isinstance(language, Postgres):
                await _decline(language, reader, writer, there)
            await link.run(((reader, there, client), (back, writer, server)))
        except (OSError, asyncio.IncompleteReadError):
            link.reset()
        finally:
            self.links.discard(link)


async def _decline(
    language: Postgres, reader: StreamReader, writer: StreamWriter, there: StreamWriter
) -> None:
    """Answer requests to encrypt ourselves; pass on what is none."""
    while True:
        head = await reader.readexactly(FIRST_BYTES)
        answer = language.refusal(head)
        if answer is None:
            break
        writer.write(answer)
    rest = await reader.readexactly(int.from_bytes(head[:4]) - FIRST_BYTES)
    language.asked(head + rest)
    there.write(head + rest)


class Proxy:
    """All legs, and who is told what to do with them."""

    def __init__(self) -> None:
        """Have no legs yet."""
        self._legs: list[Leg] = []
        self._traps: list[Trap] = []
        self._servers: list[asyncio.Server] = []

    async def obey(self, order: Order) -> Opened | Resetted | Tallied | Nothing:
        """Do what is said, and return what there is to say to it."""
        match order:
            case Open():
                return await self._open(order)
            case Arm():
                self._traps.append(Trap(order))
            case Disarm():
                self._traps[:] = [t for t in self._traps if t.order.legs != order.legs]
            case Poison():
                for leg in self._matching(order.legs):
                    leg.poison(order.toxic)
            case Reset():
                return Resetted(sum(leg.reset() for leg in self._matching(order.legs)))
            case TallyOf():
                return Tallied(_sum(self._matching(order.legs)))
        return Nothing()

    async def _open(self, order: Open) -> Opened:
        leg = Leg(order, self._traps)
        leg.thawed.set()
        server = await asyncio.start_server(leg.serve, LOOPBACK, 0)
        self._legs.append(leg)
        self._servers.append(server)
        return Opened(server.sockets[0].getsockname()[1])

    def _matching(self, legs: str) -> Iterator[Leg]:
        return (leg for leg in self._legs if fnmatchcase(leg.order.leg, legs))


def _sum(legs: Iterator[Leg]) -> Tally:
    counts, hit, passed = Counter[str](), Counter[str](), Counter[str]()
    for leg in legs:
        counts += leg.counts
        hit += leg.hit
        passed += leg.passed
    return Tally(**counts, struck=dict(hit), passed=dict(passed))


async def serve() -> None:
    """Obey orders, one after the other, until there are no more."""
    proxy, loop = Proxy(), asyncio.get_running_loop()
    orders: asyncio.Queue[bytes] = asyncio.Queue()

    def hear() -> None:
        for line in sys.stdin.buffer:
            loop.call_soon_threadsafe(orders.put_nowait, line)
        # Whoever gave the orders is gone, perhaps killed: nobody is left to stand between.
        os._exit(0)

    Thread(target=hear, name="orders", daemon=True).start()
    decode = msgspec.json.Decoder(Order).decode
    while True:
        answer = await proxy.obey(decode(await orders.get()))
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(serve())
