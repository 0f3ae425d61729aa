"""Judge a run: what did not come right in time, and which invariants its history breaks."""

from collections import Counter
from dataclasses import dataclass

from fulfiller.chaos.checker import check
from fulfiller.chaos.reading import books_of
from fulfiller.chaos.report import Limits
from fulfiller.sim.loop import SECOND
from fulfiller.sim.order import flaws
from fulfiller.sim.run import Ran
from fulfiller.sim.world import CODES

CLOCK_S = 5.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What did not hold, each in a line or a few, and over how much each invariant was judged."""

    findings: tuple[str, ...]
    judged: Counter[str]


def judge(ran: Ran) -> Verdict:
    """Judge a run."""
    world = ran.world
    books = books_of(world.truth, keys={CODES.id: CODES})
    # Who has not heard of a jump of the store's clock yet dates by the clock of before.
    report = check(world.history, books, Limits(clock_s=CLOCK_S + world.jumped / SECOND))
    broken = [str(finding) for finding in report.findings if not finding.ok]
    judged = Counter({finding.id: finding.over for finding in report.findings})
    return Verdict((*ran.late, *broken, *flaws(ran)), judged)
