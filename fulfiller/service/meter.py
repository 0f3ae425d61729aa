"""A meter: how fast a campaign's claims are issued while there is something to issue.

An interval counts as busy if enough waited at both of its ends to keep the workers at it
(half a second's worth, by Little's law). What is issued while nothing waits says how many came,
not how many could be served; but it refutes a measure that is lower, which is then forgotten.
A dead pool leaves busy intervals in which nothing was issued, so that its rate falls to 0 and
does not stay what it was. Were they not forgotten as soon as workers empty what there is, a pool
that came back would count as dead, or as slow, for ever: little is admitted to it, and nothing
waits long enough to be measured.
"""

from collections import deque

SECOND = 1_000_000
LATELY_S = 10.0
"""Busy seconds that the rate is taken over."""
KNOWN_S = 3.0
"""Busy seconds before there is a rate at all: workers may just be starting."""
KEPT = 300
LOW, HIGH = 0.1, 0.9
BUSY_S = 0.5


class Meter:
    """The issuing rate of one scope, from readings of its totals."""

    def __init__(self, lately_s: float = LATELY_S) -> None:
        """Know nothing yet; the rate is taken over `lately_s` busy seconds, from now on."""
        self.lately_s = lately_s
        self._last: tuple[int, int, int] | None = None
        self._busy: deque[tuple[float, int]] = deque(maxlen=KEPT)
        self._floor = 0.0

    def read(self, at: int, issued: int, backlog: int) -> None:
        """Note the total issued and the backlog at an instant."""
        last, self._last = self._last, (at, issued, backlog)
        if last is None or at <= last[0]:
            return
        seconds, done = (at - last[0]) / SECOND, issued - last[1]
        waiting = min(backlog, last[2])
        if waiting and waiting >= done / seconds * BUSY_S:
            self._busy.append((seconds, done))
            self._floor = 0.0
        elif done:
            self._refute(done / seconds)

    def forget_last(self) -> None:
        """Let no interval span this moment: issuing was stopped on purpose."""
        self._last = None

    @property
    def rate(self) -> float | None:
        """Return claims per second over the last busy seconds; 0 means no progress."""
        seconds, done = 0.0, 0
        for span, issued in reversed(self._busy):
            seconds, done = seconds + span, done + issued
            if seconds >= self.lately_s:
                break
        if not done:
            # Claims may be on their way to the first worker: only a long silence means 0.
            return 0.0 if seconds >= self.lately_s else None
        return done / seconds if seconds >= KNOWN_S else None

    @property
    def floor(self) -> float:
        """Return what was served per second since the last busy interval, with nothing waiting."""
        return self._floor

    def bounds(self) -> tuple[float, float] | None:
        """Return the 10th and the 90th percentile of the rate, None if nobody knows."""
        rates = sorted(issued / span for span, issued in self._busy)
        if len(rates) < KNOWN_S:
            return None
        last = len(rates) - 1
        return rates[round(LOW * last)], rates[round(HIGH * last)]

    def _refute(self, served: float) -> None:
        """Forget the last intervals that were slower than what was served without an effort."""
        self._floor = max(self._floor, served)
        while self._busy and self._busy[-1][1] < served * self._busy[-1][0]:
            self._busy.pop()
