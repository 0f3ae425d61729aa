"""The checker is content with a good run, and finds each corruption by the right invariant."""

from copy import copy

import pytest

from fulfiller.chaos.checker import check
from fulfiller.chaos.report import INVARIANTS
from tests.chaos.good import good_run
from tests.chaos.spoiling import Case


@pytest.fixture(scope="module")
def _good() -> Case:
    return good_run()


@pytest.fixture
def case(_good: Case) -> Case:
    """A good run of this test's own."""
    return copy(_good)


def test_a_good_run_is_in_order(case: Case) -> None:
    """Every invariant holds, and each had something to judge."""
    report = check(case.history, case.books)
    assert report.ok, str(report)
    assert [finding.id for finding in report.findings] == list(INVARIANTS)
    assert [finding.id for finding in report.findings if not finding.over] == []
