"""The shape of the day: its milestones, its peaks, and its compression."""

import pytest

from fulfiller.ops.demo.arrival import HOURS, REQUESTS, arrivals, arrived, per_column, rate

MEAN = 1 / HOURS


@pytest.mark.parametrize(("hour", "millions"), [(3, 1.05), (4, 2.0), (5, 5.0), (9, 10.0)], ids=str)
def test_the_reported_points_are_met(hour: float, millions: float) -> None:
    """More than a million in under three hours, two at four, five at five, ten at nine."""
    assert arrived(hour) * REQUESTS / 1e6 == pytest.approx(millions, rel=0.001)


def test_the_peak_is_three_to_ten_times_the_mean() -> None:
    """The flood of the fifth hour peaks as such events do."""
    peak = max(rate(step / 1000) for step in range(1000, 9000))
    assert 3 <= peak / MEAN <= 10
    assert rate(4.5) == pytest.approx(peak)


def test_the_first_peak_comes_with_the_opening() -> None:
    """Within the first half minute the rate is at least three times the mean."""
    first = 0.5 / 60
    assert min(rate(0), rate(first)) / MEAN > 2.8
    assert rate(0) == max(rate(step / 100) for step in range(300))


def test_nothing_arrives_outside_the_day() -> None:
    """Before the doors open and after the end there is nobody."""
    assert rate(-1) == rate(HOURS + 1) == arrived(-1) == 0
    assert arrived(HOURS + 1) == arrived(HOURS)


def test_compressed_arrivals_keep_the_shape() -> None:
    """Every request has its moment, in order, and a tenth has come after a third of the time."""
    due = arrivals(10_000, 36.0)
    assert len(due) == 10_000
    assert due == sorted(due)
    assert 0 <= due[0] < due[-1] <= 36.0
    assert sum(moment < 12.0 for moment in due) == pytest.approx(1_050, abs=2)
    assert sum(16.0 <= moment < 20.0 for moment in due) == pytest.approx(3_000, abs=2)


def test_columns_sum_to_the_total() -> None:
    """Cut into columns for a picture, no request is lost."""
    columns = per_column(5_000, 60)
    assert len(columns) == 60
    assert sum(columns) == pytest.approx(5_000)
