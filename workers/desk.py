"""What a child needs for its tasks: opened in it, after the fork, and by it alone.

A connection that a parent opened must never be used by two, and threads of one process
don't share a store either, so each has a desk of its own.
"""

from dataclasses import replace
from functools import cache
from threading import local

from fulfiller.clock import monotonic
from fulfiller.ops.trail import Trail, open_trail
from fulfiller.service.issue import Press
from fulfiller.settings import Settings, load
from fulfiller.wiring import Parts, open_parts, press
from workers.eligibility import Guard, configured
from workers.waits import Tally

_mine = local()


@cache
def settings() -> Settings:
    """Return the settings of this process, read from its environment once."""
    return load()


def parts() -> Parts:
    """Return this thread's parts, opening them at first use."""
    found: Parts | None = getattr(_mine, "parts", None)
    if found is None:
        found = _mine.parts = open_parts(settings(), application="worker")
    return found


def desk() -> Press:
    """Return what this thread issues with."""
    found: Press | None = getattr(_mine, "press", None)
    if found is None:
        found = _mine.press = replace(press(parts(), "worker"), ask=guard())
    return found


def tally() -> Tally:
    """Return what this thread counts of waits."""
    found: Tally | None = getattr(_mine, "tally", None)
    if found is None:
        queue = parts().queue
        found = _mine.tally = Tally(tell=queue.count_waits, monotonic=monotonic)
    return found


@cache
def guard() -> Guard | None:
    """Return the eligibility hook of this process behind its guard, if there is one."""
    hook = configured(settings().eligibility)
    return None if hook is None else Guard(hook, settings().eligibility_deadline_s)


@cache
def trail() -> Trail:
    """Return the trail of this process; asked for after the fork, for it may run a thread."""
    return open_trail(settings(), "worker")


def leave() -> None:
    """Tell what was counted, and give this thread's connections back."""
    found: Parts | None = getattr(_mine, "parts", None)
    counted: Tally | None = getattr(_mine, "tally", None)
    if counted is not None:
        counted.flush()
    vars(_mine).clear()
    if found is not None:
        found.close()
