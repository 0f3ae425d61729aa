"""An intake for each test of the door, on each kind of store or on the simplest one."""

from collections.abc import Iterator

import pytest

from fulfiller.store.migrating import upgrade
from tests.intake.door import Door, opened


@pytest.fixture
def door(store_url: str) -> Iterator[Door]:
    """An intake with a campaign that is open, once per kind of store."""
    with opened(store_url) as door:
        door.campaign()
        yield door


@pytest.fixture
def sqlite_door(sqlite_url: str) -> Iterator[Door]:
    """An intake with a campaign that is open, for what the kind of store can't matter to."""
    with opened(sqlite_url) as door:
        door.campaign()
        yield door


@pytest.fixture(scope="module")
def quiet_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One intake for all tests of a module in which nothing may ever be taken in."""
    url = f"sqlite:///{tmp_path_factory.mktemp('quiet')}/store.db"
    upgrade(url)
    with opened(url) as door:
        door.campaign()
        yield door
        assert door.entered() == 0
