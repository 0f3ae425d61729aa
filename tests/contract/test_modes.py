"""Modes move by compare-and-set, and one reading says all that governing takes."""

from dataclasses import replace

import pytest

from fulfiller.domain.breaker import Breaker, Forced, Mode, Pressure, Reading, Signal
from fulfiller.domain.claim import Stage
from fulfiller.domain.error import Deposed
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE, Gauge, ModeRow
from fulfiller.domain.pressure import Report
from fulfiller.domain.stripe import Count
from fulfiller.domain.tier import Tier
from fulfiller.service.issue import issue
from fulfiller.service.move import cancel, park
from fulfiller.service.port import Writes
from fulfiller.wiring import Truth
from tests.contract.crowd import together
from tests.contract.world import START, Open, found, press, taken_in

MOVED = Event(at=START, campaign="festival", kind=Kind.MODE_PAUSED, actor="test", detail="{}")
STATE = Breaker(
    mode=Mode.PAUSED,
    since=START,
    until=START + 20,
    hold_s=20.0,
    signals=(Signal.BACKLOG,),
    moves=(1, START),
    forced=Forced(reason="a 'check'", actor="operator:li", until=START + 5),
)
GAUGE = Gauge(
    at=START,
    reading=Reading(backlog=3, rate=1.5, oldest_s=0.25, pressure=Pressure.SLOW),
    threshold=10,
    resume_at=5,
    rate_low=1.0,
    rate_high=2.0,
)


def _paused(row: ModeRow) -> ModeRow:
    return replace(
        row,
        mode=Mode.PAUSED,
        held=True,
        since=START + 1,
        cause="backlog 12 > threshold 10",
        breaker=STATE,
        hold=Forced(reason="audit", actor="operator:wu"),
        switched_at=START + 2,
        generation=row.generation + 1,
    )


def test_a_mode_that_was_moved_is_read_as_it_was_written(truth: Truth) -> None:
    """All of it, beside what money says of the campaign, and with its event."""
    found(truth)
    old = truth.modes()["festival"]
    new = _paused(old)
    assert truth.move_mode(old, new, MOVED)
    assert truth.modes()["festival"] == new
    assert [entry.event for entry in truth.unsealed(after=(0, 0), limit=9)][-1] == MOVED


def test_whoever_read_an_older_mode_moves_nothing(truth: Truth) -> None:
    """Neither the mode nor the log."""
    found(truth)
    old = truth.modes()["festival"]
    assert truth.move_mode(old, _paused(old), MOVED)
    before = (truth.modes(), len(truth.unsealed(after=(0, 0), limit=99)))
    assert not truth.move_mode(old, replace(old, mode=Mode.RAMPING), MOVED)
    assert (truth.modes(), len(truth.unsealed(after=(0, 0), limit=99))) == before


def test_of_many_who_move_a_mode_one_does(truth: Truth, open_one: Open) -> None:
    """However many keepers and intakes see the same backlog, there is one pause."""
    found(truth)
    old = truth.modes()["festival"]
    moving = [lambda store: store.move_mode(old, _paused(old), MOVED)] * 8
    won = together(open_one, moving)
    assert sorted(won) == [False] * 7 + [True]
    events = [entry.event.kind for entry in truth.unsealed(after=(0, 0), limit=99)]
    assert events.count(Kind.MODE_PAUSED) == 1


def test_a_mode_is_not_moved_by_a_keeper_that_was_deposed(truth: Truth) -> None:
    """Its write carries the epoch of its lease."""
    found(truth)
    old = truth.modes()["festival"]
    assert truth.lease("keeper", "a", ttl_s=60) == 1
    with pytest.raises(Deposed):
        truth.move_mode(old, _paused(old), MOVED, fence=7)
    assert truth.modes()["festival"] == old
    assert truth.move_mode(old, _paused(old), MOVED, fence=1)


def test_a_gauge_is_shown_without_touching_the_mode(truth: Truth) -> None:
    """It may change each second, and nobody decides anew because of it."""
    found(truth)
    assert truth.lease("keeper", "a", ttl_s=60) == 1
    truth.show_gauges({"festival": GAUGE}, fence=1)
    row = truth.modes()["festival"]
    assert row == replace(ModeRow(scope="festival", since=START), gauge=GAUGE)
    assert truth.move_mode(row, _paused(row), MOVED)
    assert truth.modes()["festival"].gauge == GAUGE
    with pytest.raises(Deposed):
        truth.show_gauges({SERVICE: GAUGE}, fence=2)
    assert truth.modes()[SERVICE].gauge is None


def test_a_survey_counts_what_the_stripes_count(truth: Truth) -> None:
    """By tier and count, of every campaign, with the oldest claim that is ready."""
    found(truth)
    found(truth, id="other")
    ids = taken_in(truth, "li", "wu", "xu", tier=Tier.P1)
    taken_in(truth, "ma")
    issue(ids[:1], press(truth))
    assert cancel(ids[1], store=truth, now=START, account="shop", actor="test")
    survey = truth.survey()
    counts = {tally: number for tally, number in survey.sums["festival"].items() if number}
    assert counts == {
        (Tier.P1, Count.ENTERED): 3,
        (Tier.P1, Count.ISSUED): 1,
        (Tier.P1, Count.CANCELLED): 1,
        (Tier.P1, Count.ACCEPTED): 1,
        (Tier.P2, Count.ENTERED): 1,
        (Tier.P2, Count.ACCEPTED): 1,
    }
    assert not any(survey.sums["other"].values())
    assert survey.oldest == {"festival": START}
    assert set(survey.campaigns) == {"festival", "other"}
    assert survey.modes == truth.modes()


def test_the_oldest_is_the_one_that_is_ready_first_and_is_accepted(truth: Truth) -> None:
    """Not one that was parked, and one that is ready anew by when it became so."""
    found(truth)
    first, second = taken_in(truth, "li", "wu")
    assert park([first], "odd", store=truth, now=START, actor="test") == (first,)
    with truth.shift([second], Stage.ACCEPTED, Stage.ACCEPTED, ready_at=START + 7) as unit:
        unit.commit(Writes())
    assert truth.survey().oldest == {"festival": START + 7}


def test_reports_of_pressure_replace_each_other_and_run_out(truth: Truth) -> None:
    """One per partner; what has run out, and "all is well", is not in the survey."""
    found(truth)
    now = truth.now()
    report = Report(
        campaign="festival",
        limit_key="shop-7",
        pressure=Pressure.FULL,
        reason="no cups",
        account="shop",
        at=now,
        expires_at=now + 60_000_000,
    )
    told = replace(MOVED, kind=Kind.PRESSURE_REPORTED)
    truth.report(report, told)
    truth.report(replace(report, limit_key="shop-8", expires_at=now - 1), told)
    assert truth.survey().reports == (report,)
    slow = replace(report, pressure=Pressure.SLOW, reason="few cups")
    truth.report(slow, told)
    assert truth.survey().reports == (slow,)
    truth.report(replace(report, pressure=None), told)
    assert truth.survey().reports == ()
