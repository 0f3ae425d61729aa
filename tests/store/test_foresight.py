"""Rates that were read once come along with the next take, without a round trip of their own."""

from collections.abc import Iterator, Sequence

import pytest

from fulfiller.domain.claim import Stage
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE, RateScope
from fulfiller.service.issue import issue
from fulfiller.store.link import Result
from fulfiller.store.sqlite import SqliteLink
from fulfiller.store.sqlstore import SqlStore
from fulfiller.store.statement import Step
from fulfiller.store.unit import FORESEEN_MAX, Foresight
from tests.contract.world import found, press, taken_in

FESTIVAL: RateScope = ("festival", EVERY_KEY)


class Counting(SqliteLink):
    """Counts the round trips of transactions between their first and their last one."""

    between = 0

    def go_on(self, steps: Sequence[Step]) -> list[Result]:
        """Count it."""
        self.between += 1
        return super().go_on(steps)


@pytest.fixture
def link(sqlite_url: str) -> Counting:
    """A link that counts."""
    return Counting(sqlite_url.removeprefix("sqlite:///"))


@pytest.fixture
def store(link: Counting) -> Iterator[SqlStore]:
    """A store over it."""
    opened = SqlStore(link)
    yield opened
    opened.close()


def test_only_the_first_transaction_asks(store: SqlStore, link: Counting) -> None:
    """All later ones of the same campaign have two round trips, as those without a rate do."""
    found(store, issuing_rate="1000/s")
    for user in ("zhang", "li", "wang"):
        assert issue(taken_in(store, user), press(store)).left == ()
    assert link.between == 1


def test_rates_that_were_not_foreseen_are_asked_for(store: SqlStore, link: Counting) -> None:
    """And so are locked ones, whatever is known already."""
    found(store, issuing_rate="1000/s")
    found(store, id="other", issuing_rate="1000/s")
    scopes = (SERVICE_RATE, FESTIVAL)
    for campaign in ("festival", "other", "festival"):
        assert issue(taken_in(store, campaign, campaign=campaign), press(store)).left == ()
    assert link.between == 2
    with store.take(taken_in(store, "li"), (Stage.ACCEPTED,), unheld=True) as unit:
        (read,) = unit.pace(scopes, locked=False)[1]
        assert link.between == 2
        assert unit.pace(scopes, locked=True)[1] == [read]
        assert unit.pace((*scopes, ("festival", "shop")), locked=False)[1] == [read]
    assert link.between == 4


def test_what_is_foreseen_stays_little() -> None:
    """Not one rate for each campaign that there ever was, and none of limit keys."""
    foresight = Foresight()
    for number in range(3 * FORESEEN_MAX):
        scopes = {SERVICE_RATE, (f"campaign-{number}", EVERY_KEY)}
        foresight.learn(scopes)
        assert scopes <= foresight.scopes
        assert len(foresight.scopes) <= FORESEEN_MAX + 1
    foresight.learn([SERVICE_RATE, ("festival", "shop")])
    assert foresight.calls() == ()
