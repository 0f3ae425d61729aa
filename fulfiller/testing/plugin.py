"""Fixtures for pytest: a whole stack to break, and an in-memory service to test against.

pytest finds them wherever Fulfiller is installed. Everything is imported when it is used, so
that other tests don't pay for it.

- `fulfiller`: an in-memory service (`fulfiller.testing.Fulfiller`), for unit tests of callers;
- `fulfiller_stack`: a stack on real processes for the tests of a module, every link of it behind
  the fault proxy; what it is made of says `fulfiller_plan`, which a module may override;
- `fulfiller_load`, `fulfiller_faults`, `fulfiller_checker`: the parts of an experiment on a
  campaign of the test's own (`fulfiller.testing.trial.Trial`).
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fulfiller.chaos.experiment.caller import Caller
    from fulfiller.chaos.experiment.site import Site
    from fulfiller.chaos.scenario import Scenario
    from fulfiller.testing.memory import Fulfiller
    from fulfiller.testing.trial import Trial

COUPONS = 1_000_000


@pytest.fixture
def fulfiller() -> "Iterator[Fulfiller]":
    """An in-memory service that issues when it is told to: `fulfiller.work()`."""
    from fulfiller.testing import Fulfiller

    with Fulfiller() as service:
        yield service


@pytest.fixture(scope="module")
def fulfiller_plan() -> "Scenario":
    """What the stack is made of: override it to have another store, or more workers."""
    from fulfiller.chaos.scenario import Scenario, Terms

    return Scenario(
        name="own",
        title="An experiment of your own",
        hypothesis="Every promise is kept, once.",
        store="sqlite",
        campaign=Terms(coupons=COUPONS),
    )


@pytest.fixture(scope="module")
def fulfiller_stack(fulfiller_plan: "Scenario") -> "Iterator[Site]":
    """A whole stack on real processes, for the tests of a module."""
    from fulfiller.ops.chaos.ground import own_ground

    with own_ground(fulfiller_plan) as site:
        yield site


@pytest.fixture
def fulfiller_faults(fulfiller_stack: "Site", fulfiller_plan: "Scenario") -> "Iterator[Trial]":
    """Strike with `strike(fault)`; whatever still lasts is healed when the test ends."""
    from fulfiller.ops.chaos.ground import another_campaign
    from fulfiller.testing.trial import Trial

    trial = Trial(another_campaign(fulfiller_stack, fulfiller_plan))
    yield trial
    trial.heal()


@pytest.fixture
def fulfiller_load(
    fulfiller_faults: "Trial",
) -> "Callable[..., AbstractContextManager[Caller]]":
    """How to send claims while a block lasts, so many a second for so many seconds."""
    return fulfiller_faults.load


@pytest.fixture
def fulfiller_checker(fulfiller_faults: "Trial") -> "Trial":
    """Wait until all is settled and judge: `holds()` raises for whatever did not."""
    return fulfiller_faults
