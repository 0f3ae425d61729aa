"""Judging beyond the invariants: what hangs is found, what stood still for a moment is not."""

import pytest

from fulfiller.chaos.experiment.caller import Caller
from fulfiller.chaos.experiment.judging import speed_of, unmet
from fulfiller.chaos.experiment.site import Door
from fulfiller.chaos.outcome import Count
from fulfiller.chaos.scenario import Asked, Load

DOOR = Door(url="http://127.0.0.1:1", key="", account="", campaign="")
KEPT = Count(
    asked=9, promised=9, refused=0, unanswered=0, issued=9, declined=0, parked=0, cancelled=0
)


def _answered(slow: range, took_s: float) -> Caller:
    """Return a caller of ten seconds with a hundred answers each, some of these seconds slow."""
    caller = Caller(DOOR, Load())
    caller.answers = [
        (number / 100, took_s if number // 100 in slow else 0.01) for number in range(1_000)
    ]
    return caller


@pytest.mark.parametrize(("slow", "found"), [(range(3, 4), False), (range(3, 6), True)])
def test_a_door_that_hangs_is_found_and_one_stall_is_not(slow: range, *, found: bool) -> None:
    """One second of a run may be bad; three may not."""
    speed = speed_of([_answered(slow, 0.5)])
    assert (speed.p99_ms, speed.worst_s) == (500, 0.5)
    assert bool(unmet(Asked(p99_ms=100), KEPT, speed, 1.0)) is found


def test_what_was_asked_and_did_not_come_is_told() -> None:
    """Each in a line."""
    speed = speed_of([])
    assert unmet(Asked(), KEPT, speed, 1.0) == []
    assert "never" in unmet(Asked(), KEPT, speed, None)[0]
    assert "after 70 s" in unmet(Asked(settle_s=60), KEPT, speed, 70.0)[0]
    assert unmet(Asked(parked=1), KEPT, speed, 1.0) == ["0 claims are parked, not 1"]
