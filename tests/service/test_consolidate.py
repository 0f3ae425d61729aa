"""Consolidate: counted under lock, nothing is lost, and what is gone is marked as gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfiller.domain.error import StoreUnavailable
from fulfiller.domain.event import Kind
from fulfiller.domain.stripe import Purse
from fulfiller.service.consolidate import consolidate
from fulfiller.service.create import create
from fulfiller.service.move import cancel
from fulfiller.store.memory import MemoryStore
from tests.domain.festival import OPENING, VALUE, festival
from tests.service.stall import Stall, last, wish


def _consolidate(stall: Stall) -> int:
    return consolidate("festival", store=stall.store, now=stall.now)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 3 * VALUE), min_size=4, max_size=4))
def test_money_is_gathered_to_the_last_unit(available: list[int]) -> None:
    """Whatever lay where, the sum is the same, and as few fragments as can be are left."""
    stall = Stall(festival(budget=max(VALUE, sum(available))))
    stall.scatter(*available)
    assert _consolidate(stall) == sum(available)
    laid = stall.available()
    assert sum(laid) == sum(available)
    assert [money % VALUE for money in laid] == [sum(available) % VALUE, 0, 0, 0]
    assert [stripe.broken() for stripe in stall.store.stripes("festival")] == [None] * 4
    assert stall.store.shelves.modes["festival"].exhausted == (sum(available) < VALUE)
    (event,) = stall.events(Kind.BUDGET_GATHERED)
    assert event.detail == f"available {sum(available)}"


def test_what_is_in_use_stays_where_it_is() -> None:
    """Money of claims and coupons does not move with what is gathered."""
    stall = Stall(last(6))
    claims = stall.claims(4)
    stall.issue(claims[0])
    assert _consolidate(stall) == 2 * VALUE
    assert (stall.money(Purse.RESERVED), stall.money(Purse.ISSUED)) == (3 * VALUE, VALUE)
    stall.audit()


def test_gathering_again_moves_nothing() -> None:
    """A second count finds all in order and says the same."""
    stall = Stall(last(5))
    stall.scatter(VALUE // 2, VALUE // 2, 4 * VALUE, 0)
    assert _consolidate(stall) == _consolidate(stall) == 5 * VALUE
    assert stall.available() == [2 * VALUE, VALUE, VALUE, VALUE]


def test_a_rest_that_pays_for_no_coupon_is_no_money() -> None:
    """It is kept on the first stripe, and the campaign is sold out."""
    stall = Stall(festival(budget=VALUE + VALUE - 1))
    stall.claims(1)
    assert _consolidate(stall) == VALUE - 1
    assert stall.available() == [VALUE - 1, 0, 0, 0]
    assert stall.store.shelves.modes["festival"].exhausted
    stall.audit()


def test_an_unknown_campaign_has_nothing() -> None:
    """Nothing is locked and nothing is written."""
    stall = Stall()
    assert consolidate("nowhere", store=stall.store, now=stall.now) == 0
    assert stall.events(Kind.BUDGET_GATHERED) == []


def test_a_fault_in_the_middle_leaves_all_as_it_was() -> None:
    """Without the commit nothing was gathered, and the locks are free again."""
    stall = Stall()
    stall.scatter(VALUE - 1, 1, 0, 0)
    before = stall.available()
    with pytest.raises(StoreUnavailable), stall.store.lock("festival"):
        raise StoreUnavailable("the line is cut")
    assert stall.available() == before
    assert _consolidate(stall) == VALUE


class MustWait(Exception):
    """A row is locked by somebody else."""


class Meddled(MemoryStore):
    """A store at which somebody cancels a claim between the two steps of a count."""

    def __init__(self) -> None:
        """Say so, instead of waiting, when a row is locked."""
        super().__init__(lambda: OPENING, pause=self._say_so)
        self.meddler: Any = None

    @contextmanager
    def lock(self, campaign: str) -> Iterator[Any]:
        """Lock, and let the other one try."""
        with super().lock(campaign) as unit:
            with pytest.raises(MustWait):
                self.meddler()
            yield unit

    def _say_so(self) -> None:
        raise MustWait


def test_money_cannot_come_back_while_it_is_counted() -> None:
    """A cancel waits for the count, so that no coupon is forgotten by "sold out"."""
    stall = Stall()
    stall.store = store = Meddled()  # type: ignore[assignment]
    create(last(1), store=store, now=OPENING, actor="test")
    (claim,) = stall.claims(1)
    store.meddler = lambda: cancel(claim, store=store, now=OPENING, account="shop", actor="shop")
    assert _consolidate(stall) == 0
    assert store.shelves.modes["festival"].exhausted
    assert store.meddler()
    assert stall.money(Purse.AVAILABLE) == VALUE
    stall.audit()
    stall.accept(wish("next"))
    assert stall.available() == [0] * 4
