"""An intake for each test of the door, on each kind of store."""

from collections.abc import Iterator

import pytest

from tests.intake.door import Door, opened


@pytest.fixture
def door(store_url: str) -> Iterator[Door]:
    """An intake with a campaign that is open."""
    with opened(store_url) as door:
        door.campaign()
        yield door
