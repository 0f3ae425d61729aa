"""The statistics of the bench."""

import pytest

from fulfiller.ops.bench.spread import Spread, percentile, percentiles, spread


def test_the_spread_is_median_and_extremes() -> None:
    """One slow run moves the extremes and hardly the median."""
    assert spread([300, 250, 310, 5, 305]) == Spread(300, 5, 310)


def test_an_even_number_of_runs_has_its_median_between_two() -> None:
    """Two runs are told as what lies between them."""
    assert spread([10, 20]) == Spread(15, 10, 20)


def test_nothing_has_no_spread() -> None:
    """A figure that no run gave is left out, not shown as zero."""
    assert spread([]) is None
    assert percentiles([]) == {}


@pytest.mark.parametrize(
    ("share", "value"), [(0, 1), (1, 1), (29, 29), (50, 50), (95, 95), (99, 99), (100, 100)]
)
def test_percentiles_are_nearest_ranks(share: int, value: int) -> None:
    """Of the values 1 to 100 each percentile is its own number."""
    assert percentile(range(1, 101), share) == value


def test_percentiles_never_fall_between_values() -> None:
    """A percentile is a latency that somebody had; p99 of few values is the worst of them."""
    assert percentiles([7.0, 1.0, 3.0]) == {"p50": 3.0, "p95": 7.0, "p99": 7.0}
