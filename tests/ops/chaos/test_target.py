"""`fulfiller chaos run --target`: a deployment that runs already is broken, and judged alone."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from fulfiller.domain.event import Kind
from fulfiller.domain.stripe import Count, counted
from fulfiller.ops.cli import cli
from fulfiller.ops.supervise.plan import Plan
from fulfiller.ops.supervise.stack import Stack
from fulfiller.settings import variables
from fulfiller.wiring import open_truth
from tests.stack.backlog import pile
from tests.stack.opening import opened
from tests.waiting import until

THEIRS = 300
EMPTIED = "the broker is emptied"
SCENARIO = """
title = "What can be reached from here"
hypothesis = "A deployment that others use keeps every promise, too."

[load]
rate = 60
seconds = 4

[[faults]]
kind = "kill"
on = "worker1"
at_s = 1

[[faults]]
kind = "flush"
at_s = 2

[[faults]]
kind = "cut"
moment = "brpop-reply"
on = "worker*/broker"
at_s = 1
"""


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_running_deployment_is_broken_and_keeps_its_promises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its workers are found and killed, its broker emptied; what isn't there is skipped."""
    with (
        Stack(tmp_path / "home", Plan(flower=False)) as stack,
        closing(open_truth(stack.settings, application="test")) as truth,
    ):
        opened(truth, "theirs")
        pile(truth, "theirs", THEIRS)
        (tmp_path / "reach.toml").write_text(SCENARIO)
        monkeypatch.chdir(tmp_path)
        for name, value in variables(stack.settings).items():
            monkeypatch.setenv(name, value)
        words = ("chaos", "run", "reach.toml", "--target", "--json")
        done = CliRunner().invoke(cli, words, prog_name="fulfiller")
        assert done.exit_code == 0, done.output
        told = json.loads(done.stdout)["fulfiller"]
        assert told["count"]["promised"] == told["count"]["issued"] == 240
        assert "skipped: worker*/broker is cut at brpop-reply" in done.stderr
        assert stack.starts("worker1") == 2
        events = (sealed.event for sealed in truth.sealed(after=0, kinds=(Kind.MARK_SET,), limit=9))
        marks = {(event.campaign, event.detail) for event in events}
        assert marks == {("*", f"chaos: {words}") for words in ("worker1 is killed", EMPTIED)}
        until(lambda: counted(truth.stripes("theirs"), Count.ISSUED) == THEIRS, within_s=30)
