"""The waitlist: kept places, first come first, counted in blocks, and never beyond the rule."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fulfiller.domain.breaker import Mode, Reading
from fulfiller.domain.claim import ClaimId, Stage, State
from fulfiller.domain.error import Deposed
from fulfiller.domain.mode import Gauge
from fulfiller.domain.outcome import Accepted, Refused, Why
from fulfiller.domain.stripe import Count, Purse, counted, total
from fulfiller.domain.tier import Tier
from fulfiller.service.admit import Usher, admit
from fulfiller.service.dispatch import Lane
from fulfiller.service.issue import issue
from fulfiller.service.line import Clerk, count_places
from fulfiller.service.move import cancel
from fulfiller.service.serving import FRONT
from fulfiller.service.steer import Act, let_flow, let_go, pause
from fulfiller.service.waitlist import Block
from fulfiller.wiring import Truth
from tests.contract.crowd import together
from tests.contract.world import (
    START,
    VALUE,
    Open,
    ask,
    found,
    press,
    request,
    sums,
    taken_in,
)

Flaws = Callable[[], list[str]]
ACT = Act(reason="a check", actor="operator:li", now=START)
LANE = Lane("festival", Tier.P2)


def led(store: Truth) -> int:
    """Return the epoch of a lease that lasts."""
    epoch = store.lease("keeper", "test", ttl_s=600)
    assert epoch is not None
    return epoch


def paused(store: Truth, **changes: object) -> None:
    """Open the festival and pause it."""
    found(store, **changes)
    assert pause("festival", ACT, store=store).changed


def free(store: Truth, *, resume_at: int) -> None:
    """Let the festival flow, with room for so many below the resume mark."""
    assert let_flow("festival", ACT, store=store).changed
    gauge = Gauge(at=START, reading=Reading(), threshold=2 * resume_at, resume_at=resume_at)
    store.show_gauges({"festival": gauge}, fence=led(store))


def test_while_paused_a_claim_keeps_its_place_and_its_money(truth: Truth, flaws: Flaws) -> None:
    """It is waitlisted, the money reserved, and whoever asks again gets the same claim."""
    paused(truth)
    first, second = ask(truth, request("li"), request("wu"))
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (first.state, first.ahead, second.ahead) == (State.WAITLISTED, 0, 1)
    assert not first.offered
    assert truth.view([first.claim.id])[first.claim.id].state is State.WAITLISTED
    (again,) = ask(truth, request("li"))
    assert again == type(again)(first.claim.id)  # type: ignore[call-arg, arg-type]
    stripes = truth.stripes("festival")
    assert total(stripes, Purse.RESERVED) == 2 * VALUE
    assert counted(stripes, Count.WAITLISTED) == 2
    assert flaws() == []


def test_what_waits_is_neither_released_nor_issued(truth: Truth, flaws: Flaws) -> None:
    """Only admission makes work of it."""
    paused(truth)
    ids = taken_in(truth, "li", "wu")
    assert truth.lanes() == []
    assert issue(ids, press(truth)).issued == ()
    assert admit(Usher(), store=truth, fence=led(truth)) == 0
    assert flaws() == []


def test_past_the_cap_no_place_is_kept_and_nothing_stored(truth: Truth, flaws: Flaws) -> None:
    """Within one group as well, and a cancel makes room again."""
    paused(truth, waitlist_cap=3)
    answers = ask(truth, *(request(f"u{n}") for n in range(5)))
    assert [isinstance(answer, Accepted) for answer in answers] == [True] * 3 + [False] * 2
    assert answers[3:] == (Refused(Why.WAITLIST_FULL),) * 2
    assert ask(truth, request("late")) == (Refused(Why.WAITLIST_FULL),)
    first = answers[0]
    assert isinstance(first, Accepted)
    assert cancel(first.claim.id, store=truth, now=START, account="shop", actor="test")
    (last,) = ask(truth, request("late"))
    assert isinstance(last, Accepted)
    assert flaws() == []


def test_sold_out_is_told_at_once_even_while_paused(truth: Truth, flaws: Flaws) -> None:
    """Whoever waits has money reserved, so nobody waits for nothing."""
    paused(truth, budget=2 * VALUE)
    answers = ask(truth, *(request(f"u{n}") for n in range(3)))
    assert answers[2] == Refused(Why.SOLD_OUT)
    assert counted(truth.stripes("festival"), Count.WAITLISTED) == 2
    assert flaws() == []


def test_flowing_the_line_is_admitted_first_come_first_up_to_the_mark(
    truth: Truth, flaws: Flaws
) -> None:
    """The oldest of each tier, evenly, and never beyond the resume mark."""
    paused(truth)
    low = [taken_in(truth, f"low{n}", tier=Tier.P3)[0] for n in range(6)]
    high = [taken_in(truth, f"high{n}", tier=Tier.P0)[0] for n in range(2)]
    free(truth, resume_at=5)
    usher, fence = Usher(), led(truth)
    assert admit(usher, store=truth, fence=fence) == 5
    views = truth.view([*low, *high])
    accepted = {i for i, view in views.items() if view.state is State.ACCEPTED}
    assert accepted == {*low[:3], *high}
    assert admit(usher, store=truth, fence=fence) == 0
    issue([low[0], low[1]], press(truth))
    assert admit(usher, store=truth, fence=fence) == 2
    assert truth.view(low[3:5])[low[4]].state is State.ACCEPTED
    assert flaws() == []


def test_an_admitted_claim_is_ready_from_then_on(truth: Truth) -> None:
    """Its age counts anew, or the breaker would trip again for the time of the pause."""
    paused(truth)
    (claim_id,) = taken_in(truth, "li")
    free(truth, resume_at=5)
    admit(Usher(), store=truth, fence=led(truth))
    (row,) = truth.ready(LANE, after=FRONT, limit=9)
    assert (row.id, row.offered_at, row.attempts) == (claim_id, None, 0)
    assert row.ready_at >= truth.survey().now - 5_000_000


def test_newcomers_queue_behind_whoever_waits(truth: Truth) -> None:
    """Flowing or not; in a tier where nobody waits they go straight in."""
    paused(truth)
    taken_in(truth, "li")
    free(truth, resume_at=5)
    (behind,) = ask(truth, request("wu"))
    (other,) = ask(truth, request("xu", tier=Tier.P0))
    assert isinstance(behind, Accepted)
    assert isinstance(other, Accepted)
    assert (behind.state, other.state) == (State.WAITLISTED, State.ACCEPTED)


def test_a_ramp_admits_no_more_than_its_share(truth: Truth) -> None:
    """From a tenth of the rate on; what a ramp gives is earned by time, not at once."""
    paused(truth)
    ids = [taken_in(truth, f"u{n}")[0] for n in range(30)]
    assert let_go("festival", replace(ACT, now=truth.now()), store=truth).changed
    usher, fence = Usher(), led(truth)
    gauge = Gauge(at=START, reading=Reading(rate=100.0), threshold=1_000, resume_at=500)
    truth.show_gauges({"festival": gauge}, fence=fence)
    began = truth.survey().now
    admitted = admit(usher, store=truth, fence=fence)
    assert admitted == 0
    while admitted < 5:
        admitted += admit(usher, store=truth, fence=fence)
        elapsed_s = (truth.survey().now - began) / 1_000_000
        ramped = 0.1 * elapsed_s + 0.9 * elapsed_s**2 / 120
        assert admitted <= 100 * ramped + 1
    assert truth.view(ids)[ids[0]].state is State.ACCEPTED


def test_a_deposed_keeper_admits_nobody(truth: Truth) -> None:
    """Its write carries the epoch of its lease."""
    paused(truth)
    (claim_id,) = taken_in(truth, "li")
    free(truth, resume_at=5)
    with pytest.raises(Deposed):
        admit(Usher(), store=truth, fence=99)
    assert truth.view([claim_id])[claim_id].state is State.WAITLISTED


def test_a_pause_is_in_time_for_whoever_is_deciding(
    open_one: Open, truth: Truth, place: str
) -> None:
    """Nine intakes and a pause at once: nobody is accepted behind the pause's event."""
    found(truth)

    def pausing(store: Truth) -> None:
        assert pause("festival", ACT, store=store).changed

    together(open_one, [*(_asking(n) for n in range(9)), pausing])
    kinds = [entry.event.kind.value for entry in truth.unsealed(after=(0, 0), limit=9_999)]
    behind = kinds[kinds.index("mode.paused") :]
    if not place.startswith("postgresql"):
        # There the order is that of transactions' beginnings, not of their commits.
        assert "claim.accepted" not in behind
    assert ask(truth, request("late"))[0].state is State.WAITLISTED  # type: ignore[union-attr]
    totals = sums(truth.stripes("festival"))
    assert totals.get("n_accepted", 0) + totals.get("n_waitlisted", 0) == 91


@pytest.mark.parametrize("backlog", [3, 0])
def test_the_intake_trips_by_itself_at_the_threshold(
    truth: Truth, flaws: Flaws, backlog: int
) -> None:
    """Not one claim is admitted beyond it, in one group or in many, and no keeper is needed."""
    found(truth, backlog_threshold=5, resume_threshold=2)
    taken_in(truth, *(f"early{n}" for n in range(backlog)))
    answers = ask(truth, *(request(f"u{n}") for n in range(20)))
    states = [answer.state for answer in answers if isinstance(answer, Accepted)]
    room = 5 - backlog
    assert states == [State.ACCEPTED] * room + [State.WAITLISTED] * (20 - room)
    row = truth.modes()["festival"]
    assert (row.mode, row.cause) == (Mode.PAUSED, "backlog 6 > threshold 5")
    assert flaws() == []


def test_many_intakes_trip_it_once(open_one: Open, truth: Truth, flaws: Flaws) -> None:
    """Each decides by what it has just read, so that each may overshoot by its group at most."""
    found(truth, backlog_threshold=5, resume_threshold=2)
    together(open_one, [_asking(number) for number in range(4)])
    totals = sums(truth.stripes("festival"))
    assert totals["n_accepted"] + totals["n_waitlisted"] == 40
    assert 5 <= totals["n_accepted"] <= 5 + 3
    kinds = [entry.event.kind.value for entry in truth.unsealed(after=(0, 0), limit=999)]
    assert kinds.count("mode.paused") == 1
    assert flaws() == []


def _asking(number: int) -> Callable[[Truth], None]:
    """Return the work of an intake that takes in ten claims, one after the other."""

    def work(store: Truth) -> None:
        for n in range(10):
            ask(store, request(f"u{number}-{n}"), start=number)

    return work


def _placed(store: Truth, number: int) -> list[ClaimId]:
    return [taken_in(store, f"u{n}")[0] for n in range(number)]


def test_places_are_counted_from_the_front(truth: Truth) -> None:
    """Without a block, with blocks, and with people gone from the midst."""
    paused(truth)
    ids = _placed(truth, 6)
    assert truth.ahead(ids) == {claim_id: n for n, claim_id in enumerate(ids)}
    rows = truth.ready(LANE, after=FRONT, limit=9, stage=Stage.WAITLISTED)
    ends = [(row.ready_at, row.id) for row in rows]
    blocks = [Block(ends[1], 2), Block(ends[3], 2)]
    truth.keep_blocks(LANE, gone=[], new=blocks, fence=led(truth))
    assert list(truth.blocks(LANE)) == blocks
    assert truth.ahead(ids) == {claim_id: n for n, claim_id in enumerate(ids)}
    assert cancel(ids[4], store=truth, now=START, account="shop", actor="test")
    assert truth.ahead(ids[5:]) == {ids[5]: 4}
    assert truth.count_waiting(LANE, after=ends[1], until=ends[5]) == 3


def test_blocks_are_replaced_one_by_one(truth: Truth) -> None:
    """What is gone is forgotten, and a count that changed is both gone and new."""
    paused(truth)
    first, second = ((START, claim_id) for claim_id in _placed(truth, 2))
    fence = led(truth)
    truth.keep_blocks(LANE, gone=[], new=[Block(first, 7), Block(second, 9)], fence=fence)
    truth.keep_blocks(LANE, gone=[first], new=[Block(first, 3)], fence=fence)
    assert list(truth.blocks(LANE)) == [Block(first, 3), Block(second, 9)]
    truth.keep_blocks(LANE, gone=[first], new=[], fence=fence)
    assert list(truth.blocks(LANE)) == [Block(second, 9)]
    with pytest.raises(Deposed):
        truth.keep_blocks(LANE, gone=[second], new=[], fence=fence + 1)


def test_the_clerk_cuts_blocks_and_forgets_them_from_the_front(
    truth: Truth, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Places stay right while people come, cancel and are admitted."""
    monkeypatch.setattr("fulfiller.service.line.BLOCK", 3)
    monkeypatch.setattr("fulfiller.service.line.SETTLE", -(10**15))
    paused(truth)
    ids = _placed(truth, 11)
    clerk, fence = Clerk(), led(truth)
    count_places(clerk, store=truth, fence=fence)
    assert [block.count for block in truth.blocks(LANE)] == [3, 3, 3]
    assert cancel(ids[4], store=truth, now=START, account="shop", actor="test")
    for _ in range(3):
        count_places(clerk, store=truth, fence=fence)
    assert [block.count for block in truth.blocks(LANE)] == [3, 2, 3]
    assert truth.ahead([ids[10]]) == {ids[10]: 9}
    free(truth, resume_at=5)
    assert admit(Usher(), store=truth, fence=fence) == 5
    count_places(Clerk(), store=truth, fence=fence)
    assert [block.count for block in truth.blocks(LANE)] == [3]
    assert truth.ahead([ids[10]]) == {ids[10]: 4}
