"""The books of a measurement: closed only when claims, ledger and coupons tell one story."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import CodeKey
from fulfiller.ops.bench.books import Books, BooksBroken, check_laws
from fulfiller.ops.bench.claims import open_campaign, preload
from fulfiller.service.issue import Press, issue
from fulfiller.store.opening import open_store

CLAIMS = 1_200
Issue = Callable[[tuple[ClaimId, ...]], object]


@pytest.fixture
def books(store_url: str) -> Iterator[Books]:
    """The books of a fresh campaign."""
    with closing(open_store(store_url)) as store:
        yield Books(store, open_campaign("bench", store=store))


@pytest.fixture
def issue_all(books: Books, store_url: str) -> Iterator[Issue]:
    """Issue these claims as the floor does."""
    key = CodeKey.derive(1, bytes(32))
    # The clock is read in the midst of transactions and needs a connection of its own.
    with closing(open_store(store_url)) as clock:
        yield lambda ids: issue(ids, Press(store=books.store, key=key, now=clock.now))


def test_a_backlog_is_preloaded_in_full_groups(books: Books) -> None:
    """Claims of as many users lie ready, and nobody was offered them."""
    ids = preload(books.campaign, CLAIMS, store=books.store)
    assert len(set(ids)) == CLAIMS
    assert (books.entered(), books.issued()) == (CLAIMS, 0)
    assert books.per_commit() == pytest.approx(CLAIMS / 3)


def test_books_close_when_every_claim_has_its_coupon(
    books: Books, issue_all: Issue, store_url: str
) -> None:
    """What was measured can then be believed, and what it took can be read."""
    ids = preload(books.campaign, 6, store=books.store)
    issue_all(tuple(ids[:2]))
    issue_all(tuple(ids[2:]))
    books.close(6)
    check_laws(store_url)
    assert books.per_hint() == 3
    assert len(books.waits()) == 6
    assert books.waits().percentiles_ms()["p50"] > 0


@pytest.mark.parametrize(("issued", "claimed"), [(5, 6), (6, 7), (6, 5)])
def test_books_that_differ_are_broken(
    books: Books, issue_all: Issue, issued: int, claimed: int
) -> None:
    """A claim without a coupon, or a count that nobody promised, makes figures worthless."""
    ids = preload(books.campaign, 6, store=books.store)
    issue_all(tuple(ids[:issued]))
    with pytest.raises(BooksBroken, match="bench"):
        books.close(claimed)


def test_books_without_coupons_close_when_every_claim_is_in_them(
    books: Books, issue_all: Issue
) -> None:
    """Where nobody issues, a claim too few or a coupon too many makes figures worthless."""
    ids = preload(books.campaign, 6, store=books.store)
    books.close_unissued(6)
    with pytest.raises(BooksBroken, match="6 entered"):
        books.close_unissued(7)
    issue_all(tuple(ids[:1]))
    with pytest.raises(BooksBroken, match="1 issued"):
        books.close_unissued(6)


def test_a_broken_law_is_named(books: Books, store_url: str) -> None:
    """Counts may agree where rows do not, so the laws are proven besides."""
    preload(books.campaign, 6, store=books.store)
    with closing(open_store(store_url)) as store, store.link.engine.begin() as vandal:
        vandal.exec_driver_sql("delete from open_claim")
    with pytest.raises(BooksBroken):
        check_laws(store_url)
