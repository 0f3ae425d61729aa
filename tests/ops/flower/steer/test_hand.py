"""The hand: a store that does not answer keeps no page waiting, and late work is left alone."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Event

import pytest

from fulfiller.domain.error import StoreUnavailable
from fulfiller.ops.flower.steer.hand import Hand
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import found
from tests.waiting import until


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    """A store of this test's own."""
    with closing(open_store(sqlite_url, application="test")) as opened:
        yield opened


def test_work_that_has_not_begun_in_time_never_does(sqlite_url: str, store: SqlStore) -> None:
    """While the store is slow each page says so; nobody finds later that it was done after all."""
    goes_on, opened = Event(), []

    def slow() -> SqlStore:
        assert goes_on.wait(10)
        opened.append(open_store(sqlite_url))
        return opened[-1]

    hand = Hand(slow, patience_s=0.05)
    for work in (lambda truth: found(truth, id="begun"), lambda truth: found(truth, id="late")):
        with pytest.raises(StoreUnavailable, match="has not answered for"):
            asyncio.run(hand.do(work))
    goes_on.set()

    def answers() -> bool:
        with suppress(StoreUnavailable):
            return asyncio.run(hand.do(lambda truth: truth.now())) > 0
        return False

    until(answers)
    # What has begun goes through: that it may is what the page says.
    assert {campaign.id for campaign in store.campaigns()} == {"begun"}
    opened[0].close()
