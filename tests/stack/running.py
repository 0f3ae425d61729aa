"""A stack that runs for tests, and the proof that it is well again after each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from fulfiller.client import Client
from fulfiller.ops.supervise.logs import silent
from fulfiller.ops.supervise.plan import Plan
from fulfiller.ops.supervise.stack import Stack
from fulfiller.wiring import open_truth
from tests.stack.opening import caller, opened
from tests.waiting import until

PROGRAMS = ("intake", "worker1", "keeper")
_numbers = count(1)


@contextmanager
def running(
    folders: pytest.TempPathFactory, plan: Plan, tell: Callable[[str, str], None] = silent
) -> Iterator[Stack]:
    """Start a stack in a folder of its own, and kill it when nobody needs it any more.

    How a stack ends in order, and what becomes of claims then, are tests of their own.
    """
    home = folders.mktemp("stack")
    # As root the database runs as somebody else, who must be able to come that far.
    home.chmod(0o711)
    with Stack(home, plan, tell=tell) as stack:
        yield stack
        stack.abandon()


def is_well(stack: Stack) -> None:
    """Wait until all that was killed is back: a claim through the door becomes a coupon."""
    until(lambda: all(map(stack.is_ready, PROGRAMS)), within_s=30, what="all programs are back")
    truth = open_truth(stack.settings, application="test")
    name = f"well-{next(_numbers)}"
    opened(truth, name)
    with Client(stack.urls.intake, caller(stack, truth, f"caller-{name}")) as client:
        claim = client.submit(name, user="somebody")
        assert client.wait(claim.claim_id, within_s=30).coupon is not None
    truth.close()
