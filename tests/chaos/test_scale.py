"""A million claims are judged in less than a minute on one core, and fewer in proportion."""

from time import process_time

import pytest

from fulfiller.chaos.checker import check
from tests.chaos.crowd import Crowd

PER_CLAIM_S = 60 / 1_000_000


@pytest.mark.parametrize(
    "size",
    [
        20_000,
        pytest.param(1_000_000, marks=[pytest.mark.chaos, pytest.mark.timeout(600)]),
    ],
)
def test_a_crowd_is_judged_in_time(size: int) -> None:
    """Time is that of the processor, so that others at work here don't count."""
    crowd = Crowd(size)
    began = process_time()
    report = check(crowd.history(), crowd.books)
    took = process_time() - began
    assert report.ok, str(report)
    assert report["S11"].over == size
    assert report["S12"].over == size - len(crowd.books.outcomes)
    assert took < size * PER_CLAIM_S
