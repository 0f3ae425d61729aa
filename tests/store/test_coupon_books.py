"""The books after many hands on few coupons: every law holds, whoever was first."""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from random import Random

import pytest

from fulfiller.domain.act import Verb
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import mint
from fulfiller.domain.outcome import Accepted
from fulfiller.service.issue import issue
from fulfiller.service.redeem import Handled, Order, handle
from fulfiller.store.opening import open_store
from fulfiller.store.proof import prove
from fulfiller.wiring import Truth
from tests.contract.crowd import together
from tests.contract.world import KEY, START, VALUE, ask, found, press, request, taken_in

HANDS, TURNS, COUPONS = 8, 10, 6
Open = Callable[[], Truth]


@pytest.fixture
def truth(store_url: str) -> Iterator[Truth]:
    """The store of the test itself."""
    with closing(open_store(store_url, application="test")) as store:
        yield store


@pytest.fixture
def open_one(store_url: str) -> Open:
    """Opens one more store on this test's database."""
    return lambda: open_store(store_url, application="test")


def _order(verb: Verb, claim_id: ClaimId, key: str) -> Order:
    lookup = mint(claim_id, 0, KEY).lookup
    return Order(verb=verb, lookup=lookup, account="owner", key=key, actor="test", hold_s=60)


def _broken(store_url: str) -> list[str]:
    return [finding.detail for finding in prove(store_url) if not finding.ok]


def _hand(store: Truth, ids: list[ClaimId], seed: int) -> int:
    """Check out again and again, and return how much of it was done."""
    dice = Random(seed)  # the same orders in every run; who is first differs
    done = 0
    for turn in range(TURNS):
        claim_id, key = dice.choice(ids), f"till {seed}, checkout {turn}"
        for verb in dice.choices(CHECKOUTS, WEIGHTS)[0]:
            order = _order(verb, claim_id, key)
            done += isinstance(handle(order, store=store, now=START), Handled)
    return done


CHECKOUTS = (
    (Verb.RESERVE, Verb.REDEEM, Verb.ROLL_BACK),
    (Verb.REDEEM, Verb.REDEEM, Verb.ROLL_BACK, Verb.REDEEM),
    (Verb.RESERVE, Verb.RELEASE, Verb.RELEASE),
    (Verb.REVOKE,),
)
WEIGHTS = (5, 5, 5, 0.1)


def test_many_hands_on_few_coupons_leave_books_that_balance(
    truth: Truth, open_one: Open, store_url: str
) -> None:
    """Eight tills do everything at once to six coupons: no law is broken by any order of it."""
    found(truth, stripes=2)
    ids = taken_in(truth, *(f"u{n}" for n in range(COUPONS)))
    issue(ids, press(truth))
    works = [partial(_hand, ids=ids, seed=seed) for seed in range(HANDS)]
    assert sum(together(open_one, works)) > 2 * HANDS
    assert _broken(store_url) == []


def test_money_that_a_revocation_frees_is_claimed_once(
    truth: Truth, open_one: Open, store_url: str
) -> None:
    """Sold out, one coupon revoked, a crowd asks at once: one of them gets its money."""
    found(truth, budget=2 * VALUE, stripes=2)
    ids = taken_in(truth, "li", "wang")
    issue(ids, press(truth))
    assert taken_in(truth, "too late") == []
    revoked = handle(_order(Verb.REVOKE, ids[0], "one"), store=truth, now=START)
    assert isinstance(revoked, Handled)
    works = [partial(_claimed, user=f"u{n}") for n in range(8)]
    assert sum(together(open_one, works)) == 1
    assert _broken(store_url) == []


def _claimed(store: Truth, user: str) -> bool:
    (answer,) = ask(store, request(user))
    return isinstance(answer, Accepted)
