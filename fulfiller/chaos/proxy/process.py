"""The proxy as those see it who run it: legs are opened, moments armed, and all is counted."""

import sys
from contextlib import suppress
from subprocess import PIPE, Popen
from threading import Lock
from typing import IO, TypeVar, cast

import msgspec

from fulfiller.chaos.proxy import order
from fulfiller.chaos.proxy.terms import Blow, Moment, Speech, Tally, Toxic
from fulfiller.domain.error import FulfillerError

MODULE = "fulfiller.chaos.proxy.server"
END_S = 5.0
Answer = TypeVar("Answer")


class ProxyFailed(FulfillerError):
    """The proxy process has ended."""


class Proxy:
    """A running proxy process; it ends with this one, however that ends. Threads may share it."""

    def __init__(self) -> None:
        """Start it."""
        self._lock = Lock()
        self._process = Popen(  # nosec B603 # noqa: S603 - our own module, no shell
            [sys.executable, "-m", MODULE],
            stdin=PIPE,
            stdout=PIPE,
            # Ctrl-C is for us to hear; it ends with its input.
            start_new_session=True,
        )
        self._orders = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)

    @property
    def pid(self) -> int:
        """Return the number of its process."""
        return self._process.pid

    def open(self, leg: str, host: str, port: int, speech: Speech) -> int:
        """Open a leg to a server, and return the port on loopback to connect to instead."""
        return self._ask(order.Open(leg, host, port, speech), order.Opened).port

    def arm(
        self,
        legs: str,
        moment: Moment,
        blow: Blow,
        *,
        every: int = 1,
        times: int = 1,
        stall_s: float = 0.0,
    ) -> None:
        """Strike at each `every`-th such moment on the legs that match a glob, `times` in all."""
        self._ask(order.Arm(legs, moment, blow, every, times, stall_s), order.Nothing)

    def disarm(self, legs: str) -> None:
        """Strike no more where this very glob was armed."""
        self._ask(order.Disarm(legs), order.Nothing)

    def poison(self, legs: str, toxic: Toxic) -> None:
        """Make legs sick from now on, what passes over them already included; `Toxic()` heals."""
        self._ask(order.Poison(legs, toxic), order.Nothing)

    def reset(self, legs: str) -> int:
        """Reset every connection of these legs now, both ends; return how many there were."""
        return self._ask(order.Reset(legs), order.Resetted).links

    def tally(self, legs: str) -> Tally:
        """Return what these legs have seen since they were opened, added up."""
        return self._ask(order.TallyOf(legs), order.Tallied).tally

    def close(self) -> None:
        """End it, and all connections through it."""
        with suppress(OSError):
            self._orders.close()
        self._process.kill()
        self._process.wait(END_S)
        self._answers.close()

    def _ask(self, said: order.Order, kind: type[Answer]) -> Answer:
        with self._lock:
            try:
                self._orders.write(msgspec.json.encode(said) + b"\n")
                self._orders.flush()
                answer = self._answers.readline()
            except (OSError, ValueError) as fault:
                raise ProxyFailed("the fault proxy has ended") from fault
        if not answer:
            raise ProxyFailed(f"the fault proxy ended with {self._process.wait(END_S)}")
        return msgspec.json.decode(answer, type=kind)
