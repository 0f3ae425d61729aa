"""The play itself: the day from the opening of the doors to the last coupon."""

from dataclasses import dataclass
from typing import Any

from fulfiller.clock import monotonic
from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Campaign
from fulfiller.ops.demo.blow import AIM_S, VICTIM, Blow
from fulfiller.ops.demo.outcome import Outcome
from fulfiller.ops.demo.reading import Note, Reading, Tally, Track
from fulfiller.ops.demo.screen import Screen
from fulfiller.ops.demo.squeeze import Squeeze
from fulfiller.ops.demo.upstream import Upstream
from fulfiller.ops.demo.view import WORKING
from fulfiller.ops.demo.watch import Watch
from fulfiller.ops.supervise.stack import Stack
from fulfiller.service.dispatch import Queue
from fulfiller.wiring import Truth

TICK_S = 0.25
WORKERS = ("worker1", VICTIM)
DRAIN_MAX_S = 75.0
"""A breaker moves four times a minute at most: a day that pauses twice ends no sooner."""
OPENED_S = 30.0
MOVED = {
    Mode.PAUSED: "Paused: {cause}. Newcomers keep a place in line; workers go on.",
    Mode.RAMPING: "Ramping: {waiting:,} wait, and are let in first come first, ever faster.",
    Mode.FLOWING: "Flowing again.",
}
"""What is said when the mode moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that takes part."""

    store: Truth
    campaign: Campaign
    stack: Stack
    queue: Queue
    upstream: Upstream
    watch: Watch
    screen: Screen
    track: Track


class Play:
    """One day on a running stack; what it sees it leaves on the track."""

    def __init__(self, scene: Scene) -> None:
        """Play nothing yet."""
        self._stack = scene.stack
        self._upstream = scene.upstream
        self._watch = scene.watch
        self._screen = scene.screen
        self._track = scene.track
        self._blow = Blow(scene.stack, scene.queue, scene.watch, self._say)
        self._squeeze = Squeeze(scene.store, scene.campaign, scene.track, self._say)
        self._outcome = Outcome()
        self._began_s = 0.0
        self._played = False
        self._said: set[str] = set()
        self._mode = Mode.FLOWING
        self._told: dict[str, str] = {}

    def run(self, span_s: float) -> Outcome:
        """Play until the last claim has its coupon, or until that takes too long."""
        self._upstream.await_report("opened", within_s=OPENED_S)
        self._began_s = monotonic()
        self._say("The doors are open.")
        while not self._over() and self._elapsed_s() < span_s + DRAIN_MAX_S:
            # The store is read when a report has come, so that both are of one moment.
            aims = self._blow.aims(self._elapsed_s(), span_s)
            report = self._upstream.report(AIM_S if aims else TICK_S)
            if aims:
                self._blow.fall(self._elapsed_s(), span_s)
            if report or not aims:
                self._hear(report or {})
                self._look(span_s)
        self._squeeze.end()
        self._outcome.recovered_s = self._blow.recovered_s
        return self._outcome

    def _over(self) -> bool:
        done = self._outcome
        last = self._track.last
        done.drained = self._played and not last.backlog and not last.waiting
        return done.drained and self._blow.recovered_s is not None and self._all_work()

    def _hear(self, report: dict[str, Any]) -> None:
        self._watch.sample(report.get("sample", ()))
        self._told = report.get("told", {})
        if "tally" in report:
            self._outcome.tally = Tally(**report["tally"])
        if "played" in report:
            self._outcome.tally = Tally(**report["played"])
            self._outcome.broken = report["broken"]
            self._outcome.faults = report["faults"]
            self._played = True
            self._say("The last request has its answer.")

    def _look(self, span_s: float) -> None:
        workers = tuple((name, self._word(name)) for name in WORKERS)
        reading = self._watch.read(self._elapsed_s(), self._outcome.tally, workers)
        self._track.readings.append(reading)
        self._blow.follow(reading.elapsed_s, span_s)
        self._remark(reading)
        self._squeeze.follow(span_s, played=self._played)
        for language, message in self._told.items():
            self._say_once(f"A customer reads ({language}): {message}")
        self._screen.show()

    def _remark(self, reading: Reading) -> None:
        before, self._mode = self._mode, reading.mode
        if reading.mode is not before:
            self._say(MOVED[reading.mode].format(cause=reading.cause, waiting=reading.waiting))
        if self._stack.starts(VICTIM) > 1 and reading.workers[-1][1] == WORKING:
            self._say_once(f"{VICTIM} was started again and works.")
        if not reading.left:
            self._say_once("Sold out: from here on everybody is told so at once.")

    def _word(self, name: str) -> str:
        if self._stack.pid(name) is None:
            return "killed"
        return WORKING if self._stack.is_ready(name) else "starting again"

    def _all_work(self) -> bool:
        return all(word == WORKING for _, word in self._track.last.workers)

    def _elapsed_s(self) -> float:
        return monotonic() - self._began_s

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._say(text)

    def _say(self, text: str, *, alarm: bool = False) -> None:
        self._said.add(text)
        self._screen.note(Note(self._elapsed_s(), text, alarm))
