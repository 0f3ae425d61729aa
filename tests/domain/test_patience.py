"""Patience: what people are asked to do follows from their situation; nonsense is refused."""

from dataclasses import replace
from math import inf, nan

import pytest

from fulfiller.domain.error import InvalidPatience
from fulfiller.domain.estimate import Basis, Wait
from fulfiller.domain.patience import PLACELESS, Patience, Situation, WhatToDo

WAITLISTED = Patience(situation=Situation.WAITLISTED, zone="Asia/Shanghai")
WAIT = Wait(low_s=60, high_s=120, basis=Basis.MEASURED)


@pytest.mark.parametrize(
    ("situation", "what"),
    [
        (Situation.WAITLISTED, WhatToDo.NOTHING),
        (Situation.QUEUED, WhatToDo.NOTHING),
        (Situation.FULL, WhatToDo.COME_BACK),
        (Situation.AWAY, WhatToDo.COME_BACK),
        (Situation.PAUSED, WhatToDo.NOTHING),
        (Situation.RAMPING, WhatToDo.NOTHING),
    ],
)
def test_people_come_back_only_if_nothing_is_known_to_be_kept(
    situation: Situation, what: WhatToDo
) -> None:
    """A moment to look again asks nothing of those whose place is kept."""
    patience = replace(WAITLISTED, situation=situation)
    assert patience.what_to_do is what
    assert replace(patience, come_back_at=1).what_to_do is what


@pytest.mark.parametrize("situation", sorted(PLACELESS))
def test_nobody_is_ahead_where_there_is_no_place(situation: Situation) -> None:
    """A public notice knows no place, and who was turned away has none."""
    with pytest.raises(InvalidPatience, match=f"ahead: nobody has a place while {situation}"):
        Patience(situation=situation, zone="UTC", ahead=3)


def test_fewer_than_nobody_can_be_ahead_of_no_one() -> None:
    """Nobody ahead means that somebody is next, and less than that is a mistake."""
    assert replace(WAITLISTED, ahead=0).ahead == 0
    with pytest.raises(InvalidPatience, match="-1 people can't be ahead"):
        replace(WAITLISTED, ahead=-1)


@pytest.mark.parametrize("seconds", [-1.0, inf, nan])
@pytest.mark.parametrize("end", ["low_s", "high_s"])
def test_a_wait_is_a_number_of_seconds(end: str, seconds: float) -> None:
    """A division by nothing must not become a message."""
    wait = replace(WAIT, **{end: seconds})  # type: ignore[arg-type]
    with pytest.raises(InvalidPatience, match=rf"wait\.{end}: {seconds}"):
        replace(WAITLISTED, wait=wait)
