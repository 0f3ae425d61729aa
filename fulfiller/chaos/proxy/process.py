"""The proxy as those see it who run it: legs are opened, armed, poisoned and counted.

`legs` is a glob over the names of legs that are open by then (`worker*/broker`), and stands for
all connections of theirs, those to come included. One that fits no leg raises ProxyFailed.
"""

import sys
from contextlib import suppress
from queue import Empty, SimpleQueue
from subprocess import PIPE, Popen
from threading import Lock, Thread
from types import TracebackType
from typing import IO, Self, cast

import msgspec

from fulfiller.chaos.proxy.order import (
    Answer,
    AnyOrder,
    Arm,
    Blow,
    Count,
    Disarm,
    Moment,
    Open,
    Poison,
    Reset,
    Speech,
    Tally,
    Toxic,
)
from fulfiller.domain.error import FulfillerError

__all__ = ["Blow", "Moment", "Proxy", "ProxyFailed", "Speech", "Tally", "Toxic"]

ANSWER_S = 20.0
END_S = 5.0


class ProxyFailed(FulfillerError):
    """The proxy process has ended, does not answer, or can't do what it was told."""


class Proxy:
    """A running proxy process; it ends with this one, however that ends.

    Safe to share by threads. Every method but `close` raises ProxyFailed.

    Measured on two cores, all on one machine: a PING of 40 us takes 115 to 190 through the proxy, a
    SELECT of 37 us 140 to 165; a command in a pipeline costs 10 us more, a row 1.3 us. It carries
    300 MB a second, against 390 without it.
    """

    def __init__(self) -> None:
        """Start it."""
        self._process = Popen(  # nosec B603 # our own module, no shell
            [sys.executable, "-m", "fulfiller.chaos.proxy.server"],
            stdin=PIPE,
            stdout=PIPE,
            # Ctrl-C is for us to hear; it ends with its input.
            start_new_session=True,
        )
        self._orders = cast("IO[bytes]", self._process.stdin)
        self._answers: SimpleQueue[Answer | None] = SimpleQueue()
        self._turn = Lock()
        Thread(target=self._listen, name="proxy answers", daemon=True).start()

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def open(self, leg: str, host: str, port: int, speech: Speech) -> int:
        """Open a leg to a server, and return the port on loopback to connect to instead."""
        return self._tell(Open(leg=leg, host=host, port=port, speech=speech)).number

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
        """Strike at each `every`-th such moment on the legs that match a glob, `times` in all.

        Both are counted over these legs together. Of several blows that are due at the same
        moment the one that was armed first falls.
        """
        self._tell(
            Arm(legs=legs, moment=moment, blow=blow, every=every, times=times, stall_s=stall_s)
        )

    def disarm(self, legs: str) -> None:
        """Strike no more on these legs."""
        self._tell(Disarm(legs=legs))

    def poison(self, legs: str, toxic: Toxic) -> None:
        """Make legs sick from now on; `Toxic()` heals them."""
        self._tell(Poison(legs=legs, toxic=toxic))

    def reset(self, legs: str) -> int:
        """Reset every connection of these legs now, both ends; return how many there were."""
        return self._tell(Reset(legs=legs)).number

    def tally(self, legs: str) -> Tally:
        """Return what these legs have seen since they were opened, added up."""
        return self._tell(Count(legs=legs)).tally or Tally()

    def close(self) -> None:
        """End it, and all connections through it."""
        with suppress(OSError):
            self._orders.close()
        self._process.kill()
        self._process.wait(END_S)

    def __enter__(self) -> Self:
        """Return it, running already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self.close()

    def _tell(self, order: AnyOrder) -> Answer:
        """Give an order and wait for its answer, one at a time."""
        with self._turn:
            try:
                self._orders.write(msgspec.json.encode(order) + b"\n")
                self._orders.flush()
                answer = self._answers.get(timeout=ANSWER_S)
            except (OSError, ValueError) as fault:
                raise ProxyFailed("the proxy process has ended") from fault
            except Empty as fault:
                # A late answer must never be taken for the next one.
                self.close()
                raise ProxyFailed(f"the proxy did not answer within {ANSWER_S:g} s") from fault
        if answer is None:
            raise ProxyFailed(f"the proxy process ended with {self._process.wait()}")
        if answer.fault is not None:
            raise ProxyFailed(answer.fault)
        return answer

    def _listen(self) -> None:
        with cast("IO[bytes]", self._process.stdout) as lines:
            for line in lines:
                self._answers.put(msgspec.json.decode(line, type=Answer))
        self._answers.put(None)
