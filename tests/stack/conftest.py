"""Whole stacks on real processes, and the stores behind them."""

from collections.abc import Iterator

import pytest

from fulfiller.ops.supervise.plan import Plan
from fulfiller.ops.supervise.stack import Stack
from fulfiller.wiring import Truth, open_truth


@pytest.fixture(scope="module")
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A whole stack for the tests of a module, on PostgreSQL unless they say another store."""
    home = tmp_path_factory.mktemp("stack")
    # As root the database runs as somebody else, who must be able to come that far.
    home.chmod(0o711)
    store = getattr(request, "param", "postgres")
    with Stack(home, Plan(store=store, workers=1, slots=2)) as running:
        yield running


@pytest.fixture
def truth(stack: Stack) -> Iterator[Truth]:
    """The store behind the stack."""
    store = open_truth(stack.settings, application="test")
    yield store
    store.close()
