"""The eligibility hook: yes is issued, no is declined, unsure waits and is nobody's poison."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from fulfiller.domain.claim import ClaimId, Stage, State
from fulfiller.domain.eligibility import Applicant, Eligible, Ineligible, Unsure, Verdict
from fulfiller.domain.error import StoreUnavailable
from fulfiller.domain.event import Kind
from fulfiller.domain.outcome import Accepted, Ending, Issued, Refused, Why
from fulfiller.domain.stripe import Count, Purse, counted
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.service.eligible import ACTOR, LATE, PATIENCE, SOON, TOO_LONG
from fulfiller.service.issue import ATTEMPTS_MAX, Press, issue
from fulfiller.service.keep import Keeper
from fulfiller.service.move import replay
from tests.domain.festival import VALUE
from tests.service.backlog import Backlog
from tests.service.stall import KEY, Stall, last, times, wish

Judge = Callable[[Applicant], Verdict]


class Hook:
    """A hook behind its guard: judges each applicant, or gives no answer at all."""

    def __init__(self, judge: Judge | None) -> None:
        """Judge like this; None gives no answer."""
        self.judge = judge
        self.asked: list[tuple[Applicant, ...]] = []

    def __call__(self, applicants: Sequence[Applicant]) -> list[Verdict] | None:
        """Answer a batch."""
        self.asked.append(tuple(applicants))
        return None if self.judge is None else [self.judge(one) for one in applicants]


def asking(judge: Judge | None, *campaigns: Any) -> tuple[Stall, Hook]:
    """Return a stall whose worker asks a hook."""
    stall, hook = Stall(*campaigns), Hook(judge)
    stall.press = replace(stall.press, ask=hook)
    return stall, hook


def refusing(*ids: ClaimId, reason: str = "it is a robot") -> Judge:
    """Return a judge who says no to these claims and yes to all others."""
    return lambda one: Ineligible(reason) if one.claim_id in ids else Eligible()


def yes(_one: Applicant) -> Verdict:
    """Let everybody pass."""
    return Eligible()


def unsure(_one: Applicant) -> Verdict:
    """Let everybody wait."""
    return Unsure()


def attempts(stall: Stall, claim_id: ClaimId) -> int:
    """Return how often an open claim was tried."""
    return stall.store.shelves.open[claim_id].attempts


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


@pytest.mark.parametrize("judge", [unsure, None])
def test_an_unsure_claim_waits_with_its_money(judge: Judge | None) -> None:
    """No answer is unsure of all; it is ready again soon, and nothing was counted."""
    stall, hook = asking(judge)
    claims = stall.claims(3)
    stall.store.attempt(claims[:1])
    assert stall.issue(*claims) == Issued(left=tuple(claims))
    rows = [stall.store.shelves.open[claim] for claim in claims]
    assert {(row.stage, row.ready_at) for row in rows} == {(Stage.ACCEPTED, stall.now + SOON)}
    assert attempts(stall, claims[0]) == 0
    assert stall.money(Purse.RESERVED) == 3 * VALUE
    hook.judge = yes
    assert stall.issue(*claims).issued == tuple(claims)
    stall.audit()


def test_an_unsure_claim_waits_as_long_again_as_it_has_waited() -> None:
    """Two seconds at least, half a minute at most."""
    stall, _ = asking(unsure)
    (claim,) = stall.claims(1)
    accepted = stall.now
    for age_s, wait_us in ((0, SOON), (1, SOON), (7, 7 * SECOND), (3_600, LATE)):
        stall.now = accepted + age_s * SECOND
        stall.issue(claim)
        assert stall.store.shelves.open[claim].ready_at == stall.now + wait_us


def test_a_claim_that_nobody_is_sure_of_is_parked_in_the_end() -> None:
    """After a day an operator has to look; younger ones of the same hint wait on."""
    stall, _ = asking(None)
    (old,) = stall.claims(1)
    stall.now += PATIENCE
    (young,) = stall.claims(1)
    assert stall.issue(old, young) == Issued(left=(young,), parked=(old,))
    (event,) = stall.events(Kind.CLAIM_PARKED)
    assert (event.ids, event.detail) == ((old,), TOO_LONG)
    assert replay([old], store=stall.store, now=stall.now, actor="operator:li") == (old,)
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


# With a keeper


def test_a_hook_that_is_slow_for_minutes_parks_nothing_and_is_not_asked_all_the_time() -> None:
    """The keeper offers unsure claims again when they are ready, and as if for the first time."""
    backlog, hook = Backlog("festival"), Hook(None)
    claims = backlog.claims(30)
    press = Press(store=backlog.store, key=KEY, now=lambda: backlog.now, ask=hook)
    keeper = Keeper(store=backlog.store, queue=backlog.queue, holder="k", new_epoch=lambda: "epoch")
    begun = backlog.now

    def run(seconds: int) -> None:
        until = backlog.now + seconds * SECOND
        while backlog.now < until:
            backlog.now += max(SECOND // 20, int(keeper.tick(backlog.now).rest_s * SECOND))
            for hint in backlog.queue.take():
                issue(hint.ids, press)

    run(300)
    assert backlog.open() == set(claims)
    assert {row.stage for row in backlog.store.shelves.open.values()} == {Stage.ACCEPTED}
    assert {row.attempts for row in backlog.store.shelves.open.values()} == {0}
    # At 0, 2, 4, 8, 16, 32 s and then each 30 s, in a full hint each time.
    asked = [len(batch) for batch in hook.asked]
    assert asked == [30] * len(asked)
    assert 12 <= len(asked) <= 16
    hook.judge = yes
    run(32)
    assert backlog.open() == set()
    assert len(backlog.store.shelves.coupons) == 30
    assert backlog.now < begun + 335 * SECOND
