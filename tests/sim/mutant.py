"""Mutants: known bugs, by name, that can be switched on for a while; each a guard taken away."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

Patch = pytest.MonkeyPatch


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug: its name, what is wrong, how to make it so, and which invariants it may break.

    `masked`: a second line of defence holds it, so that nothing breaks until that is gone, too.
    `rare`: few seeds show it, and this one did when it was written down; it is tried first.
    """

    name: str
    about: str
    apply: Callable[[Patch], None]
    masked: bool = False
    rare: int | None = None


MUTANTS: dict[str, Mutant] = {}


def mutant(
    name: str, *, masked: bool = False, rare: int | None = None
) -> Callable[[Callable[[Patch], None]], Mutant]:
    """Register a bug under a name; its docstring says what is wrong."""

    def register(apply: Callable[[Patch], None]) -> Mutant:
        assert name not in MUTANTS, name
        made = Mutant(name, apply.__doc__ or "", apply, masked, rare)
        MUTANTS[name] = made
        return made

    return register


def both(patch: Patch, *mutants: Mutant) -> None:
    """Switch several on."""
    for each in mutants:
        each.apply(patch)
