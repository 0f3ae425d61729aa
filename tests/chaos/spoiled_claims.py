"""Corruptions of claims, coupons and money."""

from dataclasses import replace
from functools import partial

from msgspec import structs

from fulfiller.chaos.history import Ask, Phase
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import mint
from fulfiller.domain.event import Kind
from fulfiller.domain.outcome import Ending, Outcome
from fulfiller.domain.stripe import Purse
from fulfiller.domain.validity import SECOND
from tests.chaos.spoiling import Case, Spoiled, spoils
from tests.contract.world import opened
from tests.domain.festival import VALUE
from tests.service.stall import KEY

CLAIMS: dict[str, Spoiled] = {}
_spoils = partial(spoils, CLAIMS)


@_spoils("S1")
def _a_claim_has_two_coupons(case: Case) -> None:
    li = case.names["li"]
    (coupon,) = (each for each in case.books.coupons if each.claim_id == li)
    other = structs.replace(coupon, salt=1, lookup=mint(li, 1, KEY).lookup)
    case.set(coupons=[*case.books.coupons, other])


@_spoils("S1")
def _a_coupon_is_stored_twice(case: Case) -> None:
    case.set(coupons=[*case.books.coupons, case.books.coupons[-1]])


@_spoils("S2")
def _a_user_has_more_than_is_allowed(case: Case) -> None:
    case.terms("festival", per_user_limit=1)


@_spoils("S2")
def _a_grant_is_held_twice(case: Case) -> None:
    case.edit("claims", lambda claim: claim.id == case.names["li anew"], grant="default")
    case.asks("li anew", grant="default")


@_spoils("S2")
def _a_slot_was_held_twice_before_a_cancel(case: Case) -> None:
    (cancelled,) = (each for each in case.books.claims if each.id == case.names["li twice"])
    slot = {"slot": cancelled.slot, "slot_turn": cancelled.slot_turn}
    case.edit("claims", lambda claim: claim.id == case.names["li anew"], **slot)


@_spoils("S2")
def _a_grant_was_held_twice_before_a_cancel(case: Case) -> None:
    case.edit("claims", lambda claim: claim.id == case.names["li anew"], turn=0)


@_spoils("S2")
def _a_slot_is_none_that_there_is(case: Case) -> None:
    case.edit("claims", lambda claim: claim.id == case.names["li"], slot=3)


@_spoils("S3", "S4")
def _a_snapshot_shows_more_than_the_budget(case: Case) -> None:
    _purses(case, "small", available=-VALUE, reserved=VALUE)


@_spoils("S3", "S4", "S9")
def _more_is_spent_than_the_budget(case: Case) -> None:
    case.terms("small", budget=2 * VALUE)


@_spoils("S4")
def _a_snapshot_has_lost_money(case: Case) -> None:
    _purses(case, "festival", available=-VALUE)


@_spoils("S4")
def _a_snapshot_has_made_money(case: Case) -> None:
    _purses(case, "festival", limit=VALUE, available=VALUE)


@_spoils("S4")
def _a_stripe_does_not_balance(case: Case) -> None:
    case.stripe("held", 0, available=1)


@_spoils("S4")
def _money_is_in_the_wrong_stripe(case: Case) -> None:
    case.stripe("small", 0, issued=VALUE, limit=VALUE)
    case.stripe("small", 1, issued=-VALUE, limit=-VALUE)


@_spoils("S4")
def _issued_money_counts_as_reserved(case: Case) -> None:
    case.stripe("small", 0, issued=-VALUE, reserved=VALUE)


@_spoils("S4")
def _a_revoked_coupon_keeps_its_money(case: Case) -> None:
    revoked = case.names["revoked"]
    (coupon,) = (each for each in case.books.coupons if each.claim_id == revoked)
    case.stripe("festival", coupon.stripe, available=-VALUE, issued=VALUE)


@_spoils("S4")
def _a_stripe_is_gone(case: Case) -> None:
    case.drop("stripes", lambda stripe: stripe.key.campaign == "later")


@_spoils("S5")
def _a_claim_has_two_outcomes(case: Case) -> None:
    case.set(outcomes=[*case.books.outcomes, case.books.outcomes[0]])


@_spoils("S5", "S11")
def _a_claim_is_issued_and_declined(case: Case) -> None:
    issued = next(event for event in case.books.events if event.kind is Kind.CLAIM_ISSUED)
    outcome = Outcome(
        claim_id=issued.ids[0],
        campaign="festival",
        ending=Ending.DECLINED,
        reason="no stock",
        actor="eligibility",
        at=issued.at,
    )
    case.set(outcomes=[*case.books.outcomes, outcome])


@_spoils("S6")
def _nobody_has_asked_for_a_claim(case: Case) -> None:
    case.forget("untouched")


@_spoils("S6")
def _a_claim_is_of_another_user(case: Case) -> None:
    case.asks("untouched", user="somebody else")


@_spoils("S6")
def _a_claim_is_of_another_tier(case: Case) -> None:
    case.asks("untouched", tier=0)


@_spoils("S6")
def _a_claim_has_another_limit_key(case: Case) -> None:
    case.asks("steady 3", limit_key="merchant")


@_spoils("S6")
def _claims_are_worth_something_else(case: Case) -> None:
    value = case.books.campaigns["paced"].value
    case.terms("paced", value=replace(value, amount=VALUE - 100))


@_spoils("S6")
def _nobody_has_cancelled_what_was_cancelled(case: Case) -> None:
    case.forget("leave the line")


@_spoils("S6")
def _nobody_has_asked_to_revoke(case: Case) -> None:
    case.forget("revoke")


@_spoils("S6")
def _another_coupon_was_to_be_revoked(case: Case) -> None:
    case.asks("revoke", code=case.line("redeem", last=False).code)


@_spoils("S6")
def _a_coupon_is_of_another_account(case: Case) -> None:
    case.edit("coupons", lambda c: c.claim_id == case.names["untouched"], account="kiosk")


@_spoils("S6")
def _an_open_row_is_of_another_user(case: Case) -> None:
    case.edit("opened", lambda row: row.id == case.names["held"], user="somebody else")


@_spoils("S6", "S10", "S5")
def _somebody_is_given_the_claim_of_another(case: Case) -> None:
    case.says("untouched", claim_id=f"clm_{case.names['revoked']}")


@_spoils("S10")
def _the_same_key_with_another_body_is_ok(case: Case) -> None:
    li = case.line("li again")
    case.says("li otherwise", Phase.OK, claim_id=li.claim_id, state=li.state, why="")


@_spoils("S10")
def _the_same_key_leads_to_another_claim(case: Case) -> None:
    case.says("li twice again", claim_id=f"clm_{case.names['li anew']}", state="accepted")


@_spoils("S10")
def _a_key_was_forgotten(case: Case) -> None:
    case.drop("bindings", lambda binding: binding.key == "li by another key")


@_spoils("S10")
def _a_look_is_told_of_another_claim(case: Case) -> None:
    case.says("look at li", claim_id=f"clm_{case.names['li anew']}")


@_spoils("S11", "L1", "L5")
def _a_claim_is_issued_and_still_open(case: Case) -> None:
    (claim,) = (each for each in case.books.claims if each.id == case.names["untouched"])
    case.set(opened=[*case.books.opened, opened(claim)])


@_spoils("S11", ahead=("S4",))
def _a_claim_is_nowhere(case: Case) -> None:
    case.drop("coupons", lambda coupon: coupon.claim_id == case.names["untouched"])


@_spoils("S11")
def _a_coupon_was_there_before_its_claim(case: Case) -> None:
    number = case.event(Kind.CLAIM_ISSUED, "during the move")
    early = case.books.events[number].at - 1_000 * SECOND
    case.edit("coupons", lambda c: c.claim_id == case.names["during the move"], issued_at=early)
    case.rewrite(number, at=early)


@_spoils("S11")
def _a_claim_was_declined_before_it_came(case: Case) -> None:
    number = case.event(Kind.CLAIM_DECLINED, "zhao")
    early = case.books.events[number].at - 100 * SECOND
    case.edit("outcomes", lambda outcome: outcome.claim_id == case.names["zhao"], at=early)
    case.rewrite(number, at=early)


@_spoils("L1")
def _a_promised_claim_is_gone(case: Case) -> None:
    gone = structs.replace(case.books.bindings[0], key="came to nothing", claim_id=NOBODY)
    case.set(bindings=[*case.books.bindings, gone])
    case.says("came to nothing", Phase.OK, claim_id=f"clm_{NOBODY}", state="accepted", why="")


@_spoils("L1")
def _what_was_done_to_a_coupon_is_gone(case: Case) -> None:
    case.says("reserve under another key", Phase.OK, state="reserved", why="")


@_spoils("L1", "L5")
def _a_claim_is_never_issued(case: Case) -> None:
    case.mode("held", held=False, hold=None)
    number = case.event(Kind.MODE_HELD)
    case.insert(number + 1, replace(case.books.events[number], kind=Kind.MODE_UNHELD))


@_spoils("L5")
def _a_claim_waits_in_line_for_ever(case: Case) -> None:
    row = case.books.modes["closed"]
    assert row.breaker is not None
    flowing = replace(row.breaker, mode=row.mode.FLOWING, forced=None)
    case.mode("closed", mode=flowing.mode, breaker=flowing)
    number = case.event(Kind.MODE_PAUSED, campaign="closed")
    case.insert(number + 1, replace(case.books.events[number], kind=Kind.MODE_FLOWING))


@_spoils("L2")
def _money_is_left_though_people_were_sent_away(case: Case) -> None:
    case.stripe("small", 0, limit=VALUE, available=VALUE)
    case.terms("small", budget=4 * VALUE + 7)
    number = case.event(Kind.CAMPAIGN_CREATED, campaign="small")
    case.rewrite(number, amount=4 * VALUE + 7)
    _purses(case, "small", limit=VALUE, available=VALUE)


@_spoils("L2")
def _a_campaign_counts_as_sold_out_with_money_left(case: Case) -> None:
    case.mode("festival", exhausted=True)


NOBODY = ClaimId("01900000-0000-7000-8000-ffffffffffff")


def _purses(case: Case, campaign: str, **changes: int) -> None:
    """Add to what every snapshot says of a campaign's purses."""
    for name in [name for name in case.calls if name.startswith("snapshot")]:
        line = case.line(name)
        assert line.ask is Ask.SNAPSHOT
        assert line.purses is not None
        mine = line.purses[campaign]
        changed = {Purse(purse): mine[purse] + amount for purse, amount in changes.items()}
        purses = {str(purse): amount for purse, amount in (mine | changed).items()}
        case.says(name, purses=line.purses | {campaign: purses})
