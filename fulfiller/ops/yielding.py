"""Giving way: a process lets others have the processor first."""

import os
from contextlib import suppress
from pathlib import Path

AUTOGROUP = Path("/proc/self/autogroup")


def give_way(steps: int) -> None:
    """Be nicer to other processes by so many steps, as far as the system lets us.

    To be called before there are threads: on Linux each has a niceness of its own, which
    begins with that of the thread that started it.
    """
    if not steps:
        return
    with suppress(AttributeError, OSError):
        os.nice(steps)
        _give_way_to_other_sessions(steps)


def _give_way_to_other_sessions(steps: int) -> None:
    # Linux shares the processor out among sessions first, and a supervisor gives each process a
    # session: measured with two busy ones, a nice of 5 alone changed nothing, with this 3 to 1.
    if AUTOGROUP.exists() and os.getsid(0) == os.getpid():
        AUTOGROUP.write_text(str(steps))
