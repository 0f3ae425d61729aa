"""`fulfiller chaos sim`: what it tells, how it ends, and the line that replays a failure."""

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from fulfiller.ops.cli import cli
from fulfiller.sim.fault import Fault
from fulfiller.sim.judge import Verdict
from fulfiller.sim.run import Ran

Run = Callable[..., Result]


@pytest.fixture
def sim() -> Run:
    """Run the command."""

    def invoke(*words: str) -> Result:
        line = ("chaos", "sim", *words)
        answer: Result = CliRunner().invoke(cli, line, prog_name="fulfiller")
        return answer

    return invoke


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the third seed break something."""

    def judged(ran: Ran) -> Verdict:
        return Verdict(("L1 BROKEN",) if ran.seed == 3 else (), {})  # type: ignore[arg-type]  # empty

    monkeypatch.setattr("fulfiller.sim.many.judge", judged)
    monkeypatch.setattr("fulfiller.ops.chaos.report.judge", judged)


def test_it_tells_faults_invariants_coverage_and_the_verdict(sim: Run) -> None:
    """All that somebody wants to know before they believe it, on one screen."""
    done = sim("--seeds", "20", "--jobs", "1")
    assert done.exit_code == 0, done.output
    assert "process is killed" in done.stdout
    assert "L1         nothing that was promised is lost" in done.stdout
    assert "places (mode, event, fault) were struck" in done.stdout
    assert "20 seeds, " in done.stdout
    assert "no violation" in done.stdout
    assert "10 of 20 seeds, " in done.stderr


def test_programs_get_the_same_as_json(sim: Run) -> None:
    """Faults by kind, what was judged, places that were never struck, violations."""
    done = sim("--seeds", "10", "--seed", "40", "--jobs", "1", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["seeds"], found["first_seed"], found["ok"]) == (10, 40, True)
    assert found["faults"] == sum(found["faults_by_kind"].values()) > 100
    assert set(found["faults_by_kind"]) == {fault.value for fault in Fault}
    assert found["coverage"]["hit"] + len(found["coverage"]["holes"]) == found["coverage"]["cells"]
    assert found["judged"]["S1"] > 0
    assert found["violations"] == []


@pytest.mark.usefixtures("broken")
def test_a_violation_ends_it_with_the_line_that_replays_it(sim: Run) -> None:
    """Exit code 1, the seed, what it broke, and how to see it step by step."""
    done = sim("--seeds", "5", "--jobs", "1")
    assert done.exit_code == 1
    assert "Seed 3\n  L1 BROKEN\n  Step by step: fulfiller chaos sim --seed 3 --tell" in done.stdout
    assert "1 of 5 seeds break an invariant" in done.stderr


def test_a_run_is_told_step_by_step(sim: Run) -> None:
    """Who does what, when, in words, with the faults where they strike, and the verdict."""
    done = sim("--seed", "7", "--tell")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Seed 7: ")
    assert any("asks: claim account" in line for line in lines)
    assert any("is told yes (claim): clm_…" in line for line in lines)
    assert any(" ! " in line for line in lines)
    assert any(line.endswith("commits what was decided") for line in lines)
    assert lines[-1] == "Every invariant holds."


@pytest.mark.usefixtures("broken")
def test_a_story_that_ends_badly_says_so(sim: Run) -> None:
    """The finding stands behind the last step."""
    done = sim("--seed", "3", "--tell")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-1] == "L1 BROKEN"


def test_it_can_go_on_for_a_time(sim: Run) -> None:
    """Seed by seed, until the time is up."""
    done = sim("--hours", "0.001", "--jobs", "1", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["seeds"] >= 10
    assert found["took_s"] >= 3.6


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("--tell", "--seeds", "5"), "leave --seeds and --hours out"),
        (("--hours", "1", "--seeds", "5"), "not both"),
        (("--seeds", "0"), "0 is not in the range"),
    ],
)
def test_what_contradicts_itself_is_refused(sim: Run, words: tuple[str, ...], remedy: str) -> None:
    """With the remedy, and nothing is run."""
    done = sim(*words)
    assert done.exit_code == 2
    assert remedy in done.stderr
