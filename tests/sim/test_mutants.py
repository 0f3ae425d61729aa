"""Known bugs are found: each guard that is taken away shows within a few seeds."""

from statistics import median

import pytest

from tests.sim.hunt import SEEDS_MAX, hunt_all
from tests.sim.mutant import MUTANTS

LEAST = 40
MEDIAN_MAX = 20


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_mutant_is_caught_and_most_of_them_soon() -> None:
    """Forty bugs and more; half of them within twenty seeds, all within four hundred."""
    caught = hunt_all()
    missed = [name for name, catch in caught.items() if catch.seed is None]
    assert not missed
    assert len(caught) >= LEAST
    assert median(catch.seed for catch in caught.values() if catch.seed) <= MEDIAN_MAX


def test_every_mutant_says_what_is_wrong_with_it() -> None:
    """Its name and its sentence are all that a reader has."""
    assert all(each.about for each in MUTANTS.values())
    masked = [each.name for each in MUTANTS.values() if each.masked]
    assert len(MUTANTS) - len(masked) >= LEAST


def test_a_rare_mutant_is_as_rare_as_any_may_be() -> None:
    """Its seed is one of those that a hunt would come to, and a late one."""
    rare = [each.rare for each in MUTANTS.values() if each.rare is not None]
    assert all(MEDIAN_MAX < seed <= SEEDS_MAX for seed in rare)
