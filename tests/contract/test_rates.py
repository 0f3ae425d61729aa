"""The issuing rate, kept inside the issue transaction whatever happens to hints."""

from collections.abc import Callable
from dataclasses import replace

from fulfiller.domain.claim import ClaimId, State
from fulfiller.domain.pace import HOUR, Rate
from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import Lane
from fulfiller.service.issue import Press, issue
from fulfiller.service.serving import FRONT
from fulfiller.wiring import Truth
from tests.contract.crowd import together
from tests.contract.world import Open, found, press, taken_in

Flaws = Callable[[], list[str]]
LANE = Lane("festival", Tier.P2)


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
    assert (len(done.issued), len(done.left)) == (7, 2)


def test_declined_claims_cost_no_rate(truth: Truth, flaws: Flaws) -> None:
    """What gives no coupon is not counted as one."""
    found(truth, issuing_rate="5/s")
    ids = taken_in(truth, *(f"u{n}" for n in range(4)))
    refused = replace(press(truth), refused={ids[0]: "no", ids[1]: "no"})
    done = issue(ids, refused)
    assert (len(done.declined), len(done.issued), len(done.left)) == (2, 1, 1)
    assert flaws() == []


def test_many_workers_share_one_rate(open_one: Open, truth: Truth, flaws: Flaws) -> None:
    """However many press at once: over the whole of it no more than rate and burst."""
    rate = Rate.parse("200/s")
    found(truth, issuing_rate="200/s")
    ids = taken_in(truth, *(f"u{n}" for n in range(160)))
    began = truth.now()
    hints = [ids[n : n + 20] for n in range(0, 160, 20)]
    done = together(open_one, [_pressing(hint) for hint in hints])
    took = truth.now() - began
    issued = sum(len(each) for each in done)
    assert rate.burst <= issued <= rate.burst + 1 + rate.per_hour * took / HOUR
    states = [view.state for view in truth.view(ids).values()]
    assert states.count(State.ISSUED) == issued
    assert states.count(State.ACCEPTED) == 160 - issued
    assert flaws() == []


def _pressing(hint: list[ClaimId]) -> Callable[[Truth], tuple[ClaimId, ...]]:
    def work(store: Truth) -> tuple[ClaimId, ...]:
        return issue(hint, _own(store)).issued

    return work


def _own(store: Truth) -> Press:
    return press(store)
