"""The statistics of the bench."""

from fulfiller.ops.bench.spread import Spread, spread


def test_the_spread_is_median_and_extremes() -> None:
    """One slow run moves the extremes and hardly the median."""
    assert spread([300, 250, 310, 5, 305]) == Spread(300, 5, 310)


def test_an_even_number_of_runs_has_its_median_between_two() -> None:
    """Two runs are told as what lies between them."""
    assert spread([10, 20]) == Spread(15, 10, 20)


def test_nothing_has_no_spread() -> None:
    """A figure that no run gave is left out, not shown as zero."""
    assert spread([]) is None
