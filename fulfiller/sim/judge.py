"""Judge a run: what did not come right in time, and which invariants its history breaks."""

from fulfiller.sim.run import Ran


def judge(ran: Ran) -> tuple[str, ...]:
    """Return what did not hold, each in a line; nothing if all did."""
    return ran.late
