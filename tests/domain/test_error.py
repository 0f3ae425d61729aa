"""Errors: the tree in the docstring is the tree of classes."""

import re
from inspect import getdoc

import pytest

from fulfiller.domain import error as module
from fulfiller.domain.error import FulfillerError, InvalidCampaign, Raced

TREE = re.compile(r"^(?P<stem>[│├└─ ]*)(?P<name>[A-Z]\w+)", re.MULTILINE)


def _drawn() -> set[tuple[str, str]]:
    """Return the (parent, child) pairs of the tree in the module's docstring."""
    pairs: set[tuple[str, str]] = set()
    path: list[str] = []
    for found in TREE.finditer((module.__doc__ or "").partition("\n\n")[2]):
        depth = len(found["stem"]) // 4
        path = [*path[:depth], found["name"]]
        pairs |= {(path[-2], path[-1])} if depth else set()
    return pairs


def _classes(root: type[Exception]) -> set[tuple[str, str]]:
    """Return the (parent, child) pairs of the classes that live in the module."""
    mine = [child for child in root.__subclasses__() if child.__module__ == module.__name__]
    return {(root.__name__, child.__name__) for child in mine}.union(*map(_classes, mine))


def test_the_drawn_tree_is_the_class_tree() -> None:
    """Whoever reads the picture knows what they catch."""
    assert len(_drawn()) >= 8
    assert _drawn() == _classes(FulfillerError)


@pytest.mark.parametrize("name", sorted(child for _, child in _drawn()))
def test_every_fault_says_what_it_means(name: str) -> None:
    """The docstring of a fault states it; Exception's own is no statement."""
    assert getdoc(getattr(module, name)) not in {None, Exception.__doc__}


def test_faults_keep_their_facts() -> None:
    """What a program has to know of a fault is an attribute, not only a text."""
    flaw = InvalidCampaign("budget", "it is missing")
    assert (flaw.field, flaw.problem, str(flaw)) == (
        "budget",
        "it is missing",
        "budget: it is missing",
    )
    assert Raced("the code is taken", "coupon_lookup").over == "coupon_lookup"
    assert Raced("somebody was first").over is None
