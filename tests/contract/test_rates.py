"""The issuing rate, kept inside the issue transaction whatever happens to hints."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fulfiller.domain.claim import ClaimId, Stage, State
from fulfiller.domain.error import Raced
from fulfiller.domain.pace import EVERY_KEY, Rate, RateScope
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.service.dispatch import Lane
from fulfiller.service.issue import Press, issue
from fulfiller.service.pacing import within_rate
from fulfiller.service.port import PaceMove, Writes
from fulfiller.service.rates import By, set_rate
from fulfiller.service.serving import FRONT
from fulfiller.wiring import Truth
from tests.contract.crowd import together
from tests.contract.world import Open, closing, found, press, taken_in
from tests.windows import beyond

Flaws = Callable[[], list[str]]
LANE = Lane("festival", Tier.P2)
FESTIVAL: RateScope = ("festival", EVERY_KEY)


def test_claims_beyond_the_rate_stay_open_and_are_ready_later(truth: Truth, flaws: Flaws) -> None:
    """At 10 a second two go at once; the others wait, uncounted, until their time."""
    found(truth, issuing_rate="10/s")
    ids = taken_in(truth, *(f"u{n}" for n in range(6)))
    before = truth.now()
    done = issue(ids, press(truth))
    assert (len(done.issued), len(done.left)) == (2, 4)
    rows = {row.id: row for row in truth.ready(LANE, after=FRONT, limit=9)}
    assert set(rows) == set(done.left)
    assert all(row.attempts == 0 and row.offered_at is None for row in rows.values())
    assert all(before < row.ready_at <= truth.now() + 200_000 for row in rows.values())
    assert flaws() == []


def test_without_a_rate_nothing_is_held_back(truth: Truth) -> None:
    """And another campaign's rate is nobody else's."""
    found(truth)
    found(truth, id="slow", issuing_rate="1/h")
    ids = taken_in(truth, *(f"u{n}" for n in range(6)))
    slow = taken_in(truth, *(f"s{n}" for n in range(3)), campaign="slow")
    done = issue([*ids, *slow], press(truth))
    assert set(ids) < set(done.issued)
    assert (len(done.issued), len(done.left)) == (8, 1)


def test_declined_claims_cost_no_rate(truth: Truth, flaws: Flaws) -> None:
    """What gives no coupon is not counted as one."""
    found(truth, issuing_rate="5/s")
    ids = taken_in(truth, *(f"u{n}" for n in range(5)))
    refused = replace(press(truth), refused={ids[0]: "no", ids[1]: "no"})
    done = issue(ids, refused)
    assert (len(done.declined), len(done.issued), len(done.left)) == (2, 2, 1)
    assert flaws() == []


def test_many_workers_share_one_rate(open_one: Open, truth: Truth, flaws: Flaws) -> None:
    """However many press at once: over the whole of it no more than rate and burst."""
    rate = Rate.parse("200/s")
    found(truth, issuing_rate="200/s")
    ids = taken_in(truth, *(f"u{n}" for n in range(160)))
    hints = [ids[n : n + 20] for n in range(0, 160, 20)]
    done = together(open_one, [_pressing(hint) for hint in hints])
    issued = sum(len(each) for each in done)
    assert rate.burst <= issued < 160
    assert beyond(_instants(truth, ids), rate) == 0
    states = [view.state for view in truth.view(ids).values()]
    assert states.count(State.ISSUED) == issued
    assert states.count(State.ACCEPTED) == 160 - issued
    assert flaws() == []


def test_what_a_rate_does_not_give_cannot_be_written(truth: Truth, flaws: Flaws) -> None:
    """Of two who saw room for the same claims without a lock, one writes nothing."""
    rate = Rate.parse("10/s")
    found(truth, issuing_rate=str(rate))
    first, second = taken_in(truth, "zhang", "li")
    now = truth.now()
    _count(truth, first, PaceMove(FESTIVAL, rate, rate.burst, now))
    for late in (
        PaceMove(FESTIVAL, rate, 1, now),
        PaceMove(FESTIVAL, Rate.parse("500/s"), 1, now + SECOND),
    ):
        with pytest.raises(Raced) as refused:
            _count(truth, second, late)
        assert refused.value.over == "pace_kept"
    _count(truth, second, PaceMove(FESTIVAL, rate, 1, now + rate.span(1)))
    assert flaws() == []


@pytest.mark.parametrize("place", ["memory", "postgres"], indirect=True)
def test_an_ample_rate_is_not_locked(open_one: Open, truth: Truth) -> None:
    """Two who are far from it work side by side. On SQLite there is one writer anyway."""
    found(truth, issuing_rate="1000/s")
    near, far = taken_in(truth, "near", "far")
    taking = truth.take((near,), (Stage.ACCEPTED,), unheld=True)
    with closing(open_one) as other, taking as unit:
        portion = within_rate(unit, ())
        assert issue((far,), press(other)).issued == (far,)
        unit.commit(Writes(paces=portion.paces, opened=tuple(unit.rows)))
    assert portion.at is not None


def test_what_is_read_ahead_is_as_new_as_what_is_asked(open_one: Open, truth: Truth) -> None:
    """Whoever has read rates before sees each change of them, first ones and lost ones too."""
    found(truth, issuing_rate="1000/s")
    found(truth, id="other")
    groups = [taken_in(truth, *(f"{m}-{n}" for n in range(4))) for m in range(3)]
    others = [taken_in(truth, *(f"o{m}{n}" for n in range(4)), campaign="other") for m in range(2)]
    assert issue([*groups[0], *others[0]], press(truth)).left == ()
    with closing(open_one) as elsewhere:
        _set(elsewhere, "festival", "1/h")
        assert len(issue(groups[1], press(truth)).left) >= 2
        _set(elsewhere, "other", "1/h")
        assert len(issue(others[1], press(truth)).left) == 2
        _set(elsewhere, "festival", None)
        assert issue(groups[2], press(truth)).left == ()


def test_a_store_whose_clock_was_set_back_goes_on(truth: Truth) -> None:
    """What lies hours ahead is no debt: waiting for it would be an outage of hours."""
    rate = Rate.parse("10/s")
    found(truth, issuing_rate=str(rate))
    ids = taken_in(truth, *(f"u{n}" for n in range(4)))
    ahead = truth.now() + 3_600 * SECOND
    _count(truth, ids[0], PaceMove(FESTIVAL, rate, 1, ahead))
    done = issue(ids[1:], press(truth))
    assert (len(done.issued), len(done.left)) == (2, 1)


def _set(truth: Truth, campaign: str, rate: str | None) -> None:
    by = By(reason="a check", actor="test", now=truth.now())
    set_rate((campaign, EVERY_KEY), None if rate is None else Rate.parse(rate), by, store=truth)


def _count(truth: Truth, claim_id: ClaimId, move: PaceMove) -> None:
    """Count against a rate in a transaction that leaves its claim open."""
    with truth.take((claim_id,), (Stage.ACCEPTED,), unheld=True) as unit:
        unit.commit(Writes(paces=(move,), opened=tuple(unit.rows)))


def _instants(truth: Truth, ids: list[ClaimId]) -> list[int]:
    """Return when coupons of these claims were issued."""
    views = truth.view(ids).values()
    return [view.coupon.issued_at for view in views if view.coupon is not None]


def _pressing(hint: list[ClaimId]) -> Callable[[Truth], tuple[ClaimId, ...]]:
    def work(store: Truth) -> tuple[ClaimId, ...]:
        return issue(hint, _own(store)).issued

    return work


def _own(store: Truth) -> Press:
    return press(store)
