"""The checker is content with a good run, and finds each corruption by the right invariant."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as with_changes

from fulfiller.chaos.checker import check
from fulfiller.chaos.history import Line, Phase
from fulfiller.chaos.report import INVARIANTS, TOLD, Limits
from fulfiller.domain.validity import SECOND
from tests.chaos.fair import Fair
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


def test_every_invariant_is_broken_by_some_corruption() -> None:
    """None is there that nothing could break."""
    assert {spoiled.law for spoiled in EVERY.values()} == set(INVARIANTS)


@pytest.mark.parametrize("name", EVERY)
def test_a_corruption_is_found(case: Case, name: str) -> None:
    """The right invariant is the first to say so, and no other does but those that follow."""
    spoiled = EVERY[name]
    spoiled.spoil(case)
    report = check(case.history, case.books)
    assert spoiled.is_found(report), f"{spoiled.law} should be broken:\n{report}"


def test_a_service_that_refuses_everybody_is_found() -> None:
    """It breaks nothing by what it does, but it has no reason, and leaves all of its money."""
    fair = Fair()
    fair.found("festival")
    for number in range(100):
        fair.claim(f"call {number}", f"user {number}", "festival")
    served = fair.case()
    refused = [_refused(line) for line in served.history]
    untouched = Fair()
    untouched.found("festival")
    assert check(served.history, served.books).broken == ("L1",)
    assert check(refused, untouched.case().books).broken == ("S7", "L2")


def _refused(line: Line) -> Line:
    if line.phase is Phase.INVOKE:
        return line
    return with_changes(line, phase=Phase.FAIL, why="sold_out", claim_id="", state="")


def test_offenders_are_named_and_the_others_counted(case: Case) -> None:
    """Nobody reads a thousand lines that say the same."""
    case.set(seals=[])
    for name in ("li", "wang", "zhao", "zhou", "reserved", "redeemed", "revoked"):
        case.forget(name)
    finding = check(case.history, case.books)["S6"]
    assert finding.broken > len(finding.offenders) == TOLD
    assert str(finding).startswith(f"S6 BROKEN {finding.broken} times: nothing that nobody asked")
    assert str(finding).count("\n") == TOLD


def test_doubts_about_clocks_are_set_by_limits(case: Case) -> None:
    """Whoever knows that clocks are exact finds more, and whoever doubts them finds less."""
    late = case.line("one too many")
    case.says("one too many", wall=late.wall - 3 * SECOND)
    case.asks("one too many", wall=late.wall - 3 * SECOND)
    assert check(case.history, case.books).ok
    exact = Limits(clock_s=0.0, commit_s=0.0)
    assert check(case.history, case.books, exact).broken == ("S7",)
