"""The door for its tests: one intake, with a database for each test or one for a whole module."""

from collections.abc import Iterator

import pytest

from fulfiller.store.migrating import upgrade
from tests.intake.door import Door, opened
from tests.intake.stage import Stage, staged


@pytest.fixture(scope="session")
def _stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture
def door(_stage: Stage, store_url: str) -> Iterator[Door]:
    """An intake with a campaign that is open, once per kind of store."""
    with _stage.on(store_url) as door:
        yield door


@pytest.fixture
def sqlite_door(_stage: Stage, sqlite_url: str) -> Iterator[Door]:
    """An intake with a campaign that is open, for what the kind of store can't matter to."""
    with _stage.on(sqlite_url) as door:
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
