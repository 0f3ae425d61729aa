"""A leg: the way to one server, what is wrong with it, and what it has seen."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from fulfiller.chaos.proxy.arms import Arms
from fulfiller.chaos.proxy.framing import Reader
from fulfiller.chaos.proxy.order import Arm, Moment, Open, Speech, Tally, Toxic
from fulfiller.chaos.proxy.pgwire import postgres_readers
from fulfiller.chaos.proxy.resp import redis_readers

READERS: dict[Speech, Callable[[], tuple[Reader, Reader]]] = {
    Speech.REDIS: redis_readers,
    Speech.POSTGRES: postgres_readers,
}


class Line(Protocol):
    """A connection over a leg."""

    @property
    def lossy(self) -> bool:
        """Whether bytes of it were swallowed."""

    def reset(self) -> None:
        """Reset it at both ends."""

    def nudge(self) -> None:
        """Look again at what is wrong with the leg."""


class Leg:
    """A leg, with its connections."""

    def __init__(self, order: Open, arms: Arms) -> None:
        """Carry nothing yet."""
        self.name, self.host, self.port = order.leg, order.host, order.port
        self.toxic = Toxic()
        self.lines: set[Line] = set()
        self.readers = READERS[order.speech]
        self.connections = self.resets = self.refused = 0
        self.bytes_held = self.bytes_swallowed = 0
        self.free_at = [0.0, 0.0]
        """When each way may carry the next bytes, by the loop's clock, while it is throttled."""
        self._arms = arms
        self._struck: Counter[str] = Counter()
        self._passed: Counter[str] = Counter()

    def judge(self, moments: Sequence[Moment]) -> Arm | None:
        """Count moments that are about to pass, and return the blow that falls there."""
        self._passed.update(moments)
        arm = self._arms.judge(self.name, moments)
        if arm is not None:
            self._struck[arm.moment] += 1
        return arm

    def poison(self, toxic: Toxic) -> None:
        """Be sick, or well, from now on."""
        self.toxic = toxic
        for line in tuple(self.lines):
            # What goes on after a gap would be garbage, which no network delivers.
            if line.lossy and not toxic.black_hole:
                line.reset()
            else:
                line.nudge()

    def reset(self) -> int:
        """Reset all connections, and return how many there were."""
        lines = tuple(self.lines)
        for line in lines:
            line.reset()
        return len(lines)

    def tally(self) -> Tally:
        """Return what was seen so far."""
        return Tally(
            connections=self.connections,
            struck=dict(self._struck),
            passed=dict(self._passed),
            resets=self.resets,
            refused=self.refused,
            bytes_held=self.bytes_held,
            bytes_swallowed=self.bytes_swallowed,
        )


def added(tallies: Iterable[Tally]) -> Tally:
    """Return several tallies as one."""
    all_of = list(tallies)
    struck: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    for tally in all_of:
        struck.update(tally.struck)
        passed.update(tally.passed)
    return Tally(
        connections=sum(tally.connections for tally in all_of),
        struck=dict(struck),
        passed=dict(passed),
        resets=sum(tally.resets for tally in all_of),
        refused=sum(tally.refused for tally in all_of),
        bytes_held=sum(tally.bytes_held for tally in all_of),
        bytes_swallowed=sum(tally.bytes_swallowed for tally in all_of),
    )
