"""The hunt for mutants: each is switched on in a process of its own until a seed shows it."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import pytest

from fulfiller.sim.many import run_some
from tests.sim import mutants_accepting, mutants_issuing, mutants_keeping
from tests.sim.mutant import MUTANTS

SEEDS_MAX = 400
JOBS = 2
KNOWN = (mutants_accepting, mutants_issuing, mutants_keeping)
"""Imported for what they register."""


@dataclass(frozen=True, slots=True)
class Catch:
    """A seed that shows a mutant, and what it breaks there; no seed if none does.

    Unless the mutant is rare it is the first one.
    """

    name: str
    seed: int | None
    findings: tuple[str, ...] = ()


def hunt(name: str, seeds: int = SEEDS_MAX) -> Catch:
    """Switch a mutant on and run seeds, from 1 on, until one shows it.

    Of a rare one the seed that is known is tried before: a hundred that show nothing take as
    long as all other mutants together. If the dice have come to fall otherwise it is hunted like
    any other.
    """
    chosen = MUTANTS[name]
    known = () if chosen.rare is None else (chosen.rare,)
    with pytest.MonkeyPatch.context() as patch:
        chosen.apply(patch)
        for seed in (*known, *range(1, seeds + 1)):
            found = run_some([seed]).failures
            if found:
                return Catch(name, seed, found[0].findings)
    return Catch(name, None)


def hunt_all() -> dict[str, Catch]:
    """Hunt every mutant that no second line of defence masks."""
    names = [name for name, each in MUTANTS.items() if not each.masked]
    with ProcessPoolExecutor(JOBS, mp_context=get_context("spawn")) as pool:
        return {catch.name: catch for catch in pool.map(hunt, names)}
