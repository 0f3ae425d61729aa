"""A trial: an engineer's own experiment on a running stack, in a few lines of a test.

def test_a_killed_worker_costs_nobody_a_coupon(
fulfiller_load, fulfiller_faults, fulfiller_checker
):
with fulfiller_load(rate=100, seconds=5):
fulfiller_faults.strike(Kill(on="worker1"))
fulfiller_checker.holds()
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event

from fulfiller.chaos.experiment.caller import Caller
from fulfiller.chaos.experiment.judging import count_of, judged, read_books, speed_of, unmet
from fulfiller.chaos.experiment.settling import settle
from fulfiller.chaos.experiment.site import Site, unmarked
from fulfiller.chaos.experiment.striking import Striker
from fulfiller.chaos.experiment.watch import Watch
from fulfiller.chaos.fault.fault import Fault
from fulfiller.chaos.history import Line
from fulfiller.chaos.outcome import Count, Stroke
from fulfiller.chaos.report import Report
from fulfiller.chaos.scenario import Asked, Load
from fulfiller.clock import monotonic

UNDER_WAY = 20
"""Promises that must have been made before a load counts as being under way."""
WAIT_S = 30.0
CALLS_MAX = 10_000_000
"""Calls of one load; those of the next are numbered behind them."""
TICK_S = 0.02


class Trial:
    """Load, faults and verdict on one campaign of a running stack."""

    def __init__(self, site: Site) -> None:
        """Begin with nothing sent and nothing broken."""
        self.site = site
        self._began_s = monotonic()
        self._callers: list[Caller] = []
        self._strikers: list[Striker] = []
        self._watched: list[Line] = []

    @contextmanager
    def load(self, rate: float, seconds: float, **more: float) -> Iterator[Caller]:
        """Send claims while the block lasts; it ends when all of them have their answers.

        The block begins once claims are being promised. `more` are the other fields of a load:
        `batch`, `again`, `burst` and `burst_at_s`.
        """
        load = Load(rate=rate, seconds=seconds, **more)  # type: ignore[arg-type]
        number = len(self._callers) + 1
        first = number * CALLS_MAX
        caller = Caller(self.site.door, load, name=f"user-{number}", first_call=first)
        watch = Watch(self.site.open_truth, self.site.door.campaign, caller)
        self._callers.append(caller)
        caller.start()
        watch.start()
        try:
            _until(lambda: caller.over or len(caller.promises) >= UNDER_WAY)
            yield caller
            _until(lambda: caller.over, within_s=seconds + WAIT_S)
        finally:
            caller.stop()
            watch.stop()
            self._watched += watch.history

    def strike(self, fault: Fault) -> Striker:
        """Strike now; it is healed after its `for_s`, and looked at until its effect is seen."""
        striker = Striker(fault, self._since(), self.site.arena, self._since, (unmarked, unmarked))
        self._strikers.append(striker)
        striker.start()
        return striker

    def heal(self) -> None:
        """Heal whatever still lasts, and wait until each effect was seen or will never be."""
        for striker in self._strikers:
            if not striker.healed:
                striker.leave()
        for striker in self._strikers:
            striker.join()

    @property
    def strokes(self) -> list[Stroke]:
        """Return what came of the faults."""
        return [striker.stroke for striker in self._strikers]

    def verdict(self, *, settle_s: float = 60.0) -> tuple[Report, Count, list[str]]:
        """Heal, wait until all is settled, and judge: invariants, counts, and what did not hold."""
        for striker in self._strikers:
            striker.join()
        for caller in self._callers:
            caller.ask_again()
        campaign = self.site.door.campaign
        with closing(self.site.open_truth()) as store:
            settled_s = settle(store, campaign, settle_s, lambda _left: None)
        books = read_books(self.site)
        history = [line for caller in self._callers for line in caller.history] + self._watched
        count = count_of(self._callers, books)
        asked = Asked(settle_s=settle_s, parked=count.parked)
        flaws = unmet(asked, count, speed_of(self._callers), settled_s)
        flaws += [f"{s.words}: it never showed" for s in self.strokes if not (s.fired or s.skipped)]
        flaws += [f"{one.stroke.words}: {one.fault}" for one in self._strikers if one.fault]
        return judged(history, books, settle_s), count, flaws

    def holds(self, *, settle_s: float = 60.0) -> Count:
        """Return the counts; raise AssertionError with all that did not hold, if anything."""
        report, count, flaws = self.verdict(settle_s=settle_s)
        broken = [str(finding) for finding in report.findings if not finding.ok]
        if flaws or broken:
            raise AssertionError("\n".join(["not everything held:", *flaws, *broken]))
        return count

    def _since(self) -> float:
        return monotonic() - self._began_s


def _until(predicate: Callable[[], object], *, within_s: float = WAIT_S) -> None:
    never, end_s = Event(), monotonic() + within_s
    while not predicate():
        if monotonic() > end_s:
            raise TimeoutError(f"nothing came of the load within {within_s:g} s")
        never.wait(TICK_S)
