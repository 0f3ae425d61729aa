"""The books say the same of the same acts, whichever store keeps them."""

from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import count

import pytest

from fulfiller.chaos.books import Books
from fulfiller.chaos.reading import books_of
from fulfiller.domain.event import Event
from fulfiller.domain.stripe import Stripe
from fulfiller.domain.verdict import Verdict
from fulfiller.domain.verdict import read as verdict_read
from fulfiller.service.log import Seal
from fulfiller.store.memory import MemoryStore
from fulfiller.store.sqlstore import SqlStore
from tests.contract import world
from tests.contract.world import KEY, START
from tests.store.healthy import healthy

ITS_OWN = ("at", "places", "in_commit_order")
"""What a store may say in its own way."""


def _filled(store: MemoryStore | SqlStore, monkeypatch: pytest.MonkeyPatch) -> Books:
    """Return the books of a store in which everything has happened, with ids from 1 on."""
    monkeypatch.setattr(world, "_numbers", count(1))
    healthy(store)
    return books_of(store, keys={KEY.id: KEY}, captured=(b"a task",))


def _same(books: Books) -> dict[str, object]:
    """Return books by part, without what databases number in their own way."""
    named = {field.name: getattr(books, field.name) for field in fields(Books)}
    named["stripes"] = [_bare(stripe) for stripe in books.stripes]
    named["seals"] = [seal.number for seal in books.seals]
    named["events"] = [_told(event) for event in books.events]
    return {name: part for name, part in named.items() if name not in ITS_OWN}


def _told(event: Event) -> tuple[Event, Verdict | str]:
    """Return an event with its verdict as such: a store may have written 20 as 20.0."""
    by_itself = event.detail.startswith("{")
    said = verdict_read(event.detail) if by_itself else event.detail
    return replace(event, detail=""), said


def _bare(stripe: Stripe) -> Stripe:
    """Return a stripe without its zeros, which a store may show or leave out."""
    return replace(
        stripe,
        money={purse: amount for purse, amount in stripe.money.items() if amount},
        counts={tally: number for tally, number in stripe.counts.items() if number},
    )


def _sealed(seals: Sequence[Seal], places: Sequence[tuple[int, int]]) -> bool:
    return [seal.position for seal in seals] == list(places[: len(seals)])


def test_every_store_has_the_same_books(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims, coupons, money, modes and log come out equal, in the same order."""
    ours = _filled(MemoryStore(now=lambda: START), monkeypatch)
    theirs = _filled(store, monkeypatch)
    assert _same(theirs) == _same(ours)
    for books in (ours, theirs):
        assert len(books.events) > len(books.seals) > 0
        assert _sealed(books.seals, books.places)
        assert list(books.places) == sorted(books.places)
    assert theirs.at > START
    assert ours.in_commit_order
