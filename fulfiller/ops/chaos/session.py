"""One scenario from the first process to the last page: ground, run, control arm, report."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from fulfiller.chaos.experiment.run import Experiment
from fulfiller.chaos.experiment.site import Site
from fulfiller.chaos.outcome import Control, Ran
from fulfiller.chaos.scenario import Scenario
from fulfiller.ops.chaos.scenarios import ENDING
from fulfiller.ops.exits import Failed
from fulfiller.ops.show import remark
from fulfiller.ops.supervise.leaving import Leaving, on_signals
from fulfiller.ops.supervise.program import CannotStart

PACKAGE = "fulfiller"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A run of `fulfiller chaos run`, as it was asked for."""

    scenario: Scenario
    target: bool = False
    store: str | None = None
    no_control: bool = False
    report: Path | None = None
    journal: Path | None = None
    as_json: bool = False
    source: str = ""
    """What the scenario was called by: its name, or the path of its file."""

    def run(self) -> Ran:
        """Run it, write report and journal, and return what came of it."""
        ran = self.play()
        if not (self.no_control or self.target):
            ran = replace(ran, control=self._control())
        self.write(ran)
        return ran

    def play(self) -> Ran:
        """Run it, and return what came of it."""
        try:
            return self._run()
        except CannotStart as fault:
            raise Failed(f"the stack did not come up: {fault}") from fault
        except Leaving as fault:
            raise Failed("given up on request; everything has been healed and ended") from fault

    def write(self, ran: Ran) -> None:
        """Write report and journal."""
        import json

        from fulfiller.chaos.journal import journal
        from fulfiller.chaos.page.page import page

        name = f"chaos-{self.scenario.name}"
        report = self.report or Path(f"{name}.html")
        kept = self.journal or Path(f"{name}.json")
        report.write_text(page(ran), "utf-8")
        kept.write_text(json.dumps(journal(ran), indent=2, ensure_ascii=False), "utf-8")
        remark(f"Report: {report}   journal: {kept}")

    def _run(self) -> Ran:
        with on_signals(lambda: None), self._ground() as site:
            experiment = Experiment(self.scenario, site, remark)
            return experiment.run(version=version(PACKAGE), replay=self._replay())

    @contextmanager
    def _ground(self) -> Iterator[Site]:
        if self.target:
            from fulfiller.ops.chaos.target import target_ground

            with target_ground(self.scenario) as site:
                yield site
            return
        from fulfiller.ops.chaos.ground import own_ground

        with own_ground(self.scenario, store=self.store) as site:
            remark("The stack is up. Claims come in.")
            yield site

    def _control(self) -> Control | None:
        if self.scenario.control == "none":
            return None
        from fulfiller.ops.chaos.control import plain_control

        remark("The control arm: the same faults on plain Celery, without us.")
        return plain_control(self.scenario)

    def _replay(self) -> str:
        words = [self.source if self.source.endswith(ENDING) else self.scenario.name]
        words += ["--store", self.store] if self.store else []
        words += ["--target"] if self.target else []
        words += ["--no-control"] if self.no_control else []
        return f"fulfiller chaos run {' '.join(words)}"
