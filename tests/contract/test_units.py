"""Units: whoever moves the open row decides, others wait and see what was left."""

import pytest

from fulfiller.domain.claim import Stage, State
from fulfiller.domain.error import Raced
from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import Lane
from fulfiller.service.port import Writes
from fulfiller.wiring import Truth
from tests.contract.moves import ACCEPTED, MOVES, committed, park, rows
from tests.contract.switches import BOTH, switch
from tests.contract.world import (
    START,
    claim,
    coupon,
    event,
    everything,
    found,
    opened,
    taken_in,
    writes,
)


def test_take_returns_whole_open_rows(truth: Truth) -> None:
    """What issuing needs to know of a claim stands in its open row."""
    found(truth)
    mine = claim("li", limit_key="store-7")
    row = opened(mine, stripe=3, offered_at=START + 1)
    truth.write(writes(mine, opened=(row,)))
    with truth.take([mine.id], ACCEPTED) as unit:
        assert list(unit.rows) == [row]


@pytest.mark.parametrize("move", MOVES)
def test_a_unit_that_is_not_committed_never_was(truth: Truth, move: str) -> None:
    """Leaving without a commit puts everything back."""
    found(truth)
    mine = taken_in(truth, "a", "b")
    before = everything(truth)
    assert sorted(rows(truth, mine, MOVES[move])) == mine
    assert everything(truth) == before
    assert sorted(rows(truth, mine)) == mine


@pytest.mark.parametrize("move", MOVES)
def test_a_unit_that_fails_never_was(truth: Truth, move: str) -> None:
    """An error on the way out leaves nothing behind, and the store works on."""
    found(truth)
    mine = taken_in(truth, "a")
    before = everything(truth)

    def fail() -> None:
        with MOVES[move](truth, mine):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert everything(truth) == before


def test_a_committed_take_is_final(truth: Truth) -> None:
    """A second taker finds nothing."""
    found(truth)
    mine = taken_in(truth, "a", "b")
    assert committed(truth, mine[:1]) == mine[:1]
    assert rows(truth, mine) == mine[1:]


def test_a_commit_that_loses_a_race_takes_nothing(truth: Truth) -> None:
    """A unit's rows come back when its writes collide."""
    found(truth)
    first, second = taken_in(truth, "a", "b")
    taken = coupon(claim("x"))
    truth.write(Writes(coupons=(taken,)))

    def collide() -> None:
        with truth.take([first], ACCEPTED) as unit:
            unit.commit(Writes(coupons=(coupon(claim("y"), lookup=taken.lookup),)))

    with pytest.raises(Raced) as lost:
        collide()
    assert lost.value.over == "coupon_lookup"
    assert sorted(rows(truth, [first, second])) == [first, second]


def test_take_is_of_the_stages_asked_for(truth: Truth) -> None:
    """A parked claim is no accepted one."""
    found(truth)
    stages = {}
    for stage in Stage:
        mine = claim(stage.value)
        truth.write(writes(mine, opened=(opened(mine, stage=stage),)))
        stages[stage] = mine.id
    ids = list(stages.values())
    for stage in Stage:
        with truth.take(ids, (stage,)) as unit:
            assert [row.id for row in unit.rows] == [stages[stage]]
    with truth.take(ids, tuple(Stage)) as unit:
        assert sorted(row.id for row in unit.rows) == sorted(ids)


def test_unknown_and_repeated_ids_do_no_harm(truth: Truth) -> None:
    """An id that is nobody's or comes twice is taken once or not at all."""
    found(truth)
    (mine,) = taken_in(truth, "a")
    assert rows(truth, [mine, claim("nobody").id, mine]) == [mine]
    assert rows(truth, []) == []


@pytest.mark.parametrize("scope", BOTH)
def test_claims_of_a_held_campaign_stay_where_they_are(truth: Truth, scope: str) -> None:
    """Issuing asks for claims that are not held; a cancel does not care."""
    found(truth)
    found(truth, id="other")
    mine, other = taken_in(truth, "a") + taken_in(truth, "b", campaign="other")
    switch(truth, scope, held=True)
    with truth.take([mine, other], ACCEPTED, unheld=True) as unit:
        expected = [other] if scope == "festival" else []
        assert [row.id for row in unit.rows] == expected
    with truth.take([mine, other], ACCEPTED) as unit:
        assert len(unit.rows) == 2


def test_shift_moves_the_stage_and_nothing_else(truth: Truth) -> None:
    """Rows come back as they are now; age, offers and attempts are kept."""
    found(truth)
    mine = claim("a")
    row = opened(mine, offered_at=START + 5)
    truth.write(writes(mine, opened=(row,)))
    truth.attempt([mine.id])
    with truth.shift([mine.id], Stage.ACCEPTED, Stage.PARKED) as unit:
        (now,) = unit.rows
        unit.commit(Writes(events=(event(mine.id),)))
    assert (now.stage, now.ready_at, now.offered_at) == (Stage.PARKED, START, START + 5)
    assert now.attempts == 1
    assert truth.view([mine.id])[mine.id].state is State.PARKED
    assert rows(truth, [mine.id], park) == []


def test_shift_can_make_ready_anew(truth: Truth) -> None:
    """With an instant, a claim's age, offers and attempts start over."""
    found(truth)
    mine = claim("a")
    truth.write(writes(mine, opened=(opened(mine, offered_at=START + 5),)))
    truth.attempt([mine.id])
    with truth.shift([mine.id], Stage.ACCEPTED, Stage.PARKED) as unit:
        unit.commit(Writes(events=(event(mine.id),)))
    with truth.shift([mine.id], Stage.PARKED, Stage.ACCEPTED, ready_at=START + 9) as unit:
        (now,) = unit.rows
        unit.commit(Writes(events=(event(mine.id),)))
    assert (now.ready_at, now.offered_at, now.attempts) == (START + 9, None, 0)
    lane = Lane("festival", Tier.P2)
    (ready,) = truth.ready(lane, after=(START, mine.id), limit=9)
    assert (ready.ready_at, ready.offered_at, ready.attempts) == (START + 9, None, 0)


def test_attempts_are_counted_for_accepted_claims_only(truth: Truth) -> None:
    """Each call counts one more; parked and unknown claims are left out."""
    found(truth)
    first, second, parked = taken_in(truth, "a", "b", "c")
    committed(truth, [parked], park)
    assert truth.attempt([first]) == {first: 1}
    assert truth.attempt([first, second, parked, claim("x").id]) == {first: 2, second: 1}
    assert truth.attempt([]) == {}


def test_attempts_outlive_a_unit_that_rolls_back(truth: Truth) -> None:
    """What was counted before a failed transaction stays counted."""
    found(truth)
    (mine,) = taken_in(truth, "a")
    truth.attempt([mine])
    rows(truth, [mine])
    assert truth.attempt([mine]) == {mine: 2}
