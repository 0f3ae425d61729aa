"""Governing: breakers move on what the store says, each move with its verdict in the log."""

from dataclasses import replace
from itertools import pairwise

import pytest

from fulfiller.domain.breaker import SECOND, Forced, Mode, Pressure, Reading, Signal
from fulfiller.domain.claim import State
from fulfiller.domain.error import Deposed
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.pressure import Report
from fulfiller.domain.verdict import holds, read
from fulfiller.service.govern import Chair
from fulfiller.service.steer import hold, let_flow, let_go, pause, unhold
from tests.service.office import QUICK, Office
from tests.service.stall import accepted, wish


def test_a_calm_campaign_is_left_alone() -> None:
    """No move, no event, and a gauge that is written once."""
    office = Office(backlog_threshold=100)
    before = len(office.store.shelves.events)
    office.pass_s(30)
    assert office.now_in() is Mode.FLOWING
    assert len(office.store.shelves.events) == before
    gauge = office.row.gauge
    assert gauge is not None
    assert (gauge.threshold, gauge.resume_at) == (100, 50)


def test_the_whole_story_of_a_pause() -> None:
    """Over the threshold, paused; drained, ramping; ramped, flowing; and every verdict holds."""
    office = Office(backlog_threshold=100, resume_threshold=40)
    early = office.claims(100)
    (late,) = accepted(office.accept(wish("late")))
    assert (office.now_in(), late.state) == (Mode.PAUSED, State.WAITLISTED)
    office.pass_s(4, issuing=15)
    assert office.now_in() is Mode.PAUSED
    office.pass_s(1, issuing=15)
    assert office.now_in() is Mode.RAMPING
    office.pass_s(4, issuing=15)
    assert office.state(late.claim.id) is not State.WAITLISTED
    office.pass_s(7, issuing=15)
    assert office.now_in() is Mode.FLOWING
    assert all(office.state(claim_id) is State.ISSUED for claim_id in early)
    moves = [event.kind for event in office.verdicts]
    assert moves == [Kind.MODE_PAUSED, Kind.MODE_RAMPING, Kind.MODE_FLOWING]
    assert all(holds(read(event.detail), event.at) for event in office.verdicts)
    states = [read(event.detail) for event in office.verdicts]
    assert all(first.after == second.before for first, second in pairwise(states))
    office.audit()


def test_a_promise_that_can_not_be_kept_pauses() -> None:
    """100 claims at 1 a second break a promise of 60 s, whatever the threshold says."""
    office = Office(promise_s=60, breaker=replace(QUICK, oldest_s=1_000))
    office.claims(100)
    office.pass_s(6, issuing=1)
    assert office.now_in() is Mode.PAUSED
    assert office.row.state.signals == (Signal.BACKLOG, Signal.DRAIN)
    assert "time to drain" in (office.row.cause or "")


def test_a_dead_pool_pauses_within_a_quarter_of_a_minute() -> None:
    """Nothing is issued for long enough: no progress counts as 0, not as what it was."""
    office = Office(promise_s=600)
    office.claims(50)
    office.pass_s(5, issuing=2)
    assert office.now_in() is Mode.FLOWING
    office.pass_s(15)
    assert office.now_in() is Mode.PAUSED
    assert Signal.DRAIN in office.row.state.signals


def test_an_old_claim_pauses_however_many_others_are_issued() -> None:
    """One that is overlooked while others are issued is enough."""
    office = Office(promise_s=10_000, breaker=replace(QUICK, oldest_s=30))
    (old,) = office.claims(1)
    for _ in range(29):
        office.issue(*office.claims(1))
        office.pass_s(1)
    assert office.now_in() is Mode.FLOWING
    office.issue(*office.claims(1))
    office.pass_s(2)
    assert office.row.state.signals == (Signal.AGE,)
    assert office.state(old) is State.ACCEPTED


def test_a_hold_is_no_reason_to_pause_but_the_backlog_is() -> None:
    """While issuing is off on purpose neither age nor drain count; the threshold does."""
    office = Office(promise_s=20, backlog_threshold=10)
    office.claims(5)
    office.pass_s(3, issuing=1)
    assert hold("festival", office.act(), store=office.store).changed
    office.pass_s(100)
    assert (office.now_in(), office.held()) == (Mode.FLOWING, True)
    office.claims(9)
    assert office.now_in() is Mode.PAUSED


def test_the_end_of_a_hold_does_not_pause_at_once() -> None:
    """What waited through it is as old as the switch is, not as the claim."""
    office = Office(promise_s=60)
    office.claims(5)
    assert hold("festival", office.act(until=office.now + 300 * SECOND), store=office.store).changed
    office.pass_s(299)
    assert office.held()
    office.pass_s(2)
    assert (office.held(), office.now_in()) == (False, Mode.FLOWING)
    unheld = office.events(Kind.MODE_UNHELD)
    assert [event.actor for event in unheld] == ["keeper"]
    office.pass_s(5, issuing=1)
    assert office.now_in() is Mode.FLOWING


@pytest.mark.parametrize(
    ("reports", "mode"),
    [
        ([("", Pressure.FULL)], Mode.PAUSED),
        ([("shop-1", Pressure.FULL), ("shop-2", Pressure.FULL)], Mode.FLOWING),
        ([(f"shop-{n}", Pressure.FULL) for n in range(3)], Mode.PAUSED),
        ([("", Pressure.SLOW)], Mode.FLOWING),
    ],
)
def test_partners_that_are_full_pause_until_it_runs_out(
    reports: list[tuple[str, Pressure]], mode: Mode
) -> None:
    """The whole campaign, or three of its merchants; less than that halves what is allowed."""
    office = Office(backlog_threshold=100)
    for limit_key, pressure in reports:
        office.store.report(
            Report(
                campaign="festival",
                limit_key=limit_key,
                pressure=pressure,
                reason="no cups",
                account="shop",
                at=office.now,
                expires_at=office.now + 60 * SECOND,
            ),
            Event(at=office.now, campaign="festival", kind=Kind.PRESSURE_REPORTED),
        )
    office.pass_s(2)
    assert office.now_in() is mode
    office.claims(60)
    assert office.now_in() is Mode.PAUSED
    office.pass_s(60, issuing=5)
    assert office.now_in() is not Mode.PAUSED


def test_a_slow_store_pauses_the_service_and_with_it_every_campaign() -> None:
    """The one mode over all; campaigns themselves are not moved by it."""
    office = Office()
    office.chair.store_s = 1.2
    office.pass_s(1)
    assert office.store.modes()[SERVICE].mode is Mode.PAUSED
    assert office.now_in() is Mode.FLOWING
    (late,) = accepted(office.accept(wish("late")))
    assert late.state is State.WAITLISTED
    office.chair.store_s = 0.1
    office.pass_s(20)
    assert office.store.modes()[SERVICE].mode is Mode.RAMPING


def test_forced_modes_outlast_readings_and_end_in_time() -> None:
    """Paused by hand with nothing wrong; flowing by hand with all wrong."""
    office = Office(backlog_threshold=10)
    until = office.now + 30 * SECOND
    assert pause("festival", office.act(until=until), store=office.store).changed
    office.pass_s(29)
    assert office.row.state.forced == Forced(reason="a check", actor="operator:li", until=until)
    office.pass_s(2)
    assert office.now_in() is Mode.RAMPING
    act = office.act(until=office.now + 30 * SECOND)
    assert let_flow("festival", act, store=office.store).changed
    office.claims(50)
    office.pass_s(20)
    assert office.now_in() is Mode.FLOWING
    office.pass_s(20)
    assert office.now_in() is Mode.PAUSED


def test_letting_go_ramps_and_may_trip_again() -> None:
    """Whatever is still wrong pauses at the next look."""
    office = Office(backlog_threshold=10, resume_threshold=5)
    office.claims(11)
    office.pass_s(1)
    assert let_go("festival", office.act(), store=office.store).changed
    assert office.now_in() is Mode.RAMPING
    office.claims(1)
    office.pass_s(1)
    assert office.now_in() is Mode.RAMPING
    assert not let_go(SERVICE, office.act(), store=office.store).changed


def test_acts_are_in_the_log_with_reason_and_actor_and_repeats_are_not() -> None:
    """Who paused, held and let go, why, and until when."""
    office = Office()
    act = office.act(until=office.now + 60 * SECOND)
    for verb in (pause, hold):
        assert verb("festival", act, store=office.store).changed
        assert not verb("festival", act, store=office.store).changed
    assert unhold("festival", act, store=office.store).changed
    assert not unhold("festival", act, store=office.store).changed
    said = [(e.kind, e.actor, e.detail) for e in office.store.shelves.events[-3:]]
    until = "2026-02-06T01:01:00Z"
    assert said == [
        (Kind.MODE_PAUSED, "operator:li", f"a check until {until}"),
        (Kind.MODE_HELD, "operator:li", f"a check until {until}"),
        (Kind.MODE_UNHELD, "operator:li", f"a check until {until}"),
    ]
    assert pause("nowhere", act, store=office.store).row is None


def test_a_deposed_keeper_governs_nothing() -> None:
    """Its moves and gauges carry the epoch of its lease."""
    office = Office(backlog_threshold=10)
    office.fence += 1
    with pytest.raises(Deposed):
        office.pass_s(1)
    assert office.row.gauge is None


def test_a_new_leader_goes_on_with_what_the_last_one_knew() -> None:
    """The rate in the gauge stands until there is a better one."""
    office = Office(promise_s=60)
    office.claims(400)
    office.pass_s(6, issuing=10)
    office.chair = Chair()
    office.pass_s(1, issuing=10)
    gauge = office.row.gauge
    assert gauge is not None
    assert gauge.reading.rate == pytest.approx(10.0)


def test_a_campaign_with_a_rate_is_judged_by_it_before_anything_is_measured() -> None:
    """Cold start: 100 a second and a promise of 60 s allow 6,000."""
    office = Office(promise_s=60, issuing_rate="100/s")
    office.pass_s(1)
    gauge = office.row.gauge
    assert gauge is not None
    assert (gauge.threshold, gauge.reading) == (6_000, Reading(rate=100.0))


def test_only_what_changed_is_shown() -> None:
    """A campaign at rest costs no write a second."""
    office = Office()
    office.pass_s(3)
    shown = office.row.gauge
    office.pass_s(3)
    assert office.row.gauge is shown


def test_a_pool_that_came_back_is_not_taken_for_dead() -> None:
    """Progress ends a standstill: what comes next is no reason to pause again."""
    office = Office(promise_s=600)
    office.claims(5)
    office.pass_s(15)
    assert office.now_in() is Mode.PAUSED
    office.pass_s(20, issuing=500)
    assert office.now_in() is Mode.FLOWING
    for _ in range(30):
        office.claims(3)
        office.pass_s(1)
        office.pass_s(1, issuing=500)
    assert office.now_in() is Mode.FLOWING


def test_a_line_behind_a_dead_pool_is_served_as_fast_as_the_pool_can() -> None:
    """With no rate ever measured, admission must not be what keeps it unmeasured."""
    office = Office(promise_s=600)
    office.claims(5)
    office.pass_s(15)
    waiting = office.claims(900)
    office.pass_s(60, issuing=500)
    assert {office.state(claim_id) for claim_id in waiting} == {State.ISSUED}
    office.audit()


@pytest.mark.parametrize("rate", ["200/h", "2/h"])
def test_a_slow_rate_is_no_standstill(rate: str) -> None:
    """Eighteen seconds without a coupon are what 200 an hour look like."""
    office = Office(promise_s=10**7, issuing_rate=rate, breaker=replace(QUICK, oldest_s=10**7))
    office.claims(20)
    office.pass_s(120, issuing=20)
    assert office.now_in() is Mode.FLOWING
