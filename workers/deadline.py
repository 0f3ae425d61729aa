"""Deadlines for calls that may hang: cut off by a signal, as Ctrl-C would.

A thread that is waited for and given up would go on hanging in a child that lives for hours,
one more with each call; a signal ends the call and leaves nothing behind. It reaches Python
code and whatever system call that waits in, in the main thread alone: code in C that never
looks up, and calls in other threads, are only judged when they return. Celery's time limit
stands behind.
"""

import threading
from collections.abc import Callable
from signal import ITIMER_REAL, SIGALRM, setitimer, signal
from types import FrameType
from typing import TypeVar

from fulfiller.clock import monotonic

AGAIN_S = 0.25
"""Seconds between signals after the first one, should something on the way swallow it."""
SHORTEST_S = 0.001
Answer = TypeVar("Answer")


def within(seconds: float, call: Callable[[], Answer]) -> Answer:
    """Return what a call returns; raise TimeoutError if that takes longer."""
    begun = monotonic()
    if threading.current_thread() is threading.main_thread():
        answer = _interruptible(seconds, call, begun)
    else:
        answer = call()
    if monotonic() - begun > seconds:
        raise TimeoutError(f"no answer within {seconds:g} s")
    return answer


class _Late(BaseException):
    """Time is up; no `except Exception` on the way may take it for a fault of its own."""


def _interruptible(seconds: float, call: Callable[[], Answer], begun: float) -> Answer:
    handler = signal(SIGALRM, _ring)
    rest_s, every_s = setitimer(ITIMER_REAL, seconds, AGAIN_S)
    try:
        return _inside(call)
    except _Late:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
    finally:
        setitimer(ITIMER_REAL, 0)
        signal(SIGALRM, handler)
        if rest_s:
            # Somebody else's alarm, which goes off when it would have.
            setitimer(ITIMER_REAL, max(rest_s - (monotonic() - begun), SHORTEST_S), every_s)


def _inside(call: Callable[[], Answer]) -> Answer:
    return call()


def _ring(_signal: int, frame: FrameType | None) -> None:
    """Raise only below the call: it may just have returned, and we are cleaning up."""
    while frame is not None:
        if frame.f_code is _inside.__code__:
            raise _Late
        frame = frame.f_back
