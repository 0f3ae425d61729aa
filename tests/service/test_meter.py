"""The meter: what workers can do while they have work, and 0 when nothing moves."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfiller.service.meter import LATELY_S, SECOND, Meter


def run(meter: Meter, *seconds: tuple[int, int], at: int = 0, issued: int = 0) -> tuple[int, int]:
    """Read a meter once a second: issued in that second, and the backlog at its end."""
    for done, backlog in seconds:
        at, issued = at + SECOND, issued + done
        meter.read(at, issued, backlog)
    return at, issued


def test_nobody_knows_before_there_was_something_to_do() -> None:
    """However many came and were served at once: that says how many came."""
    meter = Meter()
    run(meter, *[(1_000, 0)] * 20)
    assert meter.rate is None
    assert meter.bounds() is None


def test_three_busy_seconds_are_a_rate() -> None:
    """Two could be the start of the workers."""
    meter = Meter()
    at, issued = run(meter, (0, 9_000), (100, 8_900), (100, 8_800))
    assert meter.rate is None
    run(meter, (100, 8_700), at=at, issued=issued)
    assert meter.rate == pytest.approx(100.0)


def test_a_dead_pool_has_no_rate_left() -> None:
    """The rate falls while nothing is issued, and after ten such seconds it is 0."""
    meter = Meter()
    at, issued = run(meter, *[(100, 5_000)] * 20)
    falling = []
    for _ in range(10):
        at, issued = run(meter, (0, 5_000), at=at, issued=issued)
        falling.append(meter.rate)
    assert all(a > b for a, b in pairwise(falling))  # type: ignore[operator]
    assert falling[-1] == 0.0


def test_a_start_is_not_a_standstill() -> None:
    """Claims on their way to the first worker: only a long silence means no progress."""
    meter = Meter()
    run(meter, *[(0, 50)] * 10)
    assert meter.rate is None
    run(meter, *[(0, 50)] * 2, at=10 * SECOND)
    assert meter.rate == 0.0


def test_a_quiet_time_changes_nothing() -> None:
    """What was measured while there was work stands until there is work again."""
    meter = Meter()
    at, issued = run(meter, *[(100, 5_000)] * 12)
    run(meter, *[(5, 0)] * 100, at=at, issued=issued)
    assert meter.rate == pytest.approx(100.0)


def test_a_spike_after_a_trickle_is_not_taken_for_a_slow_pool() -> None:
    """At 50 a second with two in flight nothing waits: those seconds are not busy."""
    meter = Meter()
    run(meter, *[(50, 2)] * 30, (50, 60_000))
    assert meter.rate is None


def test_what_was_stopped_on_purpose_is_no_standstill() -> None:
    """No interval spans a hold."""
    meter = Meter()
    at, issued = run(meter, *[(100, 5_000)] * 12)
    meter.forget_last()
    meter.read(at + 600 * SECOND, issued, 5_000)
    assert meter.rate == pytest.approx(100.0)


@given(st.lists(st.integers(10, 1_000), min_size=20, max_size=200))
def test_bounds_span_the_rate_of_late(rates: list[int]) -> None:
    """From the 10th to the 90th percentile, in order, among what was seen."""
    meter = Meter()
    run(meter, *[(rate, 5_000) for rate in rates])
    bounds = meter.bounds()
    assert bounds is not None
    low, high = bounds
    assert min(rates) <= low <= high <= max(rates)
    lately = rates[-int(LATELY_S) :]
    assert meter.rate == pytest.approx(sum(lately) / len(lately))


def test_whoever_empties_the_line_faster_was_not_that_slow() -> None:
    """A crawl through an outage is no measure of a pool that serves three a second since.

    Found by seed 517 of the simulator: a promise of seconds was broken by a single claim for
    ever, because few were admitted, so that nothing waited long enough to be measured anew.
    """
    meter = Meter()
    at, issued = run(meter, (0, 3), *[(0, 3)] * 6, (1, 2), (0, 2), (1, 1))
    assert meter.rate == pytest.approx(2 / 9)
    at, issued = run(meter, (3, 0), at=at, issued=issued)
    assert meter.rate is None
    assert meter.floor == pytest.approx(3.0)
    run(meter, (1, 4), (1, 4), at=at, issued=issued)
    assert meter.floor == 0.0


def test_a_trickle_says_nothing_against_a_faster_measure() -> None:
    """What came was served; that more could be is what was measured before."""
    meter = Meter()
    at, issued = run(meter, *[(100, 5_000)] * 12)
    run(meter, (50, 0), (5, 0), at=at, issued=issued)
    assert meter.rate == pytest.approx(100.0)
