"""The checker is content with a good run, and finds each corruption by the right invariant."""

from dataclasses import replace

import pytest

from fulfiller.chaos.checker import check
from fulfiller.chaos.report import INVARIANTS
from tests.chaos.good import good_run
from tests.chaos.spoiled_answers import ANSWERS
from tests.chaos.spoiled_claims import CLAIMS
from tests.chaos.spoiled_log import LOG
from tests.chaos.spoiling import Case

EVERY = CLAIMS | ANSWERS | LOG


@pytest.fixture(scope="module")
def _good() -> Case:
    return good_run()


@pytest.fixture
def case(_good: Case) -> Case:
    """A good run of this test's own."""
    return replace(_good, history=list(_good.history))


def test_a_good_run_is_in_order(case: Case) -> None:
    """Every invariant holds, and each had something to judge."""
    report = check(case.history, case.books)
    assert report.ok, str(report)
    assert [finding.id for finding in report.findings] == list(INVARIANTS)
    assert [finding.id for finding in report.findings if not finding.over] == []


@pytest.mark.parametrize("name", EVERY)
def test_a_corruption_is_found(case: Case, name: str) -> None:
    """The right invariant is the first to say so, and no other does but those that follow."""
    spoiled = EVERY[name]
    spoiled.spoil(case)
    report = check(case.history, case.books)
    assert spoiled.is_found(report), f"{spoiled.law} should be broken:\n{report}"
