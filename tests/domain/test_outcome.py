"""Outcomes: two runs of issuing read as one."""

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.outcome import Issued


def test_two_runs_are_one() -> None:
    """What each run issued, left and parked stands side by side, in order."""
    a, b, c, d = map(ClaimId, "abcd")
    first = Issued(issued=(a,), left=(b,))
    second = Issued(issued=(c,), parked=(d,))
    assert first.plus(second) == Issued(issued=(a, c), left=(b,), parked=(d,))
    assert Issued().plus(first) == first
