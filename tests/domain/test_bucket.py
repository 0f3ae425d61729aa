"""Buckets: what the formula promises holds for every way of asking, at one door and at several."""

from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfiller.domain.bucket import SECOND, Bucket
from fulfiller.domain.pace import Rate

BUCKETS = st.builds(
    Bucket.of,
    st.sampled_from(["5/s", "7/s", "3000/s", "90/m", "200/h", "1/h"]).map(Rate.parse),
    st.integers(1, 40),
)
GAPS = st.lists(st.one_of(st.just(0), st.integers(0, 10), st.integers(0, 3_000)), max_size=120)
"""Times between two askings, in thousandths of what fills one place."""


def _times(bucket: Bucket, gaps: list[int]) -> list[int]:
    """Return the instants of asking."""
    now, times = 10**15, []
    for gap in gaps:
        now += gap * bucket.each // 1_000
        times.append(now)
    return times


def _let_in(bucket: Bucket, times: list[int]) -> list[int]:
    """Return the instants at which somebody was let in."""
    tat, entered = 0, []
    for now in times:
        later = bucket.taken(tat, now)
        if later is not None:
            tat = later
            entered.append(now)
    return entered


def _check_windows(bucket: Bucket, entered: list[int], more: float = 0) -> None:
    """Check that no window holds more than the rate gives in it, the burst, and so many more."""
    for first, began in enumerate(entered):
        for last in range(first, len(entered)):
            gives = (entered[last] - began) / bucket.each
            assert last - first + 1 <= bucket.burst + more + gives


@given(BUCKETS, GAPS)
def test_no_window_holds_more_than_rate_and_burst(bucket: Bucket, gaps: list[int]) -> None:
    """Over every window of w at most rate * w + burst are let in."""
    _check_windows(bucket, _let_in(bucket, _times(bucket, gaps)))


@given(BUCKETS, GAPS)
def test_nobody_is_refused_without_need(bucket: Bucket, gaps: list[int]) -> None:
    """Whoever is refused would have been one too many for some window that ends there."""
    times = _times(bucket, gaps)
    entered = _let_in(bucket, times)
    for now in set(times) - set(entered):
        before = entered[: bisect_right(entered, now)]
        assert any(
            len(before) - first + 1 > bucket.burst + (now - began) / bucket.each
            for first, began in enumerate(before)
        )


@given(BUCKETS, GAPS)
def test_it_says_what_it_will_do(bucket: Bucket, gaps: list[int]) -> None:
    """So many are let in as are left, and one more as soon as was said, and not a moment before."""
    tat, now = 0, 0
    for now in _times(bucket, gaps):
        tat = bucket.taken(tat, now) or tat
    (left, next_in), tried = bucket.standing(tat, now), tat
    for _ in range(left):
        tried = bucket.taken(tried, now) or pytest.fail("fewer were left than said")
    assert bucket.taken(tried, now) is None
    assert (next_in == 0) == (left == bucket.burst)
    if next_in:
        assert bucket.standing(tat, now + next_in)[0] == left + 1
        assert bucket.standing(tat, now + next_in - 1)[0] == left


@given(BUCKETS, st.integers(1, 4), st.integers(1, 40), st.data())
def test_several_doors_keep_the_limit_but_for_their_bursts(
    bucket: Bucket, doors: int, every: int, data: st.DataObject
) -> None:
    """Doors that tell each other now and then let in a burst each too many at most."""
    asking = data.draw(st.lists(st.integers(0, doors - 1), min_size=60, max_size=150))
    tats, unsaid, entered = [0] * doors, list[tuple[int, int]](), []
    for step, door in enumerate(asking):
        now = 10**15 + step * bucket.each // 10
        later = bucket.taken(tats[door], now)
        if later is not None:
            tats[door] = later
            entered.append(now)
            unsaid.append((door, now))
        if step % every == 0:
            for told_by, at in unsaid:
                for hears in set(range(doors)) - {told_by}:
                    tats[hears] = bucket.charged(tats[hears], at)
            unsaid.clear()
    # Each other door's burst, and what it lets in between two tellings.
    _check_windows(bucket, entered, (doors - 1) * (bucket.burst + every / 10))


def test_what_others_let_in_counts_as_if_it_had_been_here() -> None:
    """As of when it was, on top of what is known; and it never locks anybody out for long."""
    bucket = Bucket.of(Rate.parse("5/s"), 20)
    now = 100 * SECOND
    assert bucket.charged(0, now - SECOND) == now - 4 * SECOND // 5
    assert bucket.standing(bucket.charged(now + 5 * bucket.each, now), now)[0] == 14
    tat = 0
    for _ in range(1_000):
        tat = bucket.charged(tat, now)
    assert tat == now + 16 * bucket.span
    assert bucket.charged(tat, now - SECOND) == tat
    left, next_in = bucket.standing(tat, now)
    assert (left, bucket.standing(tat, now + next_in)[0]) == (0, 1)
    assert bucket.taken(tat, now + next_in - 1) is None


def test_the_usual_limit_in_plain_numbers() -> None:
    """At 5 a second with a burst of 20: twenty at once, then one each fifth of a second."""
    bucket = Bucket.of(Rate.parse("5/s"), 20)
    assert bucket.span == 4 * SECOND
    assert len(_let_in(bucket, [SECOND] * 100)) == 20
    tenths = [SECOND + tenth * SECOND // 10 for tenth in range(101)]
    assert len(_let_in(bucket, tenths)) == 20 + 50
