"""Running an experiment: the load and the faults side by side, then healing, then the verdict."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from random import Random
from threading import Event

from fulfiller.chaos.experiment.caller import Caller
from fulfiller.chaos.experiment.judging import count_of, judged, read_books, speed_of, unmet
from fulfiller.chaos.experiment.settling import Left, settle
from fulfiller.chaos.experiment.site import Site
from fulfiller.chaos.experiment.striking import Striker, strikers
from fulfiller.chaos.experiment.watch import Watch
from fulfiller.chaos.history import Phase
from fulfiller.chaos.outcome import Ran, Sample
from fulfiller.chaos.scenario import Scenario
from fulfiller.clock import monotonic, wall_clock
from fulfiller.domain.breaker import Mode

TICK_S = 0.1
TELL_S = 2.0
LOOKED_AT = 200
"""Promised claims that are looked at again over HTTP in the end."""
ASKED_MIN = 100
"""Below so many claims a share of them says nothing."""
Say = Callable[[str], None]


@dataclass(slots=True)
class Experiment:
    """One scenario on one site; `say` hears how it goes."""

    scenario: Scenario
    site: Site
    say: Say
    name: str = "user"
    _began_s: float = 0.0
    _aborted: str | None = None
    _told_s: float = field(default=float("-inf"))

    def run(self, *, version: str, replay: str) -> Ran:
        """Run it and return what came of it; the stack is healed whatever happens."""
        began, self._began_s = wall_clock(), monotonic()
        caller = Caller(self.site.door, self.scenario.load, name=self.name)
        watch = Watch(self.site.open_truth, self.site.door.campaign, caller)
        caller.start()
        watch.start()
        blows = strikers(
            self.scenario.faults, self.site.arena, caller.since, self.say, self.site.mark
        )
        try:
            self._last(caller, watch, blows)
        finally:
            for blow in blows:
                blow.leave()
            caller.stop()
            for blow in blows:
                blow.join()
        caller.ask_again()
        settled_s = self._settle(watch)
        self._look_again(caller)
        watch.stop()
        books = read_books(self.site)
        speed, count = speed_of((caller,)), count_of((caller,), books)
        return Ran(
            scenario=self.scenario,
            store=self.site.arena.store_url.partition(":")[0],
            version=version,
            began=began,
            took_s=monotonic() - self._began_s,
            samples=watch.samples,
            strokes=[blow.stroke for blow in blows],
            count=count,
            report=judged([*caller.history, *watch.history], books, self.scenario.asked.settle_s),
            replay=replay,
            p50_ms=speed.p50_ms,
            p99_ms=speed.p99_ms,
            worst_s=speed.worst_s,
            settled_s=settled_s,
            aborted=self._aborted,
            failures=[
                *(f"{blow.stroke.words}: {blow.fault}" for blow in blows if blow.fault),
                *unmet(self.scenario.asked, count, speed, settled_s),
                *self._unpaused(watch),
            ],
        )

    def _last(self, caller: Caller, watch: Watch, blows: Sequence[Striker]) -> None:
        """Return when everything was sent and answered, and every fault is over."""
        for blow in blows:
            blow.start()
        never = Event()
        while not (caller.over and all(blow.over for blow in blows)):
            never.wait(TICK_S)
            self._aborted = self._hopeless(caller)
            if self._aborted is not None:
                self.say(f"given up: {self._aborted}")
                return
            if watch.samples and caller.since() - self._told_s >= TELL_S:
                self._told_s = caller.since()
                self.say(in_words(watch.samples[-1]))

    def _hopeless(self, caller: Caller) -> str | None:
        abort, asked = self.scenario.abort, caller.asked
        unanswered = caller.tally[Phase.INFO]
        if asked >= ASKED_MIN and unanswered > abort.unanswered * asked:
            return f"{unanswered:,} of {asked:,} claims have no answer"
        if caller.since() > abort.after_s:
            return f"it was not over after {abort.after_s:g} s"
        return None

    def _settle(self, watch: Watch) -> float | None:
        def tell(_left: Left | None) -> None:
            if watch.samples and monotonic() - self._began_s - self._told_s >= TELL_S:
                self._told_s = monotonic() - self._began_s
                self.say(in_words(watch.samples[-1]))

        with closing(self.site.open_truth()) as store:
            asked = self.scenario.asked
            return settle(
                store, self.site.door.campaign, asked.settle_s, tell, flowing=asked.pauses
            )

    def _look_again(self, caller: Caller) -> None:
        ids = sorted(set(caller.promises.values()))
        dice = Random(len(ids))  # nosec B311 # noqa: S311 - a sample, not a secret
        caller.look(dice.sample(ids, min(LOOKED_AT, len(ids))))

    def _unpaused(self, watch: Watch) -> list[str]:
        wished = self.scenario.asked.pauses
        paused = any(sample.mode == Mode.PAUSED for sample in watch.samples)
        return ["the breaker never paused"] if wished and not paused else []


def in_words(sample: Sample) -> str:
    """Return how things stand, on one line."""
    stored = "the store does not answer"
    if sample.issued is not None:
        stored = f"issued {sample.issued:,}  backlog {sample.backlog:,}"
        stored += f"  in line {sample.waitlisted:,}" if sample.waitlisted else ""
        stored += f"  {sample.mode}"
    unanswered = f"  unanswered {sample.unanswered:,}" if sample.unanswered else ""
    refused = f"  refused {sample.refused:,}" if sample.refused else ""
    return f"{sample.at_s:5.1f} s  asked {sample.asked:,}{refused}{unanswered}  {stored}"
