"""Durations counted in bounded memory."""

import pytest

from fulfiller.ops.bench.histogram import Histogram


def counted(*seconds: float) -> Histogram:
    """Return a histogram of these durations."""
    found = Histogram()
    for each in seconds:
        found.add(each)
    return found


def test_short_durations_are_told_to_the_microsecond() -> None:
    """What fits into the bits that are kept is exact."""
    found = counted(*(us / 1e6 for us in range(1, 101)))
    assert found.percentiles_ms() == {"p50": 0.05, "p95": 0.095, "p99": 0.099}


@pytest.mark.parametrize("ms", [0.3, 4.7, 33.3, 999.9, 61_234.5])
def test_long_ones_are_told_as_no_shorter_and_hardly_longer(ms: float) -> None:
    """A figure that flatters nobody, and is wrong by less than a hundredth."""
    (told, *_) = counted(ms / 1_000).percentiles_ms().values()
    assert ms <= told <= ms * 1.008


def test_percentiles_are_nearest_ranks() -> None:
    """Of three durations the worst is the 95th percentile, and the middle one the median."""
    found = counted(0.000_007, 0.000_001, 0.000_003)
    assert found.percentiles_ms() == {"p50": 0.003, "p95": 0.007, "p99": 0.007}


def test_what_was_seen_often_counts_as_often() -> None:
    """Ninety-four of a hundred took a millisecond, and the 95th percentile did not."""
    found = Histogram()
    found.add(0.001, 94)
    found.add(0.002, 6)
    assert len(found) == 100
    assert found.percentiles_ms()["p50"] == pytest.approx(1, rel=0.01)
    assert found.percentiles_ms()["p95"] == pytest.approx(2, rel=0.01)


def test_nothing_counted_has_no_percentile() -> None:
    """A run without answers has no latency, rather than one of zero."""
    assert Histogram().percentiles_ms() == {}


def test_memory_does_not_grow_with_what_is_counted() -> None:
    """A hundred thousand different durations within a minute share some two thousand counters."""
    found = counted(*(number * 0.000_6 for number in range(100_000)))
    assert len(found) == 100_000
    assert found.counters < 128 * 26
