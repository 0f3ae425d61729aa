"""`fulfiller chaos list` and `run`: a verdict, a report and a journal, and an exit code."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fulfiller.ops.chaos.scenarios import scenarios
from fulfiller.ops.cli import cli

Run = Callable[..., Result]
QUICK = """
title = "A quick one"
hypothesis = "Nothing is lost, whatever is cut or killed."
control = "plain-celery"
slots = 1

[load]
rate = 80
seconds = 8
again = 0.1

[[faults]]
kind = "cut"
moment = "brpop-reply"
on = "worker*/broker"
at_s = 1
for_s = 6
cuts = 16

[[faults]]
kind = "cut"
moment = "before-commit"
on = "*/store"
at_s = 1.5
for_s = 5.5
every = 4
cuts = 8

[[faults]]
kind = "cut"
moment = "commit-reply"
on = "*/store"
at_s = 1.5
for_s = 5.5
every = 4
cuts = 8

[[faults]]
kind = "kill"
on = "worker1"
at_s = 3
"""
BLIND = """
title = "Faults that never happen"
hypothesis = "A fault that was declared and never fired is found."
store = "sqlite"
workers = 1

[load]
rate = 40
seconds = 2

[[faults]]
kind = "cut"
moment = "first-update"
on = "keeper/broker"
at_s = 0.5
for_s = 1
"""


@pytest.fixture
def chaos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command of `fulfiller chaos` in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str) -> Result:
        answer: Result = CliRunner().invoke(cli, ("chaos", *words), prog_name="fulfiller")
        return answer

    return invoke


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_run_ends_in_a_verdict_a_report_and_a_journal(chaos: Run, tmp_path: Path) -> None:
    """Kills and cuts side by side: all is kept, and plain Celery loses under the same cuts."""
    (tmp_path / "quick.toml").write_text(QUICK)
    done = chaos("run", "quick.toml", "--report", "told.html", "--json")
    assert done.exit_code == 0, done.output
    journal = json.loads(done.stdout)
    assert json.loads((tmp_path / "chaos-quick.json").read_text()) == journal
    assert (journal["status"], journal["deviated"]) == ("completed", False)
    assert len(journal["run"]) == 4
    assert all(activity["status"] == "succeeded" for activity in journal["run"])
    told = journal["fulfiller"]
    assert told["count"]["promised"] == told["count"]["issued"] == 640
    assert told["control"]["lost"] > 0
    page = (tmp_path / "told.html").read_text()
    assert "Nothing is lost, whatever is cut or killed." in page
    assert "fulfiller chaos run quick.toml" in page
    assert "worker1 is killed" in done.stderr
    assert "issued" in done.stderr


@pytest.mark.chaos
@pytest.mark.timeout(120)
def test_a_fault_that_never_fired_fails_the_run(chaos: Run, tmp_path: Path) -> None:
    """Whatever else held: else the suite would go blind."""
    (tmp_path / "blind.toml").write_text(BLIND)
    done = chaos("run", "blind.toml")
    assert done.exit_code == 1
    assert done.stdout.startswith("Not proven: 80 promises, 80 coupons")
    assert "not proven to hold: blind" in done.stderr


def test_the_list_says_what_there_is_to_break(chaos: Run) -> None:
    """Each by its name, for people and for programs."""
    names = [each.name for each in scenarios()]
    told = chaos("list")
    assert told.exit_code == 0
    assert all(name in told.stdout for name in names)
    assert [each["name"] for each in json.loads(chaos("list", "--json").stdout)] == names


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "worker-kil"), "did you mean worker-kill?"),
        (("run", "--every", "--report", "a.html"), "--every writes a report for each"),
        (("run", "--hours", "1", "--store", "sqlite"), "leave the rest out"),
        (("run", "--target", "--store", "sqlite"), "--target has a store already"),
    ],
)
def test_wrong_words_are_told_with_the_remedy(
    chaos: Run, words: tuple[str, ...], told: str
) -> None:
    """And nothing is started."""
    done = chaos(*words)
    assert done.exit_code == 2
    assert told in done.output


@pytest.mark.chaos
@pytest.mark.timeout(1_500)
def test_every_scenario_holds_and_together_they_are_a_lot(chaos: Run, tmp_path: Path) -> None:
    """Hundreds of cuts at moments, dozens of other faults of twenty kinds: nothing is lost."""
    done = chaos("run", "--every", "--no-control", "--json")
    assert done.exit_code == 0, done.output
    total = json.loads(done.stdout)["totals"]
    assert total["promised"] >= 50_000
    assert total["moments"] >= 300
    assert total["blows"] >= 40
    assert total["kinds"] >= 20
    assert (total["lost"], total["doubled"]) == (0, 0)
    assert len(list(tmp_path.glob("chaos-*.html"))) == len(scenarios())
