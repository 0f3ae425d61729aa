"""What a child needs to issue: opened in it, after the fork, and by it alone.

A connection that a parent opened must never be used by two, and threads of one process
don't share a store either, so each has a desk of its own.
"""

from functools import cache
from threading import local

from fulfiller.service.issue import Press
from fulfiller.settings import Settings, load
from fulfiller.wiring import Parts, open_parts, press

_mine = local()


@cache
def settings() -> Settings:
    """Return the settings of this process, read from its environment once."""
    return load()


def desk() -> Press:
    """Return this thread's press, opening its parts at first use."""
    found: Press | None = getattr(_mine, "press", None)
    if found is None:
        _mine.parts = open_parts(settings(), application="worker")
        found = _mine.press = press(_mine.parts, "worker")
    return found


def leave() -> None:
    """Give this thread's connections back."""
    parts: Parts | None = getattr(_mine, "parts", None)
    vars(_mine).clear()
    if parts is not None:
        parts.close()
