"""Killing any process of the stack under load loses no promise and doubles no coupon."""

import pytest

from fulfiller.ops.supervise.stack import Stack
from fulfiller.wiring import Truth
from tests.stack.blows import BLOWS, survives

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
PUSHED = "worker"
"""At every push this one falls; the others fall in `make chaos`, as do all on SQLite."""
LATER = (pytest.mark.chaos,)


@pytest.mark.parametrize(
    "blow", [pytest.param(each, marks=() if each == PUSHED else LATER) for each in BLOWS]
)
def test_a_kill_under_load_loses_no_promise_and_doubles_no_coupon(
    stack: Stack, truth: Truth, blow: str
) -> None:
    """Every 202 ends in its own coupon, whatever dies while claims come in."""
    survives(stack, truth, blow)
