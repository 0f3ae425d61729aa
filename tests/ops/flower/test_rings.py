"""Rings: what is remembered is bounded, whatever comes, and right at each resolution."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfiller.ops.flower.history.ring import KEPT_OF_ALL, Range, Ring, Rings
from fulfiller.ops.flower.history.sample import Levels, Sample, back_from
from fulfiller.ops.flower.history.spread import joined, quantile_s, spread

SECOND = 1_000_000
MINUTE = 60 * SECOND
NOON = 1_770_379_200 * SECOND


def sample(second: float, *, backlog: int = 0, entered: int = 0, waits: int = 0) -> Sample:
    """Return a campaign so many seconds after noon."""
    levels = Levels(
        backlog=(0, 0, backlog, 0),
        waitlisted=2 * backlog,
        parked=0,
        available=100,
        reserved=backlog,
        threshold=10,
        resume_at=5,
        oldest_s=float(backlog),
    )
    at = NOON + int(second * SECOND)
    return Sample(at, (entered, 0, 0, 0), levels, {waits: 1} if waits else {})


def test_each_range_has_its_own_resolution() -> None:
    """Ten hours by the second: each range keeps its own span at its own step and no more."""
    rings = Rings()
    for second in range(36_000):
        rings.put(sample(second, entered=second))
    sizes = {span: len(ring.samples()) for span, ring in rings.of.items()}
    assert sizes == {Range.MINUTES: 300, Range.HOUR: 360, Range.DAY: 540, Range.ALL: 600}
    firsts = {span: ring.samples()[0].at for span, ring in rings.of.items()}
    assert firsts[Range.MINUTES] == NOON + 35_700 * SECOND
    assert firsts[Range.ALL] < NOON + MINUTE
    assert all(ring.samples()[-1].totals[0] == 35_999 for ring in rings.of.values())


def test_a_coarse_step_keeps_the_worst_and_the_latest() -> None:
    """A peak is seen once its step is over; until then it shows what is now."""
    ring = Ring(10, 6)
    for second, backlog in enumerate((3, 9, 4)):
        ring.put(sample(second, backlog=backlog, entered=second, waits=7))
    (now,) = ring.samples()
    assert now.levels is not None
    assert (now.levels.backlog, now.waits) == ((0, 0, 4, 0), {7: 3})
    ring.put(sample(10))
    kept, _ = ring.samples()
    assert kept.levels is not None
    assert (kept.levels.backlog, kept.levels.waitlisted) == ((0, 0, 9, 0), 18)
    assert (kept.levels.oldest_s, kept.levels.reserved) == (9.0, 4)
    assert (kept.totals[0], kept.at, kept.waits) == (2, NOON + 2 * SECOND, {7: 3})


@given(st.lists(st.integers(0, 5_000), max_size=80), st.booleans())
def test_no_order_of_arrival_breaks_the_bound_or_the_order(
    seconds: list[int],
    widens: bool,  # noqa: FBT001 - hypothesis draws it
) -> None:
    """Late samples, early ones, several at once, and jumps of the clock."""
    ring = Ring(1, 10, widens=widens)
    for second in seconds:
        ring.put(sample(second))
        times = [each.at for each in ring.samples()]
        assert len(times) <= 10
        assert times == sorted(times)
    if seconds:
        assert ring.samples()[-1].at == NOON + max(seconds) * SECOND


def test_what_reaches_back_to_the_beginning_widens_its_step() -> None:
    """Nothing is let go: a week fits as well as a day, with the first minute still in it."""
    ring = Ring(60, KEPT_OF_ALL, widens=True)
    for minute in range(7 * 24 * 60):
        ring.put(sample(60 * minute, entered=minute, backlog=500 if minute == 3 else 0))
    assert len(ring.samples()) <= KEPT_OF_ALL
    assert ring.step == 16 * MINUTE
    assert max(sum(each.levels.backlog) for each in ring.samples() if each.levels) == 500
    assert ring.samples()[-1].totals[0] == 7 * 24 * 60 - 1


def test_a_wait_is_added_to_where_it_ended() -> None:
    """Or to the last sample before it; before all of them it is let go."""
    ring = Ring(1, 10)
    ring.put(sample(0))
    ring.put(sample(5))
    for second in (-1, 0, 3, 5):
        ring.add_waits(NOON + second * SECOND, {second + 10: 1})
    assert [each.waits for each in ring.samples()] == [{10: 1, 13: 1}, {15: 1}]


def test_the_newest_come_in_order() -> None:
    """Two are enough for the newest point of a chart, and one is all there may be."""
    ring = Ring(1, 10)
    assert ring.last(2) == []
    ring.put(sample(0))
    assert [each.at for each in ring.last(2)] == [NOON]
    ring.put(sample(1))
    ring.put(sample(2))
    assert [each.at - NOON for each in ring.last(2)] == [SECOND, 2 * SECOND]


def test_the_time_before_is_put_together_backwards() -> None:
    """Totals at the end of each minute, and a point at the end of each silence."""
    first = Sample(NOON + 5 * MINUTE, (100, 60, 2, 1))
    minute = NOON // MINUTE
    found = back_from(first, {minute: (10, 0, 0, 0), minute + 3: (20, 30, 1, 0)})
    assert [(round((each.at - NOON) / MINUTE, 3), each.totals) for each in found] == [
        (0, (70, 30, 1, 1)),
        (1, (80, 30, 1, 1)),
        (3, (80, 30, 1, 1)),
        (4, (100, 60, 2, 1)),
    ]
    assert all(each.levels is None for each in found)


def test_what_the_first_sample_is_part_of_is_not_put_behind_it() -> None:
    """The minute that had begun before Flower did ends before the first sample."""
    first = Sample(NOON + 30 * SECOND, (5, 0, 0, 0))
    found = back_from(first, {NOON // MINUTE: (9, 0, 0, 0)})
    assert [each.at for each in found] == [NOON - 1, NOON + 30 * SECOND - 1]
    assert [each.totals[0] for each in found] == [0, 5]


@given(st.lists(st.integers(1_000, 10_000_000_000), min_size=1, max_size=200))
def test_quantiles_are_right_within_five_percent(waits: list[int]) -> None:
    """However long people wait, from a millisecond to hours."""
    counts = joined(spread(waits[::2]), spread(waits[1::2]))
    for share in (0.5, 0.95, 0.99):
        exact = sorted(waits)[max(0, -(-int(share * 100) * len(waits) // 100) - 1)] / SECOND
        assert quantile_s(counts, share) == pytest.approx(exact, rel=0.05)


def test_nobody_waited() -> None:
    """There is no quantile of nothing, and none is below a millisecond."""
    assert quantile_s({}, 0.5) is None
    assert quantile_s(spread([0, -5]), 0.99) == pytest.approx(0.001, rel=0.05)
