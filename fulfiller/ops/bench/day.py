"""`fulfiller bench --day`: the event's whole day again, in its shape, as fast as a machine can."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from fulfiller.ops.bench.flat import ROLES
from fulfiller.ops.bench.machine import described
from fulfiller.ops.bench.marks import Mark, Stretch, stretch
from fulfiller.ops.bench.passage import Passage, Standing, Trip, travel
from fulfiller.ops.bench.shape import DAY_CLAIMS, Day
from fulfiller.ops.bench.stage import Stage
from fulfiller.ops.show import remark
from fulfiller.ops.supervise.leaving import on_signals
from fulfiller.ops.supervise.plan import POSTGRES

REPEATS = 0.03
"""The share of claims that impatient people send again, under the same key."""
PROMISE_S = 20 * 60
"""Seconds in which ten million claims are to be through; fewer have as much less."""
SCALE = 45.0
"""Nine hours in twelve minutes: faster than it drains at the peak, so that a backlog forms."""
REPLAYED = "200"


@dataclass(frozen=True, slots=True)
class Played:
    """What a day came to, and with what it was measured."""

    day: Day
    passage: Passage
    about: Mapping[str, object]

    @property
    def promise_s(self) -> float:
        """Return the seconds in which these claims are to be through."""
        return PROMISE_S * self.day.claims / DAY_CLAIMS

    @property
    def kept(self) -> bool:
        """Return whether they were."""
        return self.passage.took_s <= self.promise_s

    @property
    def whole(self) -> Stretch:
        """Return the day as one stretch."""
        return stretch(self.passage.marks[0], self.passage.marks[-1])

    @property
    def most_open(self) -> int:
        """Return the largest backlog that a mark has seen."""
        return max(mark.open for mark in self.passage.marks)

    @property
    def data(self) -> dict[str, object]:
        """Return it for programs."""
        passage = self.passage
        return {
            **self.about,
            "claims": self.day.claims,
            "scale": self.day.scale,
            "arrivals_s": self.day.length_s,
            "peak": self.day.peak,
            "took_s": passage.took_s,
            "promise_s": self.promise_s,
            "kept": self.kept,
            "rate": passage.claims / passage.took_s,
            "repeated": passage.repeated,
            "statuses": passage.statuses,
            "most_open": self.most_open,
            "whole": self.whole.data,
            "feeder": {"mib": passage.feeder_mib, "cpu_us": passage.feeder_us},
            "verify_s": passage.verify_s,
        }

    @property
    def words(self) -> str:
        """Return it for people."""
        passage, whole = self.passage, self.whole
        word = "kept" if self.kept else "NOT KEPT"
        rate = passage.claims / passage.took_s
        costs = ", ".join(f"{role} {whole.cpu_us.get(role, 0):.1f}" for role in ROLES)
        return (
            f"{passage.claims:,} claims came in {_clock(self.day.length_s)} and had their coupons"
            f" after {_clock(passage.took_s)}, {rate:,.0f} a second.\n"
            f"The promise of {_clock(self.promise_s)} was {word}.\n"
            f"{passage.repeated:,} were sent again under their keys, and"
            f" {passage.statuses.get(REPLAYED, 0):,} answers said so; at most {self.most_open:,}"
            " were seen open.\n"
            f"A claim cost {whole.sum_us:.1f} us of CPU ({costs}).\n"
            f"Every law holds; proving that took {passage.verify_s:.1f} s."
        )


def run(claims: int, scale: float) -> Played:
    """Play the day with so many claims; raise BooksBroken if the books don't balance."""
    day = Day(claims=claims, scale=scale)
    remark(
        f"The day with {claims:,} claims, {scale:g} times as fast: they come within"
        f" {_clock(day.length_s)}, {day.peak:.1f} times the average at the peak."
    )
    trip = Trip(campaign="day", claims=claims, repeats=REPEATS)
    with on_signals(lambda: None), closing(Stage(POSTGRES)) as stage:
        about: dict[str, object] = {"machine": described(stage)}
        teller = Teller(day)
        return Played(day, travel(stage, trip, teller.pace, teller.tell), about)


@dataclass(frozen=True, slots=True)
class Teller:
    """Knows when claims come, and tells how far a day is."""

    day: Day

    def pace(self, standing: Standing) -> int:
        """Return how many claims have come by now."""
        return self.day.due(standing.elapsed_s)

    def tell(self, standing: Standing, before: Mark, after: Mark) -> None:
        """Print a line about the stretch that has just ended, and how long the rest may take."""
        one = stretch(before, after)
        left_s = left(self.day, standing, one.rate)
        remark(
            f"  {_clock(standing.elapsed_s)}  {one.issued:,} of {self.day.claims:,} issued,"
            f" {one.rate:,.0f} claims/s, {one.sum_us:.0f} us each, {one.open:,} open;"
            f" about {_clock(left_s)} left"
        )


def left(day: Day, standing: Standing, rate: float) -> float:
    """Return the seconds that a day may still take.

    What has not come yet has to come. Where issuing lags by more than it does in a second, what
    is not issued has to be issued at `rate`, too, and the longer of the two decides; where it
    keeps up, the rate is only that of those who came.
    """
    coming_s = max(0.0, day.length_s - standing.elapsed_s)
    lag = day.due(standing.elapsed_s) - standing.issued
    return max(coming_s, (day.claims - standing.issued) / rate) if lag > rate > 0 else coming_s


def _clock(seconds: float) -> str:
    """Return a span as people read it."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{seconds:.1f} s"
