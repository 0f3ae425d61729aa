"""Deadlines: a call ends in time, whatever it catches, and nothing rings after it."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from signal import (
    ITIMER_REAL,
    SIGALRM,
    getitimer,
    getsignal,
    raise_signal,
    setitimer,
    signal,
)
from threading import Event, Thread
from types import FrameType

import pytest

from fulfiller.clock import monotonic
from tests.waiting import until
from workers.deadline import within

SHORT_S = 0.05


@pytest.fixture(autouse=True)
def _own_alarm() -> Iterator[None]:
    """Keep the alarm of whoever watches over the tests away from them."""
    handler = getsignal(SIGALRM)
    rest_s, every_s = setitimer(ITIMER_REAL, 0)
    yield
    signal(SIGALRM, handler)
    setitimer(ITIMER_REAL, rest_s, every_s)


def hang() -> None:
    """Wait for what never happens."""
    Event().wait()


def test_a_quick_call_returns_what_it_returns() -> None:
    """And whatever it raises comes through."""
    assert within(5, lambda: "done") == "done"
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)
    assert getitimer(ITIMER_REAL) == (0, 0)


def test_a_call_that_hangs_is_cut_off() -> None:
    """In time, and the alarm is off and the handler what it was."""
    before, begun = getsignal(SIGALRM), monotonic()
    with pytest.raises(TimeoutError, match=r"0\.05 s"):
        within(SHORT_S, hang)
    assert monotonic() - begun < 2
    assert (getsignal(SIGALRM), getitimer(ITIMER_REAL)) == (before, (0, 0))


def test_a_call_that_catches_everything_is_cut_off_all_the_same() -> None:
    """It is no `Exception`, and it comes again for those who catch even that."""
    caught = []

    def stubborn() -> None:
        for _ in range(3):
            try:
                hang()
            except BaseException as fault:  # noqa: BLE001 - the worst there is
                caught.append(fault)

    def careless() -> None:
        while True:
            with suppress(Exception):
                hang()

    for call in (careless, stubborn):
        with pytest.raises(TimeoutError):
            within(SHORT_S, call)
    assert len(caught) == 3


def test_an_alarm_that_was_set_before_goes_off_afterwards() -> None:
    """Somebody else may watch over the same process."""
    rung = []
    signal(SIGALRM, lambda *_: rung.append(monotonic()))
    setitimer(ITIMER_REAL, 4 * SHORT_S)
    begun = monotonic()
    with pytest.raises(TimeoutError):
        within(SHORT_S, hang)
    assert rung == []
    until(lambda: rung)
    assert 3 * SHORT_S < rung[0] - begun < 2


def test_an_alarm_that_comes_when_the_call_is_over_harms_nobody() -> None:
    """Putting everything back is never cut off, even if it rings just then."""
    rung = []

    def ring(_frame: FrameType | None, event: str, called: object) -> None:
        if event == "c_call" and called is setitimer:
            rung.append(called)
            raise_signal(SIGALRM)

    sys.setprofile(ring)
    try:
        assert within(5, lambda: "done") == "done"
    finally:
        sys.setprofile(None)
    assert len(rung) == 2
    assert getitimer(ITIMER_REAL) == (0, 0)


def test_elsewhere_than_in_the_main_thread_a_call_is_judged_when_it_returns() -> None:
    """Signals reach the main thread alone, so nothing can be cut off there."""
    said: list[object] = []

    def work() -> None:
        said.append(within(5, lambda: "in time"))
        with suppress(TimeoutError):
            said.append(within(SHORT_S, lambda: Event().wait(3 * SHORT_S)))

    thread = Thread(target=work)
    thread.start()
    thread.join(10)
    assert said == ["in time"]
