"""The shape of the event's day."""

from itertools import pairwise

import pytest

from fulfiller.ops.bench.day import left
from fulfiller.ops.bench.passage import Standing
from fulfiller.ops.bench.shape import Day

DAY = Day(claims=10_000_000, scale=45)
SMALL = Day(claims=50_000, scale=45)


@pytest.mark.parametrize("day", [DAY, SMALL, Day(claims=1_001, scale=3.7)])
def test_all_claims_of_a_day_come_and_none_goes_back(day: Day) -> None:
    """What is due only grows, from none at first to all of them at the end, and stays there."""
    steps = [day.due(day.length_s * part / 500) for part in range(501)]
    assert steps[0] == 0
    assert all(earlier <= later for earlier, later in pairwise(steps))
    assert steps[-1] == day.due(10 * day.length_s) == day.claims


def test_the_hours_are_those_of_the_event() -> None:
    """A million by the third hour, two by the fourth, five by the fifth, ten by the ninth."""
    hour_s = DAY.length_s / 9
    come = [DAY.due(hour * hour_s + 1e-6) for hour in (3, 4, 5, 9)]
    assert come == pytest.approx([1e6, 2e6, 5e6, 1e7], rel=1e-6)


def test_the_densest_hour_brings_2_7_times_the_average() -> None:
    """Three million in an hour, of ten in nine; measured on the curve itself, too."""
    assert DAY.peak == pytest.approx(2.7)
    hour_s = SMALL.length_s / 9
    densest = max(SMALL.due((n + 1) * hour_s) - SMALL.due(n * hour_s) for n in range(9))
    assert densest / (SMALL.claims / 9) == pytest.approx(2.7, rel=1e-3)


def test_a_smaller_day_is_shorter_and_just_as_dense() -> None:
    """Nine hours 45 times as fast are twelve minutes; a two-hundredth of them, 3.6 seconds."""
    assert DAY.length_s == pytest.approx(720)
    assert SMALL.length_s == pytest.approx(3.6)
    assert Day(claims=10_000_000, scale=1).length_s == pytest.approx(9 * 3_600)


def test_before_a_day_begins_nobody_has_come() -> None:
    """A clock that is asked at once, or a moment early, lets nobody through."""
    assert DAY.due(0.0) == DAY.due(-1.0) == 0


def _standing(elapsed_s: float, issued: int) -> Standing:
    return Standing(elapsed_s=elapsed_s, entered=issued, issued=issued)


def test_a_day_that_keeps_up_lasts_as_long_as_claims_come() -> None:
    """At a quarter of the day little has come, so a low rate says nothing about the end."""
    quiet = _standing(180.0, DAY.due(180.0))
    assert left(DAY, quiet, rate=4_000.0) == pytest.approx(540.0)


def test_a_day_that_lags_lasts_as_long_as_issuing_the_rest_takes() -> None:
    """Behind by two million at the end: so many at the rate of the last stretch."""
    assert left(DAY, _standing(720.0, 8_000_000), rate=10_000.0) == pytest.approx(200.0)
