"""Every implementation of the store port, one after the other."""

from collections.abc import Iterator

import pytest

from fulfiller.store.memory import MemoryStore
from fulfiller.store.opening import open_store
from fulfiller.wiring import Truth
from tests.contract.world import Open, closing, ticking

EVERY = ("memory", "sqlite", "postgres")


@pytest.fixture(params=EVERY)
def open_one(request: pytest.FixtureRequest) -> Open:
    """Opens store objects on one truth of this test's own, once of each kind."""
    if request.param == "memory":
        shared = MemoryStore(now=ticking)
        return lambda: shared
    url = request.getfixturevalue(f"{request.param}_url")
    return lambda: open_store(url, application="test")


@pytest.fixture
def truth(open_one: Open) -> Iterator[Truth]:
    """A store on a truth of this test's own, once of each kind."""
    with closing(open_one) as store:
        yield store
