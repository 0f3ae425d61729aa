"""What a store shows: everything a decision needs, claims as they are, lanes in order."""

from dataclasses import replace

import pytest

from fulfiller.domain.claim import State
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE, ModeRow
from fulfiller.domain.outcome import Ending
from fulfiller.domain.stripe import Count, Purse, counted
from fulfiller.domain.tier import Tier
from fulfiller.service.create import create, stripes
from fulfiller.service.dispatch import Lane, LaneSight
from fulfiller.service.issue import issue
from fulfiller.service.move import cancel, park
from fulfiller.service.port import Ask
from fulfiller.wiring import Truth
from tests.contract.switches import BOTH, switch
from tests.contract.world import (
    FESTIVAL,
    START,
    VALUE,
    ask,
    claim,
    everything,
    found,
    opened,
    press,
    request,
    sums,
    taken_in,
    writes,
)
from tests.waiting import until

NOWHERE = "00000000-0000-7000-8000-000000000000"
ODD = "quote ' double \" back \\ brace { } comma , NULL 蛇 \n\t end"


def test_the_clock_moves_on(truth: Truth) -> None:
    """A store has a clock in microseconds, and it never stands still for long."""
    first = truth.now()
    assert first > FESTIVAL.opens_at
    until(lambda: truth.now() > first)


def test_a_campaign_is_shown_as_it_was_created(truth: Truth) -> None:
    """Terms, mode and money come back whole, each part of them."""
    campaign = found(truth)
    assert truth.campaign("festival") == truth.terms("festival") == campaign
    assert truth.modes()["festival"] == ModeRow(scope="festival", since=START)
    shown = truth.stripes("festival")
    assert [stripe.key.number for stripe in shown] == [0, 1, 2, 3]
    assert sums(shown) == {"limit": campaign.budget, "available": campaign.budget}


def test_unknown_campaigns_are_nothing(truth: Truth) -> None:
    """What does not exist is None or empty, never an error."""
    assert truth.campaign("festival") is None
    assert truth.terms("festival") is None
    assert list(truth.stripes("festival")) == []
    assert list(truth.campaigns()) == []
    assert truth.modes() == {SERVICE: ModeRow(scope=SERVICE)}


def test_terms_are_seen_once_the_campaign_exists(truth: Truth) -> None:
    """Not finding a campaign is not remembered."""
    assert truth.terms("festival") is None
    assert found(truth) == truth.terms("festival")


def test_a_campaign_is_created_once(truth: Truth) -> None:
    """A taken id is refused and leaves everything as it was."""
    found(truth)
    before = everything(truth)
    other = replace(FESTIVAL, budget=VALUE)
    assert not create(other, store=truth, now=START, actor="test")
    assert not create(FESTIVAL, store=truth, now=START, actor="test")
    assert everything(truth) == before
    assert truth.campaign("festival") == FESTIVAL


def test_campaigns_are_listed_by_id(truth: Truth) -> None:
    """All campaigns, in the order of their ids."""
    for name in ("b", "c", "a"):
        found(truth, id=name)
    assert [campaign.id for campaign in truth.campaigns()] == ["a", "b", "c"]


def test_the_creation_is_the_first_event(truth: Truth) -> None:
    """A campaign's budget enters the log with it."""
    found(truth)
    (first,) = truth.unsealed(after=(0, 0), limit=10)
    assert first.event == Event(
        at=START,
        campaign="festival",
        kind=Kind.CAMPAIGN_CREATED,
        amount=FESTIVAL.budget,
        actor="test",
    )


def test_look_shows_what_a_decision_needs(truth: Truth) -> None:
    """Campaigns, modes, stripes, bound keys and what users have, in one step."""
    campaign = found(truth)
    (mine,) = taken_in(truth, "li", key="k1", grant="friend")
    sight = truth.look(
        Ask(
            campaigns=("festival", "unknown"),
            keys=(("shop", "k1"), ("shop", "k2"), ("other", "k1")),
            people=(("festival", "li"), ("festival", "wang"), ("unknown", "li")),
        )
    )
    assert dict(sight.campaigns) == {"festival": campaign}
    assert set(sight.modes) == {"festival", SERVICE}
    assert [s[Purse.AVAILABLE] for s in sight.stripes["festival"]][1:] == [VALUE * 2_500] * 3
    assert counted(sight.stripes["festival"], Count.ACCEPTED, Tier.P2) == 1
    assert counted(sight.stripes["festival"], Count.WAITLISTED) == 0
    bound = sight.keys["shop", "k1"]
    assert (bound.claim_id, bound.fingerprint, bound.at) == (mine, b"li", START)
    assert ("shop", "k2") not in sight.keys
    (prior,) = sight.priors["festival", "li"]
    assert (prior.id, prior.grant, prior.slot, prior.cancelled) == (mine, "friend", 1, False)
    assert not sight.priors.get(("festival", "wang"))


def test_look_tells_cancelled_claims_from_declined_ones(truth: Truth) -> None:
    """Only a cancel frees an identity, so only it is told."""
    found(truth)
    first, second = taken_in(truth, "li", "wang")
    cancel(first, store=truth, now=START, account="shop", actor="shop")
    issue([second], press(truth))
    people = (("festival", "li"), ("festival", "wang"))
    sight = truth.look(Ask(campaigns=("festival",), keys=(("shop", "x"),), people=people))
    assert {p.user: p.cancelled for who in people for p in sight.priors[who]} == {
        "li": True,
        "wang": False,
    }


def test_a_mode_is_seen_at_the_next_look(truth: Truth) -> None:
    """Modes are read, never remembered."""
    found(truth)
    wish = Ask(campaigns=("festival",), keys=(("shop", "x"),), people=(("festival", "li"),))
    assert truth.look(wish).modes["festival"].generation == 0
    switch(truth, "festival", generation=1, exhausted=True)
    seen = truth.look(wish).modes["festival"]
    assert (seen.generation, seen.exhausted) == (1, True)


def test_odd_texts_come_back_as_they_are(truth: Truth) -> None:
    """No sign that a caller may send has a meaning of its own in a store."""
    found(truth)
    (mine,) = taken_in(truth, ODD, grant=ODD, locale=ODD, limit_key=ODD)
    (again,) = ask(truth, request(ODD, grant=ODD))
    shown = truth.view([mine])[mine].claim
    assert (shown.user, shown.grant, shown.locale, shown.limit_key) == (ODD, ODD, ODD, ODD)
    assert getattr(again, "claim_id", None) == mine
    with truth.take([mine], [State.ACCEPTED]) as unit:  # type: ignore[list-item]
        assert [(row.user, row.grant, row.limit_key) for row in unit.rows] == [(ODD, ODD, ODD)]


def test_view_shows_each_claim_where_it_stands(truth: Truth) -> None:
    """Open, issued and ended claims show what belongs to them; unknown ids are left out."""
    found(truth)
    waiting, parked, issued, ended = taken_in(truth, "a", "b", "c", "d")
    park([parked], "alone", store=truth, now=START, actor="worker")
    issue([issued], press(truth))
    cancel(ended, store=truth, now=START, account="shop", actor="shop:li")
    shown = truth.view([waiting, parked, issued, ended, NOWHERE])  # type: ignore[list-item]
    assert {claim_id: view.state for claim_id, view in shown.items()} == {
        waiting: State.ACCEPTED,
        parked: State.PARKED,
        issued: State.ISSUED,
        ended: State.CANCELLED,
    }
    assert (shown[waiting].coupon, shown[waiting].outcome) == (None, None)
    coupon = shown[issued].coupon
    assert coupon is not None
    assert (coupon.claim_id, coupon.amount, coupon.salt) == (issued, VALUE, 0)
    outcome = shown[ended].outcome
    assert outcome is not None
    assert (outcome.ending, outcome.actor) == (Ending.CANCELLED, "shop:li")


def test_view_of_nothing_is_nothing(truth: Truth) -> None:
    """Asking about no claims is allowed."""
    assert dict(truth.view([])) == {}


def test_stripes_add_up_after_each_kind_of_move(truth: Truth) -> None:
    """Money and counts follow claims through acceptance, issue and cancel."""
    found(truth)
    first, second, third = taken_in(truth, "a", "b", "c")
    assert sums(truth.stripes("festival")) == {
        "limit": FESTIVAL.budget,
        "available": FESTIVAL.budget - 3 * VALUE,
        "reserved": 3 * VALUE,
        "n_entered": 3,
        "n_accepted": 3,
    }
    issue([first], press(truth))
    cancel(second, store=truth, now=START, account="shop", actor="shop")
    park([third], "alone", store=truth, now=START, actor="worker")
    assert sums(truth.stripes("festival")) == {
        "limit": FESTIVAL.budget,
        "available": FESTIVAL.budget - 2 * VALUE,
        "reserved": VALUE,
        "issued": VALUE,
        "n_entered": 3,
        "n_issued": 1,
        "n_cancelled": 1,
        "n_parked": 1,
    }


def test_lanes_are_campaigns_and_tiers_with_accepted_claims(truth: Truth) -> None:
    """A lane is there while something in it waits to be issued."""
    found(truth)
    found(truth, id="quiet")
    taken_in(truth, "a", "b", tier=Tier.P0)
    (done,) = taken_in(truth, "c", tier=Tier.P3)
    urgent, patient = Lane("festival", Tier.P0), Lane("festival", Tier.P3)
    assert list(truth.lanes()) == [LaneSight(urgent, 2), LaneSight(patient, 1)]
    issue([done], press(truth))
    assert list(truth.lanes()) == [LaneSight(urgent, 2)]


@pytest.mark.parametrize("scope", BOTH)
def test_held_campaigns_have_no_lanes(truth: Truth, scope: str) -> None:
    """Nothing of a held campaign is offered, and of a held service nothing at all."""
    found(truth)
    taken_in(truth, "a")
    switch(truth, scope, held=True)
    assert list(truth.lanes()) == []
    switch(truth, scope, held=False)
    assert len(truth.lanes()) == 1


def test_ready_claims_come_oldest_first_behind_a_cursor(truth: Truth) -> None:
    """By the instant since which they are ready, then by id; the cursor itself is left out."""
    found(truth)
    claims = [claim(f"u{n}", accepted_at=START + n % 2) for n in range(6)]
    for one in claims:
        truth.write(writes(one, opened=(opened(one, offered_at=START + 9),)))
    lane = Lane("festival", Tier.P2)
    wanted = sorted((one.accepted_at, one.id) for one in claims)
    shown = truth.ready(lane, after=(0, NOWHERE), limit=100)  # type: ignore[arg-type]
    assert [(row.ready_at, row.id) for row in shown] == wanted
    assert {(row.offered_at, row.attempts) for row in shown} == {(START + 9, 0)}
    behind = truth.ready(lane, after=wanted[1], limit=2)
    assert [(row.ready_at, row.id) for row in behind] == wanted[2:4]
    assert truth.ready(lane, after=wanted[-1], limit=10) == []


def test_ready_is_of_one_lane_and_of_accepted_claims_only(truth: Truth) -> None:
    """Other tiers, other campaigns and parked claims don't stand in a lane."""
    found(truth)
    found(truth, id="other")
    mine, parked = taken_in(truth, "a", "b", tier=Tier.P1)
    taken_in(truth, "c", tier=Tier.P2)
    taken_in(truth, "d", tier=Tier.P1, campaign="other")
    park([parked], "alone", store=truth, now=START, actor="worker")
    shown = truth.ready(Lane("festival", Tier.P1), after=(0, NOWHERE), limit=10)  # type: ignore[arg-type]
    assert [row.id for row in shown] == [mine]


def test_a_campaign_comes_whole_or_not_at_all(truth: Truth) -> None:
    """Creating a campaign stores the very stripes that it was cut into."""
    found(truth, budget=VALUE * 10 + 7)
    wanted = stripes(replace(FESTIVAL, budget=VALUE * 10 + 7))
    shown = truth.stripes("festival")
    assert [[s[purse] for purse in Purse] for s in shown] == [
        [stripe[purse] for purse in Purse] for stripe in wanted
    ]
