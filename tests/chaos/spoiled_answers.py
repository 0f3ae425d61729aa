"""Corruptions of what clients were shown, of refusals, of codes, and of calls as such."""

from functools import partial

from msgspec.structs import replace

from fulfiller.chaos.history import Ask, Line, Phase
from fulfiller.domain.code import grouped, mint
from fulfiller.domain.validity import SECOND
from tests.chaos.spoiling import Case, Spoiled, spoils
from tests.service.stall import KEY

ANSWERS: dict[str, Spoiled] = {}
_spoils = partial(spoils, ANSWERS)
LONG = 200 * SECOND


@_spoils("S5")
def _a_claim_was_shown_declined_that_is_issued(case: Case) -> None:
    case.says("look at wang parked", state="declined")


@_spoils("S5")
def _a_claim_was_shown_issued_that_is_cancelled(case: Case) -> None:
    case.says("li twice again", state="issued")


@_spoils("S5")
def _an_issued_claim_was_shown_open_later_on(case: Case) -> None:
    case.says("look at li's coupon again", state="accepted", code="")


@_spoils("S5")
def _an_accepted_claim_was_shown_waitlisted_later_on(case: Case) -> None:
    case.says("look at wang parked", state="waitlisted")


@_spoils("S5")
def _an_accepted_claim_waits_in_the_end(case: Case) -> None:
    case.says("kept waiting", state="accepted")


@_spoils("S5")
def _a_claim_was_shown_two_codes(case: Case) -> None:
    case.says("look at li's coupon again", code=_code(case, "wang"))


@_spoils("S5")
def _a_cancel_that_was_ok_was_none(case: Case) -> None:
    case.says("cancel wang in vain", Phase.OK, state="", why="")


@_spoils("S7")
def _sold_out_is_said_before_anybody_looked(case: Case) -> None:
    _at(case, "one too many", -LONG)


@_spoils("S7")
def _sold_out_is_said_after_money_came_back(case: Case) -> None:
    _at(case, "one too many", 90 * SECOND)


@_spoils("S7")
def _sold_out_is_said_of_a_campaign_with_money(case: Case) -> None:
    case.asks("one too many", campaign="festival")


@_spoils("S7")
def _a_user_is_at_a_limit_without_claims(case: Case) -> None:
    case.asks("li thrice", user="nobody so far")


@_spoils("S7")
def _a_user_is_at_a_limit_before_the_claims_came(case: Case) -> None:
    _at(case, "li thrice", -LONG)


@_spoils("S7")
def _an_identity_is_taken_that_nobody_has(case: Case) -> None:
    case.asks("li of another shop", grant="seventh")


@_spoils("S7")
def _an_identity_is_taken_that_is_ones_own(case: Case) -> None:
    case.asks("li of another shop", account="shop")


@_spoils("S7")
def _a_key_is_reused_with_its_own_body(case: Case) -> None:
    case.asks("li otherwise", body=case.line("li", last=False).body)


@_spoils("S7")
def _a_key_is_reused_that_was_never_used(case: Case) -> None:
    case.asks("li otherwise", key="a new one")


@_spoils("S7")
def _a_campaign_is_over_that_is_not(case: Case) -> None:
    case.asks("too late", campaign="festival")


@_spoils("S7")
def _a_campaign_is_not_open_that_is(case: Case) -> None:
    case.asks("too early", campaign="festival")


@_spoils("S7")
def _a_campaign_is_unknown_that_is_there(case: Case) -> None:
    case.asks("unknown", campaign="festival")


@_spoils("S7")
def _a_waitlist_is_full_that_is_not(case: Case) -> None:
    _at(case, "finds no place", -LONG)


@_spoils("S7")
def _a_waitlist_is_full_that_has_no_end(case: Case) -> None:
    case.asks("finds no place", campaign="rush")


@_spoils("S7")
def _a_refusal_has_no_reason(case: Case) -> None:
    case.says("li thrice", why="")


@_spoils("S7")
def _a_refusal_has_a_reason_that_is_none(case: Case) -> None:
    case.says("li thrice", why="we_are_busy")


@_spoils("S7")
def _a_claim_can_not_be_cancelled_that_is_open(case: Case) -> None:
    case.asks("cancel li in vain", claim_id=f"clm_{case.names['held']}")


@_spoils("S7")
def _a_claim_is_unknown_that_is_there(case: Case) -> None:
    case.says("look at wang", Phase.FAIL, state="", code="", why="unknown_claim", claim_id="")
    _at(case, "look at wang", LONG)


@_spoils("S8")
def _a_coupon_is_not_found_by_its_code(case: Case) -> None:
    case.edit("coupons", lambda c: c.claim_id == case.names["wang"], lookup=b"elsewhere")


@_spoils("S8")
def _two_coupons_have_one_code(case: Case) -> None:
    lookup = mint(case.names["li"], 0, KEY).lookup
    case.edit("coupons", lambda c: c.claim_id == case.names["wang"], lookup=lookup)


@_spoils("S8")
def _a_code_is_that_of_another_coupon(case: Case) -> None:
    case.says("look at wang", code=_code(case, "li"))


@_spoils("S8")
def _a_code_was_shown_without_a_coupon(case: Case) -> None:
    case.says("look at zhao", code=_code(case, "li"))


@_spoils("S8")
def _a_code_is_in_a_log(case: Case) -> None:
    case.set(captured=(b"all is well", f'{{"code": "{_code(case, "li")}"}}'.encode()))


@_spoils("S8")
def _a_code_is_in_a_longer_word(case: Case) -> None:
    plain = _code(case, "li").replace("-", "").lower()
    case.set(captured=(f"key=aaaa{plain}bbbb;".encode(),))


@_spoils("Q1")
def _an_answer_came_after_its_deadline(case: Case) -> None:
    case.says("kept waiting", mono=case.line("kept waiting").mono + 60)


@_spoils("Q1")
def _a_call_was_completed_twice(case: Case) -> None:
    case.add(case.line("wang"))


@_spoils("Q1")
def _a_call_was_completed_that_nobody_made(case: Case) -> None:
    case.add(replace(case.line("wang"), call=10_000))


@_spoils("Q1")
def _a_call_was_made_twice(case: Case) -> None:
    case.add(case.line("came to nothing", last=False))


@_spoils("Q1")
def _a_client_makes_two_calls_at_once(case: Case) -> None:
    vanished = case.line("vanished")
    case.add(replace(vanished, call=10_000, key="another", mono=9_999.0))


@_spoils("Q1")
def _a_claim_is_ok_without_an_id(case: Case) -> None:
    case.says("li again", claim_id="")


@_spoils("Q1")
def _a_call_was_answered_to_another_client(case: Case) -> None:
    case.says("wang", proc="somebody else")


@_spoils("Q1")
def _an_answer_came_before_its_question(case: Case) -> None:
    case.says("wang", mono=0.0)


@_spoils("S7", "L2")
def _everybody_is_refused(case: Case) -> None:
    """A service that does nothing at all, and says that it is sold out."""
    fields = {"proc": "client", "ask": Ask.CLAIM, "account": "shop", "campaign": "over"}
    case.terms("over", closes_at=case.books.campaigns["festival"].closes_at)
    case.forget("too late")
    for number in range(10_000, 10_100):
        wall, key = case.books.at, f"key {number}"
        asked = Line(call=number, phase=Phase.INVOKE, mono=1e6, wall=wall, key=key, **fields)  # type: ignore[arg-type]
        told = replace(asked, phase=Phase.FAIL, why="sold_out", key="", account="", campaign="")
        case.add(asked, told)


def _at(case: Case, call: str, later: int) -> None:
    """Let a call have taken place at another time by the wall."""
    case.asks(call, wall=case.line(call, last=False).wall + later)
    case.says(call, wall=case.line(call).wall + later)


def _code(case: Case, name: str) -> str:
    return grouped(mint(case.names[name], 0, KEY).code)
