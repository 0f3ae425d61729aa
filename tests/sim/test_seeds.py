"""Seeds: thousands of runs in which everything fails, and no invariant is broken."""

import os
import subprocess
import sys

import pytest

from fulfiller.settings import surroundings
from fulfiller.sim.many import Summary, run_many, run_some
from fulfiller.sim.run import run

SEEDS = 1_500
FAULTS = 90_000
FOUND = (51, 308, 474, 517, 685, 847)
"""Seeds that once showed a bug of the product, of a model of it, or of the checker.

The dice fall otherwise since; what was found is held by the tests that show it without them.
"""


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_fifteen_hundred_seeds_break_nothing() -> None:
    """Ninety thousand faults; every place is struck, and no invariant is broken."""
    summary = run_many(range(SEEDS), jobs=os.cpu_count() or 1)
    assert not summary.failures
    assert summary.faults >= FAULTS
    assert summary.holes == []
    assert summary.repeated == SEEDS // 100


def test_seeds_that_once_showed_a_bug_are_clean() -> None:
    """Each is told of by the test of what it found."""
    assert run_some(FOUND).failures == []


def test_the_same_seed_does_the_same_in_any_process() -> None:
    """Not even the order of sets, which differs from process to process, changes a step."""
    script = "from fulfiller.sim.run import run; print([run(s).world.digest for s in range(3)])"
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True, text=True, check=True, timeout=60,
            env=surroundings() | {"PYTHONHASHSEED": str(hashing)},
        ).stdout
        for hashing in (1, 2)
    }  # fmt: skip
    assert told == {f"{[run(seed).world.digest for seed in range(3)]}\n"}


def test_another_seed_does_something_else() -> None:
    """A digest that never changes would prove nothing."""
    assert len({run(seed).world.digest for seed in range(5)}) == 5


def test_what_a_process_fails_with_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A seed whose run raises is reported like one that breaks an invariant."""

    def broken(_seed: int) -> None:
        raise ZeroDivisionError("nobody expected that")

    monkeypatch.setattr("fulfiller.sim.many.run", broken)
    (failure,) = run_some([7]).failures
    assert failure.seed == 7
    assert failure.findings == ("ZeroDivisionError: nobody expected that",)


def test_parts_are_counted_together() -> None:
    """What several processes found is one summary, whatever its order."""
    whole, parts = run_some(range(4)), Summary()
    parts.add(run_some(range(2, 4)))
    parts.add(run_some(range(2)))
    assert (whole.seeds, whole.faults, whole.claims) == (parts.seeds, parts.faults, parts.claims)
    assert whole.tally.cells == parts.tally.cells
