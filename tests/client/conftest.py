"""An intake for the clients to talk to."""

from collections.abc import Iterator

import pytest

from tests.intake.door import Door, opened


@pytest.fixture
def door(sqlite_url: str) -> Iterator[Door]:
    """An intake with a campaign that is open."""
    with opened(sqlite_url) as door:
        door.campaign()
        yield door
