"""A million claims are judged in less than a minute on one core, and fewer in proportion."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import process_time

import pytest

from fulfiller.chaos.checker import check
from tests.chaos.crowd import Crowd

MANY = 1_000_000
PER_CLAIM_S = 60 / MANY
FEW = 3
"""Times that a small crowd is judged: a second is short enough to be spoiled by a single stall."""


@pytest.mark.parametrize(
    "size",
    [
        20_000,
        pytest.param(MANY, marks=[pytest.mark.chaos, pytest.mark.timeout(600)]),
    ],
)
def test_a_crowd_is_judged_in_time(size: int) -> None:
    """Time is that of the processor, so that others at work here don't count.

    The judge has a process of its own: what thousands of tests have left behind in this one is
    looked through by its garbage collector again and again.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        took = list(pool.map(_judged, [size] * (FEW if size < MANY else 1)))
    assert min(took) < size * PER_CLAIM_S


def _judged(size: int) -> float:
    """Judge a crowd, and return the seconds of the processor that it took."""
    crowd = Crowd(size)
    began = process_time()
    report = check(crowd.history(), crowd.books)
    took = process_time() - began
    assert report.ok, str(report)
    assert report["S11"].over == size
    assert report["S12"].over == size - len(crowd.books.outcomes)
    return took
