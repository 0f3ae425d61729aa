"""An intake for each test of the door, on each kind of store or on the simplest one."""

from collections.abc import Iterator

import pytest

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
