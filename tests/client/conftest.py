"""An intake for the clients to talk to: one for all, with a database for each test."""

from collections.abc import Iterator

import pytest

from tests.intake.door import Door
from tests.intake.stage import Stage, staged


@pytest.fixture(scope="module")
def _stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture
def door(_stage: Stage, sqlite_url: str) -> Iterator[Door]:
    """An intake with a campaign that is open."""
    with _stage.on(sqlite_url) as door:
        yield door
