"""Whole stacks on real processes, and the stores behind them."""

from collections.abc import Iterator

import pytest

from fulfiller.ops.supervise.plan import Plan
from fulfiller.ops.supervise.stack import Stack
from fulfiller.wiring import Truth, open_truth
from tests.stack.running import is_well, running

LONG = "test_waiting"
"""It leaves the most rows behind, so that it comes last."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put whoever shares a stack at the end, whatever the dice said: it runs for them alone."""
    items.sort(key=_place)


@pytest.fixture(scope="session")
def shared_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A whole stack on PostgreSQL, for every test that has campaigns of its own on it."""
    with running(tmp_path_factory, Plan(store="postgres", workers=1, slots=2)) as stack:
        yield stack


@pytest.fixture
def stack(shared_stack: Stack) -> Iterator[Stack]:
    """The shared stack, which the next test gets whole again whatever this one does to it."""
    yield shared_stack
    is_well(shared_stack)


@pytest.fixture
def truth(stack: Stack) -> Iterator[Truth]:
    """The store behind the stack."""
    store = open_truth(stack.settings, application="test")
    yield store
    store.close()


def _place(item: pytest.Item) -> int:
    shares = "shared_stack" in getattr(item, "fixturenames", ())
    return shares + (shares and LONG in item.nodeid)
