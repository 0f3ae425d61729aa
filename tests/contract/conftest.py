"""Every implementation of the store port, one after the other."""

from collections.abc import Callable, Iterator

import pytest

from fulfiller.store.memory import MemoryStore
from fulfiller.store.opening import open_store
from fulfiller.store.proof import prove
from fulfiller.wiring import Truth
from tests.contract.world import Open, closing, ticking

EVERY = ("memory", "sqlite", "postgres")
MEMORY = "memory://"


@pytest.fixture(params=EVERY)
def place(request: pytest.FixtureRequest) -> str:
    """Where a truth of this test's own is, once of each kind."""
    if request.param == "memory":
        return MEMORY
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def open_one(place: str) -> Open:
    """Opens store objects on one truth."""
    if place == MEMORY:
        shared = MemoryStore(now=ticking)
        return lambda: shared
    return lambda: open_store(place, application="test")


@pytest.fixture
def truth(open_one: Open) -> Iterator[Truth]:
    """A store on a truth of this test's own, once of each kind."""
    with closing(open_one) as store:
        yield store


@pytest.fixture
def flaws(place: str, truth: Truth) -> Callable[[], list[str]]:
    """Returns what the proof objects to; in memory, what the stripes object to."""
    if place == MEMORY:
        return lambda: [
            flaw
            for campaign in truth.campaigns()
            for stripe in truth.stripes(campaign.id)
            if (flaw := stripe.broken()) is not None
        ]
    return lambda: [f"{f.law}: {f.detail}" for f in prove(place) if not f.ok]
