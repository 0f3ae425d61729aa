"""Soaking: pairs of scenarios for hours, until one does not hold."""

from collections import Counter
from dataclasses import dataclass

from fulfiller.chaos.outcome import Ran
from fulfiller.clock import monotonic
from fulfiller.ops.chaos.pairs import pairs
from fulfiller.ops.chaos.scenarios import scenarios
from fulfiller.ops.chaos.session import Session
from fulfiller.ops.chaos.telling import tell_totals, totals
from fulfiller.ops.show import remark


@dataclass(frozen=True, slots=True)
class Soaked:
    """What hours of pairs came to; `broken` is the pair that did not hold, if one did not."""

    rounds: int
    totals: Counter[str]
    broken: str | None

    @property
    def data(self) -> dict[str, object]:
        """Return it for programs."""
        return {"rounds": self.rounds, "totals": dict(self.totals), "broken": self.broken}

    @property
    def words(self) -> str:
        """Return it for people."""
        verdict = "All of them held." if self.broken is None else f"{self.broken} did not hold."
        return f"{self.rounds:,} pairs. {verdict}\n{tell_totals(self.totals)}"


def soak(hours: float, seed: int) -> Soaked:
    """Run pairs for so long, each on a stack of its own; the first that does not hold ends it.

    A fault that the other one keeps from striking is no failure here: the broker that is away
    hands out no message to be cut off from.
    """
    until_s = monotonic() + hours * 3600
    told: Counter[str] = Counter()
    kinds: set[str] = set()
    for number, scenario in enumerate(pairs(scenarios(), seed), start=1):
        remark(f"Pair {number:,}: {scenario.name}")
        session = Session(scenario=scenario)
        ran = session.play()
        told.update(totals((ran,)))
        kinds.update(stroke.kind for stroke in ran.strokes if stroke.fired)
        told["kinds"] = len(kinds)
        if _broken(ran):
            session.write(ran)
            return Soaked(number, told, scenario.name)
        if monotonic() > until_s:
            return Soaked(number, told, None)
    raise AssertionError("pairs never end")


def _broken(ran: Ran) -> bool:
    return bool(not ran.report.ok or ran.aborted or ran.failures)
