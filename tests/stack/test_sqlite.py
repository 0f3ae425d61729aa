"""The embedded store on a whole stack: kills and pauses are as harmless as on PostgreSQL."""

from collections.abc import Iterator

import pytest

from fulfiller.ops.supervise.plan import Plan
from fulfiller.ops.supervise.stack import Stack
from fulfiller.wiring import Truth
from tests.stack.blows import BLOWS, survives
from tests.stack.interrupted import outlives_everything
from tests.stack.running import is_well, running

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def sqlite_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A whole stack on SQLite for the tests of this module."""
    with running(tmp_path_factory, Plan(store="sqlite", workers=1, slots=2)) as stack:
        yield stack


@pytest.fixture
def stack(sqlite_stack: Stack) -> Iterator[Stack]:
    """That stack, whole again after each test."""
    yield sqlite_stack
    is_well(sqlite_stack)


@pytest.mark.parametrize("blow", BLOWS)
def test_a_kill_under_load_is_as_harmless(stack: Stack, truth: Truth, blow: str) -> None:
    """The embedded store keeps every promise, too."""
    survives(stack, truth, blow)


def test_a_pause_outlives_the_death_of_everything(stack: Stack, truth: Truth) -> None:
    """The mode and every place stand in a file as they do on a server."""
    outlives_everything(stack, truth)
