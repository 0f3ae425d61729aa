"""The eligibility hook: yes is issued, no is declined, unsure waits and is nobody's poison."""

from dataclasses import replace

import pytest

from fulfiller.domain.claim import ClaimId, State
from fulfiller.domain.eligibility import Applicant, Eligible, Ineligible, Unsure, Verdict
from fulfiller.domain.error import StoreUnavailable
from fulfiller.domain.event import Kind
from fulfiller.domain.outcome import Accepted, Ending, Issued, Refused, Why
from fulfiller.domain.stripe import Count, Purse, counted
from fulfiller.domain.tier import Tier
from fulfiller.service.eligible import ACTOR
from fulfiller.service.issue import ATTEMPTS_MAX, issue
from tests.domain.festival import VALUE
from tests.service.hook import Judge, asking, attempts, yes
from tests.service.stall import last, times, wish


def refusing(*ids: ClaimId, reason: str = "it is a robot") -> Judge:
    """Return a judge who says no to these claims and yes to all others."""
    return lambda one: Ineligible(reason) if one.claim_id in ids else Eligible()


def test_a_hook_is_told_what_it_needs() -> None:
    """One batch, in the order of the hint, each claim as its caller sent it."""
    stall, hook = asking(yes)
    (claim,) = stall.claims(1, grant="friend", limit_key="store-7", locale="zh-CN", tier=Tier.P1)
    (other,) = stall.claims(1)
    assert stall.issue(claim, other, claim, stall.new_id()).issued == (claim, other)
    ((first, second),) = hook.asked
    known = stall.store.shelves.claims[claim]
    assert first == Applicant(
        claim_id=claim,
        campaign="festival",
        account="shop",
        user=known.user,
        grant="friend",
        tier=Tier.P1,
        amount=VALUE,
        limit_key="store-7",
        locale="zh-CN",
        accepted_at=known.accepted_at,
    )
    assert second.claim_id == other
    stall.audit()


def test_a_no_declines_and_gives_the_money_back() -> None:
    """Outcome and event carry the reason, and the next in line gets the coupon."""
    stall, hook = asking(yes, last(2))
    bad, good = stall.claims(2)
    hook.judge = refusing(bad)
    assert stall.accept(wish("late")) == (Refused(Why.SOLD_OUT),)
    assert stall.issue(bad, good) == Issued(issued=(good,), declined=(bad,))
    assert stall.state(bad) is State.DECLINED
    outcome = stall.store.shelves.outcomes[bad]
    assert (outcome.ending, outcome.reason) == (Ending.DECLINED, "it is a robot")
    assert (outcome.actor, outcome.at) == (ACTOR, stall.now)
    (event,) = stall.events(Kind.CLAIM_DECLINED)
    assert (event.ids, event.detail, event.amount) == ((bad,), "it is a robot", VALUE)
    assert (stall.money(Purse.AVAILABLE), stall.money(Purse.ISSUED)) == (VALUE, VALUE)
    assert isinstance(stall.accept(wish("late"))[0], Accepted)
    stall.audit()


def test_each_reason_is_an_event() -> None:
    """Those who were declined for the same stand together."""
    stall, hook = asking(yes)
    claims = stall.claims(4)
    reasons = dict(zip(claims, ("age", "region", "age"), strict=False))
    hook.judge = lambda one: (
        Ineligible(reasons[one.claim_id]) if one.claim_id in reasons else Eligible()
    )
    assert stall.issue(*claims).declined == tuple(claims[:3])
    told = {event.detail: event.ids for event in stall.events(Kind.CLAIM_DECLINED)}
    assert told == {"age": (claims[0], claims[2]), "region": (claims[1],)}
    assert counted(stall.store.stripes("festival"), Count.DECLINED) == 3
    stall.audit()


def test_a_claim_that_is_cancelled_meanwhile_stays_cancelled() -> None:
    """What the hook said is applied to what is still open, and to nothing else."""
    stall, hook = asking(yes)
    claims = stall.claims(3)
    verdicts: tuple[Verdict, ...] = (Eligible(), Ineligible("no"), Unsure())
    said = dict(zip(claims, verdicts, strict=True))

    def judge(one: Applicant) -> Verdict:
        stall.cancel(one.claim_id)
        return said[one.claim_id]

    hook.judge = judge
    assert stall.issue(*claims).issued == ()
    assert {stall.state(claim) for claim in claims} == {State.CANCELLED}
    assert stall.events(Kind.CLAIM_DECLINED) == []
    stall.audit()


def test_only_accepted_claims_are_asked_about() -> None:
    """A hint that comes again asks nobody."""
    stall, hook = asking(yes)
    claims = stall.claims(2)
    stall.issue(*claims)
    assert stall.issue(*claims) == stall.issue(*claims, redelivered=True) == Issued()
    assert len(hook.asked) == 1


def test_the_hook_is_asked_outside_of_the_transaction() -> None:
    """While it thinks, nobody waits for a row: another worker may take the claim."""
    stall, hook = asking(yes)
    (claim,) = stall.claims(1)
    rival = replace(stall.press, ask=None)

    def judge(one: Applicant) -> Verdict:
        assert issue([one.claim_id], rival).issued == (claim,)
        return Ineligible("too late")

    hook.judge = judge
    assert stall.issue(claim) == Issued()
    assert stall.state(claim) is State.ISSUED
    stall.audit()


def test_the_sure_ones_of_a_hint_do_not_wait_for_the_others() -> None:
    """Yes, no and unsure in one batch, each at once."""
    stall, hook = asking(yes)
    good, bad, odd = stall.claims(3)
    said: dict[ClaimId, Verdict] = {good: Eligible(), bad: Ineligible("no"), odd: Unsure()}
    hook.judge = lambda one: said[one.claim_id]
    assert stall.issue(odd, bad, good) == Issued(issued=(good,), left=(odd,), declined=(bad,))
    stall.audit()


def test_a_store_that_goes_away_repeats_harmlessly() -> None:
    """The hook is asked again, and nobody is declined twice."""
    stall, hook = asking(yes)
    claims = stall.claims(2)
    hook.judge = refusing(claims[0])
    stall.store.after["commit"] = times(1, StoreUnavailable("the line is cut"))
    with pytest.raises(StoreUnavailable):
        stall.issue(*claims)
    assert stall.issue(*claims) == Issued()
    assert len(stall.events(Kind.CLAIM_DECLINED)) == 1
    stall.audit()


# Redelivered hints


def test_redelivered_claims_are_counted_before_they_are_asked_about() -> None:
    """A claim with which the hook kills its process is found out, and the others go on."""
    stall, hook = asking(yes)
    killer, other = stall.claims(2)

    def judge(one: Applicant) -> Verdict:
        if one.claim_id == killer:
            raise SystemExit
        return Eligible()

    hook.judge = judge
    for _ in range(ATTEMPTS_MAX):
        with pytest.raises(SystemExit):
            stall.issue(killer, other, redelivered=True)
    done = stall.issue(killer, other, redelivered=True)
    assert (done.parked, done.issued) == ((killer,), (other,))
    assert [len(batch) for batch in hook.asked] == [1] * (ATTEMPTS_MAX + 1)


def test_a_silent_hook_is_not_asked_about_each_redelivered_claim() -> None:
    """Five hundred deadlines in one task would kill it, and then the claims looked like poison."""
    stall, hook = asking(None)
    claims = stall.claims(9)
    for _ in range(2 * ATTEMPTS_MAX):
        assert stall.issue(*claims, redelivered=True) == Issued(left=tuple(claims))
    assert [len(batch) for batch in hook.asked] == [1] * 2 * ATTEMPTS_MAX
    assert [attempts(stall, claim) for claim in claims] == [0] * 9
    hook.judge = refusing(claims[4])
    done = stall.issue(*claims, redelivered=True)
    assert (len(done.issued), done.declined) == (8, (claims[4],))
    stall.audit()
