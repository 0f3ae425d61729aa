"""Outcomes in sealed order, on every store: nobody else's, none twice, none left out."""

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.event import Kind
from fulfiller.service import outcomes as followed
from fulfiller.service.issue import issue
from fulfiller.service.move import cancel
from fulfiller.service.outcomes import Ended, outcomes
from fulfiller.service.seal import seal
from fulfiller.wiring import Truth
from tests.contract.world import START, found, new_id, press, taken_in


def sealed(store: Truth) -> None:
    """Seal all that happened so far."""
    fence = store.lease("keeper", "test", ttl_s=60)
    assert fence is not None
    while seal(store=store, fence=fence):
        pass


def heard(store: Truth, account: str = "shop", after: int = 0) -> list[Ended]:
    """Return everything an account hears from a number on, page by page."""
    said: list[Ended] = []
    more = True
    while more:
        page = outcomes(account, after, store=store)
        assert page.after >= after
        said, after, more = [*said, *page.outcomes], page.after, page.more
    return said


def test_sealed_events_are_read_by_number_and_kind(truth: Truth) -> None:
    """Only what is sealed, only the kinds asked for, in order, as many as asked for."""
    found(truth)
    ids = taken_in(truth, "li", "wang")
    issue(ids, press(truth))
    assert truth.sealed(after=0, kinds=list(Kind), limit=10) == []
    sealed(truth)
    every = truth.sealed(after=0, kinds=list(Kind), limit=10)
    assert [each.number for each in every] == [1, 2, 3]
    issued = truth.sealed(after=0, kinds=[Kind.CLAIM_ISSUED], limit=10)
    assert [(each.number, each.event.kind) for each in issued] == [(3, Kind.CLAIM_ISSUED)]
    assert truth.sealed(after=3, kinds=list(Kind), limit=10) == []
    assert [each.number for each in truth.sealed(after=1, kinds=list(Kind), limit=1)] == [2]


def test_each_end_is_heard_once_and_in_order(truth: Truth) -> None:
    """Issued and cancelled claims come in the order of their seals; open ones don't come."""
    found(truth)
    first, second, third = taken_in(truth, "li", "wang", "zhao")
    issue([first], press(truth))
    assert cancel(second, store=truth, now=START, account="shop", actor="test")
    sealed(truth)
    said = heard(truth)
    assert [(end.view.claim.id, end.kind) for end in said] == [
        (first, Kind.CLAIM_ISSUED),
        (second, Kind.CLAIM_CANCELLED),
    ]
    assert said[0].view.coupon is not None
    issue([third], press(truth))
    sealed(truth)
    later = heard(truth, after=said[-1].after)
    assert [end.view.claim.id for end in later] == [third]


def test_an_account_hears_of_its_own_claims_alone(truth: Truth) -> None:
    """One task may issue for many accounts; each hears its part and goes on behind it."""
    found(truth)
    mine = taken_in(truth, "li", "wang")
    theirs = taken_in(truth, "zhao", account="other")
    issue([*mine, *theirs], press(truth))
    sealed(truth)
    assert {end.view.claim.id for end in heard(truth)} == set(mine)
    assert {end.view.claim.id for end in heard(truth, "other")} == set(theirs)
    assert heard(truth, "nobody") == []
    newest = truth.last_seal()
    assert newest is not None
    assert outcomes("nobody", 0, store=truth).after == newest.number


def test_who_stops_amid_a_number_hears_that_number_again(truth: Truth) -> None:
    """Each outcome says behind what to resume once it is dealt with: none is ever left out."""
    found(truth)
    ids = taken_in(truth, "li", "wang", "zhao")
    issue(ids, press(truth))
    sealed(truth)
    said = heard(truth)
    assert len({end.number for end in said}) == 1
    for dealt_with, end in enumerate(said, start=1):
        again = {one.view.claim.id for one in heard(truth, after=end.after)}
        assert again >= {one.view.claim.id for one in said[dealt_with:]}
    assert heard(truth, after=said[-1].after) == []


def test_a_page_is_bounded_and_cuts_no_event(truth: Truth) -> None:
    """Pages hold about a thousand claims, and all of them together everything, once."""
    found(truth, per_user_limit=1)
    ids: list[ClaimId] = []
    for task in range(5):
        part = taken_in(truth, *(f"u{task}-{n}" for n in range(300)))
        issue(part, press(truth))
        ids += part
    sealed(truth)
    page = outcomes("shop", 0, store=truth)
    assert page.more
    assert len(page.outcomes) == followed.CLAIMS_MAX // 300 * 300
    assert [end.view.claim.id for end in heard(truth)] == ids


def test_what_is_others_is_passed_over_on_one_page(truth: Truth) -> None:
    """Who has one outcome behind a hundred of others hears it with the first question."""
    found(truth)
    theirs = taken_in(truth, *(f"u{n}" for n in range(2 * followed.EVENTS_MAX)), account="other")
    mine = taken_in(truth, "li")
    for claim_id in [*theirs, *mine]:
        issue([claim_id], press(truth))
    sealed(truth)
    page = outcomes("shop", 0, store=truth)
    assert [end.view.claim.id for end in page.outcomes] == mine
    assert not page.more
    assert truth.of_account("shop", [*theirs[:1], *mine, ClaimId(new_id())]) == set(mine)
