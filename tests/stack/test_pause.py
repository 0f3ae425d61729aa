"""A pause on a whole stack: nobody is admitted beyond it, no place is lost, and it ends itself."""

import pytest

from fulfiller.ops.supervise.stack import Stack
from fulfiller.wiring import Truth
from tests.stack.interrupted import outlives_everything

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def test_a_pause_outlives_the_death_of_everything(stack: Stack, truth: Truth) -> None:
    """Killed on the way in, while paused and on the way out: the mode and every place stand."""
    outlives_everything(stack, truth)
