"""Killing any process of the stack under load loses no promise and doubles no coupon."""

import pytest

from fulfiller.ops.supervise.stack import Stack
from fulfiller.wiring import Truth
from tests.stack.blows import survives

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def test_a_kill_under_load_loses_no_promise_and_doubles_no_coupon(
    stack: Stack, truth: Truth
) -> None:
    """Every 202 ends in its own coupon; what else may die does so in `fulfiller chaos run`."""
    survives(stack, truth, "worker")
