"""What an intake counts of itself, in plain integers: a count costs a request a microsecond.

`limited` are refusals by the door limit they broke, `turned_away` those of claims by campaign and
code, and `limits_shared` is whether what other intakes let in is known; None while there is no
limit.

Each figure is written by one thread alone (requests and groups by the event loop) and read by
another, which may see it one count late and never torn.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence

from fulfiller.intake.exchange import Asked, Handler, Receive, Reply
from fulfiller.intake.problem import KINDS, Code, Problem
from fulfiller.service.refused import Turned

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
CLAIMS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
TURNED_MAX = 10_000
"""Campaigns and codes that are told apart: a caller may make names of campaigns up."""


class Spread:
    """A histogram: how many values lay between the bounds, and their sum."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        """Know no values yet; a value at a bound counts below it."""
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def below(self) -> list[tuple[str, float]]:
        """Return each bound, as text, with how many values lie at it or below."""
        total, rows = 0, []
        for bound, count in zip((*self.bounds, float("inf")), tuple(self.counts), strict=True):
            total += count
            rows.append(("+Inf" if bound == float("inf") else str(bound), float(total)))
        return rows


class Tally:
    """The counts of one intake process."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.requests: Counter[tuple[str, int]] = Counter()
        self.refused: Counter[str] = Counter()
        self.seconds: dict[str, Spread] = {}
        self.turned_away: Counter[Turned] = Counter()
        self.groups = Spread(CLAIMS)
        self.limited: Counter[str] = Counter()
        self.limits_shared: bool | None = None

    def turn_away(self, campaign: str, code: Code) -> None:
        """Count a claim that was refused, for its campaign; one that nobody created has none."""
        place = (campaign, code.value)
        room = len(self.turned_away) < TURNED_MAX or place in self.turned_away
        if room and code is not Code.UNKNOWN_CAMPAIGN:
            self.turned_away[place] += 1

    def counted(self, route: str, handler: Handler, monotonic: Callable[[], float]) -> Handler:
        """Return the handler, its requests counted under the name of their route."""
        spread = self.seconds.setdefault(route, Spread(SECONDS))

        async def count(asked: Asked, receive: Receive) -> Reply:
            began = monotonic()
            status = KINDS[Code.INTERNAL].status
            try:
                reply = await handler(asked, receive)
                status = reply.status
            except Problem as problem:
                status = problem.kind.status
                self.refused[problem.code] += 1
                raise
            finally:
                self.requests[route, status] += 1
                spread.add(monotonic() - began)
            return reply

        return count
