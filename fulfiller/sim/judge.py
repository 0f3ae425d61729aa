"""Judge a run: what did not come right in time, and which invariants its history breaks."""

from fulfiller.chaos.checker import check
from fulfiller.chaos.reading import books_of
from fulfiller.chaos.report import Limits
from fulfiller.sim.loop import SECOND
from fulfiller.sim.run import Ran
from fulfiller.sim.world import CODES

CLOCK_S = 5.0


def judge(ran: Ran) -> tuple[str, ...]:
    """Return what did not hold, each in a line; nothing if all did."""
    world = ran.world
    books = books_of(world.truth, keys={CODES.id: CODES})
    # Who has not heard of a jump of the store's clock yet dates by the clock of before.
    report = check(world.history, books, Limits(clock_s=CLOCK_S + world.jumped / SECOND))
    broken = [str(finding) for finding in report.findings if not finding.ok]
    return (*ran.late, *broken)
