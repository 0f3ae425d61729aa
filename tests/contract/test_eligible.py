"""What a hook said is applied alike by every kind of store: coupons, outcomes, later."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from fulfiller.domain.claim import Stage, State
from fulfiller.domain.eligibility import Applicant, Eligible, Ineligible, Unsure, Verdict
from fulfiller.domain.outcome import Accepted, Issued
from fulfiller.domain.stripe import Purse
from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import Lane
from fulfiller.service.eligible import PATIENCE, SOON
from fulfiller.service.issue import issue
from fulfiller.service.serving import FRONT
from fulfiller.wiring import Truth
from tests.contract.world import START, VALUE, ask, found, press, request, sums, taken_in


def _said(applicants: Sequence[Applicant]) -> list[Verdict]:
    """Say yes, no or unsure by the first letter of the user."""
    verdicts: dict[str, Verdict] = {"y": Eligible(), "n": Ineligible("no stock"), "u": Unsure()}
    return [verdicts[each.user[0]] for each in applicants]


def test_yes_no_and_unsure_in_one_hint(truth: Truth, flaws: Callable[[], list[str]]) -> None:
    """One transaction issues and declines, over several stripes; another lets the rest wait."""
    found(truth)
    users = [f"{said}{n}" for n in range(6) for said in "ynu"]
    answers = [ask(truth, request(user), start=n)[0] for n, user in enumerate(users)]
    ids = [answer.claim.id for answer in answers if isinstance(answer, Accepted)]
    truth.attempt(ids)
    done = issue(ids, replace(press(truth), ask=_said))
    views = truth.view(ids)
    states = [views[claim_id].state for claim_id in ids]
    assert states == [State.ISSUED, State.DECLINED, State.ACCEPTED] * 6
    assert (len(done.issued), len(done.declined), len(done.left)) == (6, 6, 6)
    reasons = {view.outcome.reason for view in views.values() if view.outcome is not None}
    assert reasons == {"no stock"}
    rows = truth.opened(ids)
    assert {(r.stage, r.ready_at, r.unsure_since, r.attempts) for r in rows.values()} == {
        (Stage.ACCEPTED, START + SOON, START, 0)
    }
    waiting = truth.ready(Lane("festival", Tier.P2), after=FRONT, limit=100)
    assert [row.id for row in waiting] == sorted(done.left)
    books = sums(truth.stripes("festival"))
    assert books[Purse.RESERVED.value] == books[Purse.ISSUED.value] == 6 * VALUE
    assert (books["n_declined"], books["n_accepted"], books["n_issued"]) == (6, 6, 6)
    assert flaws() == []


def test_who_waits_in_a_line_waits_for_no_hook(
    truth: Truth, flaws: Callable[[], list[str]]
) -> None:
    """A day of doubt counts from the first question, is kept by the row, and ends in parking."""
    found(truth)
    (old, young) = taken_in(truth, "u1", "u2")
    day = replace(press(truth), ask=_said, now=lambda: START + PATIENCE)
    assert issue([old], replace(press(truth), ask=_said)).left == (old,)
    assert issue([old, young], day) == Issued(left=(young,), parked=(old,))
    rows = truth.opened([old, young])
    assert (rows[old].stage, rows[young].unsure_since) == (Stage.PARKED, START + PATIENCE)
    assert sums(truth.stripes("festival"))["n_parked"] == 1
    assert flaws() == []
