"""Decide: a group is answered in order of arrival, each request seeing those before it."""

from collections.abc import Sequence

import pytest

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Publication
from fulfiller.domain.claim import Request
from fulfiller.domain.event import Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.outcome import Accepted, Answer, Refused, Repeated, Why
from fulfiller.domain.stripe import Count, Delta, Purse, StripeKey
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY
from fulfiller.service.decide import Decision, ask, decide
from tests.domain.festival import VALUE, festival
from tests.service.stall import Stall, last, wish

OTHER = festival(id="other", default_tier=Tier.P1, stripes=2)


def _decide(
    stall: Stall, *requests: Request, start: int = 0, short: Sequence[Tier] = ()
) -> Decision:
    sight = stall.store.look(ask(requests))
    return decide(requests, sight, stall.round(start=start, short=short))


def _accepted(answer: Answer | None) -> Accepted:
    assert isinstance(answer, Accepted)
    return answer


def test_the_same_key_twice_is_one_claim() -> None:
    """Somebody who sends twice before the first answer gets the same claim twice."""
    decision = _decide(Stall(), wish("li"), wish("li"))
    first, second = decision.answers
    assert second == Repeated(_accepted(first).claim.id)
    assert len(decision.writes.claims) == len(decision.writes.keys) == 1


def test_a_key_with_another_body_is_refused() -> None:
    """One key stands for one body, also within a group; the first by arrival wins."""
    decision = _decide(Stall(), wish("li", key="k", body="a"), wish("wu", key="k", body="b"))
    first, second = decision.answers
    assert _accepted(first).claim.user == "li"
    assert second == Refused(Why.KEY_REUSED)
    assert len(decision.writes.claims) == 1


def test_keys_belong_to_their_account() -> None:
    """Two accounts that happen to use the same key don't meet."""
    requests = [wish(user, key="k", account=user) for user in ("li", "wu")]
    assert all(map(_accepted, _decide(Stall(), *requests).answers))


def test_the_same_identity_under_two_keys_is_one_claim() -> None:
    """A new key of the same account changes nothing, and is bound as well."""
    decision = _decide(Stall(), wish("li", key="one"), wish("li", key="two"))
    first, second = decision.answers
    claim_id = _accepted(first).claim.id
    assert second == Repeated(claim_id)
    assert {(b.key, b.claim_id) for b in decision.writes.keys} == {
        ("one", claim_id),
        ("two", claim_id),
    }


def test_an_identity_of_another_account_is_taken() -> None:
    """Another account learns that much and no more, and its key stays free."""
    decision = _decide(Stall(), wish("li"), wish("li", account="rival"))
    assert decision.answers[1] == Refused(Why.IDENTITY_TAKEN)
    assert {binding.account for binding in decision.writes.keys} == {"shop"}


def test_grants_of_one_user_count_against_the_limit() -> None:
    """Several grants in one group get slots one by one until none is left."""
    stall = Stall(festival(per_user_limit=2))
    requests = [wish("li", key=grant, grant=grant) for grant in ("a", "b", "c")]
    first, second, third = _decide(stall, *requests).answers
    assert [_accepted(answer).claim.slot for answer in (first, second)] == [1, 2]
    assert third == Refused(Why.USER_LIMIT)


def test_a_stored_claim_counts_like_one_of_the_group() -> None:
    """What was committed before is seen the same way: key, identity, other body, limit."""
    stall = Stall()
    (first,) = stall.accept(wish("li", body="a"))
    again = Repeated(_accepted(first).claim.id)
    answers = _decide(
        stall,
        wish("li", body="a"),
        wish("li", body="b"),
        wish("li", key="new"),
        wish("li", key="friend", grant="friend"),
        wish("li", account="rival"),
    ).answers
    assert answers == (
        again,
        Refused(Why.KEY_REUSED),
        again,
        Refused(Why.USER_LIMIT),
        Refused(Why.IDENTITY_TAKEN),
    )


def test_a_refused_key_is_not_bound() -> None:
    """Refused may later be accepted: a refusal writes nothing at all."""
    decision = _decide(Stall(), wish("li", campaign="nowhere"))
    assert decision.answers == (Refused(Why.UNKNOWN_CAMPAIGN),)
    assert not decision.writes


def test_a_key_that_was_refused_first_goes_to_the_next() -> None:
    """Within a group, too, a refused request leaves its key to whoever comes after it."""
    decision = _decide(Stall(), wish("li", key="k", campaign="nowhere"), wish("wu", key="k"))
    assert decision.answers[0] == Refused(Why.UNKNOWN_CAMPAIGN)
    assert _accepted(decision.answers[1]).claim.user == "wu"


@pytest.mark.parametrize(
    ("publication", "days", "why"),
    [
        (Publication.DRAFT, 0, Why.UNKNOWN_CAMPAIGN),
        (Publication.PUBLISHED, -1, Why.NOT_OPEN_YET),
        (Publication.PUBLISHED, 6, Why.ENDED),
        (Publication.ENDED, 0, Why.ENDED),
        (Publication.ARCHIVED, 0, Why.ENDED),
    ],
)
def test_a_closed_campaign_takes_nothing_in(publication: Publication, days: int, why: Why) -> None:
    """Each phase but the active one has its reason, and a draft doesn't even exist."""
    stall = Stall(festival(publication=publication))
    stall.now += days * DAY
    decision = _decide(stall, wish())
    assert decision.answers == (Refused(why),)
    assert not decision.writes


def test_a_repeat_is_answered_when_all_is_over() -> None:
    """A claim that was kept is found by its key and by its identity whatever came since."""
    stall = Stall(last(1))
    (first,) = stall.accept(wish("li"))
    stall.now += 6 * DAY
    answers = _decide(stall, wish("li"), wish("li", key="new")).answers
    assert answers == (Repeated(_accepted(first).claim.id),) * 2


def test_a_campaign_known_to_be_sold_out_refuses() -> None:
    """The mark is enough; but who has had theirs already is told that instead."""
    stall = Stall()
    stall.accept(wish("li"))
    stall.mode("festival", exhausted=True)
    decision = _decide(stall, wish("wu"), wish("li", key="friend", grant="friend"))
    assert decision.answers == (Refused(Why.SOLD_OUT), Refused(Why.USER_LIMIT))
    assert decision.dry == frozenset()


def test_a_group_may_span_campaigns_and_tiers() -> None:
    """One event per campaign and tier, one move per stripe, ascending, each with its guard."""
    stall = Stall(festival(), OTHER)
    stall.mode("festival", generation=3)
    stall.mode(SERVICE, generation=10)
    requests = [
        wish("li", campaign="other"),
        wish("wu", tier=Tier.P0),
        wish("he"),
        wish("ma", tier=Tier.P0),
    ]
    writes = _decide(stall, *requests, start=1).writes
    assert {(e.campaign, e.tier, len(e.ids), e.amount) for e in writes.events} == {
        ("other", Tier.P1, 1, VALUE),
        ("festival", Tier.P0, 2, 2 * VALUE),
        ("festival", Tier.P2, 1, VALUE),
    }
    assert {event.kind for event in writes.events} == {Kind.CLAIM_ACCEPTED}
    assert [(move.key, move.guard) for move in writes.stripes] == [
        (StripeKey("festival", 1), 13),
        (StripeKey("other", 1), 10),
    ]
    assert writes.stripes[0].delta.money == {
        Purse.AVAILABLE: -3 * VALUE,
        Purse.RESERVED: 3 * VALUE,
    }
    assert writes.stripes[0].delta.counts == {
        (Tier.P0, Count.ENTERED): 2,
        (Tier.P0, Count.ACCEPTED): 2,
        (Tier.P2, Count.ENTERED): 1,
        (Tier.P2, Count.ACCEPTED): 1,
    }


def test_a_claim_keeps_what_was_asked() -> None:
    """Grant, tier, locale and limit key go into the claim, and into what is open of it."""
    stall = Stall()
    request = wish("li", grant="friend", tier=Tier.P3, locale="zh-CN", limit_key="partner")
    decision = _decide(stall, request, short=[Tier.P3])
    (claim,), (opened,) = decision.writes.claims, decision.writes.opened
    assert (claim.grant, claim.tier, claim.locale) == ("friend", Tier.P3, "zh-CN")
    assert (claim.accepted_at, claim.amount, claim.limit_key) == (stall.now, VALUE, "partner")
    assert (opened.id, opened.tier, opened.limit_key) == (claim.id, Tier.P3, "partner")
    assert (opened.ready_at, opened.offered_at, opened.attempts) == (stall.now, stall.now, 0)


@pytest.mark.parametrize(("start", "stripe"), [(0, 0), (1, 1), (3, 3), (4, 0), (1_000_002, 2)])
def test_the_start_says_where_money_is_taken_first(start: int, stripe: int) -> None:
    """Intakes begin at different stripes, so that they seldom meet; a group stays on one."""
    decision = _decide(Stall(), wish("li"), wish("wu"), start=start)
    assert [_accepted(answer).stripe for answer in decision.answers] == [stripe] * 2


def test_a_group_goes_on_to_the_next_stripe() -> None:
    """What one stripe can't pay for the next ones do, once around."""
    stall = Stall()
    stall.scatter(VALUE, VALUE - 1, VALUE, 2 * VALUE)
    decision = _decide(stall, *(wish(f"u{n}") for n in range(4)), start=2)
    assert [_accepted(answer).stripe for answer in decision.answers] == [2, 3, 3, 0]


def test_money_that_looks_gone_is_left_undecided() -> None:
    """Fragments pay for nothing where they lie: gather them first, and refuse nobody yet."""
    stall = Stall(festival(), OTHER)
    stall.scatter(VALUE - 1, VALUE, VALUE - 1, VALUE - 1)
    decision = _decide(stall, wish("li"), wish("wu"), wish("he", campaign="other"))
    assert _accepted(decision.answers[0]).claim.user == "li"
    assert decision.answers[1] is None
    assert _accepted(decision.answers[2]).claim.user == "he"
    assert decision.dry == {"festival"}
    assert len(decision.writes.claims) == 2


def test_whoever_shares_a_key_with_the_undecided_waits() -> None:
    """The first by arrival may still get its claim, and then the key is taken."""
    stall = Stall(festival(), OTHER)
    stall.scatter(VALUE - 1, VALUE - 1, VALUE - 1, VALUE - 1)
    decision = _decide(stall, wish("li", key="k"), wish("wu", key="k", campaign="other"))
    assert decision.answers == (None, None)
    assert not decision.writes


@pytest.mark.parametrize(
    ("scope", "change"),
    [
        ("festival", {"mode": Mode.PAUSED}),
        ("festival", {"mode": Mode.RAMPING}),
        ("festival", {"held": True}),
        (SERVICE, {"mode": Mode.PAUSED}),
        (SERVICE, {"mode": Mode.RAMPING}),
        (SERVICE, {"held": True}),
    ],
)
def test_a_claim_is_offered_only_while_all_flows(scope: str, change: dict[str, object]) -> None:
    """A mode that isn't flowing, or a hold, of campaign or service leaves it to the keeper."""
    stall = Stall()
    stall.mode(scope, **change)
    assert not _accepted(_decide(stall, wish(), short=list(Tier)).answers[0]).offered


def test_a_claim_is_offered_where_the_queue_is_short() -> None:
    """The intake publishes for short tiers only, and notes when it is about to."""
    decision = _decide(Stall(), wish("li"), wish("wu", tier=Tier.P0), short=[Tier.P2])
    assert [_accepted(answer).offered for answer in decision.answers] == [True, False]
    assert [row.offered_at is None for row in decision.writes.opened] == [False, True]


def test_a_paced_campaign_is_left_to_the_keeper() -> None:
    """Where an issuing rate is set, nobody publishes past it."""
    stall = Stall(festival(issuing_rate="5/s"))
    assert not _accepted(_decide(stall, wish(), short=list(Tier)).answers[0]).offered


def test_nobody_overtakes_the_waitlist_of_their_tier() -> None:
    """While somebody of a tier waits, newcomers of that tier are the keeper's; others' are not."""
    stall = Stall()
    waiting = Delta(counts={(Tier.P2, Count.ENTERED): 1, (Tier.P2, Count.WAITLISTED): 1})
    key = StripeKey("festival", 3)
    stall.store.shelves.stripes[key] = stall.store.shelves.stripes[key].moved(waiting)
    answers = _decide(stall, wish("li"), wish("wu", tier=Tier.P0), short=list(Tier)).answers
    assert [_accepted(answer).offered for answer in answers] == [False, True]


def test_what_has_to_be_read_is_asked_once() -> None:
    """A group names each campaign, key and person once, in order of arrival."""
    asked = ask([wish("li"), wish("wu", campaign="other"), wish("li"), wish("li", key="new")])
    assert asked.campaigns == ("festival", "other")
    assert asked.keys == (("shop", "li"), ("shop", "wu"), ("shop", "new"))
    assert asked.people == (("festival", "li"), ("other", "wu"))
