"""The ear: events are handed on in batches, within bounds, and pages get their turn."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from fulfiller.ops.flower.hearing import ear as hearing
from fulfiller.ops.flower.hearing.ear import Ear
from fulfiller.ops.flower.hearing.tally import Event
from fulfiller.ops.flower.hearing.words import said, told

KEPT = 100


class Loop:
    """A loop that calls when it is told to; counts what was asked of it."""

    def __init__(self) -> None:
        """Have nothing to call."""
        self.soon: list[Any] = []
        self.later: list[Any] = []
        self.woken = 0

    def add_callback(self, callback: Callable[..., object], *args: object) -> None:
        """Call soon."""
        self.woken += 1
        self.soon.append((callback, args))

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> None:
        """Call after a while."""
        assert delay == hearing.GATHER_S
        self.later.append((callback, args))

    def turn(self) -> None:
        """Call what there is to be called soon, and what that asks for."""
        while self.soon:
            callback, args = self.soon.pop()
            callback(*args)

    def wait(self) -> None:
        """Let the while pass."""
        self.soon, self.later = [*self.soon, *self.later], []
        self.turn()


MANY = 20_000


def started(number: int) -> dict[str, Any]:
    """Return the event of a task that was begun."""
    return {
        "type": "task-started",
        "uuid": f"task-{number}",
        "hostname": "one@host",
        "pid": 1,
        "timestamp": float(number),
    }


def beat(processed: int, at: float) -> dict[str, Any]:
    """Return a heartbeat."""
    return {
        "type": "worker-heartbeat",
        "hostname": "one@host",
        "pid": 1,
        "processed": processed,
        "timestamp": at,
    }


def test_a_loop_that_falls_behind_keeps_a_bounded_number_and_counts_the_others() -> None:
    """And says so: with what workers tell of themselves, which is never let go."""
    ear = Ear(KEPT)
    handled: list[object] = []
    loop = Loop()

    def take(event: dict[str, Any]) -> None:
        ear.take(event, loop, handled.append)

    take(beat(0, 0.5))
    for number in range(1, MANY + 1):
        take(started(number))
    take(beat(MANY, MANY + 1.0))
    take(beat(MANY, MANY + 2.0))
    assert loop.woken == 1
    assert KEPT // 2 < ear.hearing.waiting <= KEPT + 2
    loop.turn()
    now = ear.hearing
    assert (now.waiting, now.dropped) == (0, MANY + 3 - len(handled))
    assert (now.tasks.begun, now.tasks.seen) == (MANY, len(handled) - 3)
    assert f"{len(handled) - 3} of 20,000 tasks" in said(now)
    assert f"it fell behind and let {now.dropped:,} events go" in said(now)
    assert told(now)["events_dropped"] == now.dropped


def test_short_of_room_it_hears_some_tasks_from_begin_to_end() -> None:
    """Rather than a part of each: all events of a task are taken or left."""
    ear = Ear(KEPT)
    handled: list[Event] = []
    loop = Loop()

    def take(event: dict[str, Any]) -> None:
        ear.take(event, loop, handled.append)

    for number in range(KEPT // 2):
        take(started(number))
    for number in range(1_000, 1_100):
        for kind in ("task-received", "task-started", "task-succeeded"):
            take({**started(number), "type": kind})
    loop.turn()
    kept = Counter(event["uuid"] for event in handled[KEPT // 2 :])
    assert len(kept) > 3
    assert set(kept.values()) == {3}


def test_pages_get_their_turn_among_many_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """What asks the loop for something meanwhile is served long before all events are."""
    monkeypatch.setattr(hearing, "SLICE_S", 0.001)

    async def run() -> set[int]:
        ear, loop = Ear(4 * MANY), IOLoop.current()
        handled: list[object] = []
        turns: set[int] = set()
        for number in range(MANY):
            ear.take(started(number), loop, handled.append)
        while len(handled) < MANY:
            turns.add(len(handled))
            await asyncio.sleep(0)
        return turns

    assert len(asyncio.run(run())) > 2


def test_while_events_come_they_are_gathered_without_a_wake_up_for_each() -> None:
    """The first one wakes the loop, others wait a moment for it; after a rest the next one does."""
    ear = Ear(KEPT)
    handled: list[object] = []
    loop = Loop()
    for number in range(3):
        ear.take(started(number), loop, handled.append)
        loop.turn()
        ear.take(started(number), loop, handled.append)
        assert (loop.woken, len(handled)) == (number + 1, 2 * number + 1)
        loop.wait()
        assert len(handled) == 2 * number + 2
        loop.wait()
        assert not loop.later


def test_an_event_that_nobody_understands_is_told_of_and_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The next one is handled as if nothing had been."""
    ear = Ear(KEPT)
    handled: list[object] = []
    loop = Loop()

    def handle(event: Event) -> None:
        handled.append(event["uuid"])

    for event in ({"type": "task-started", "hostname": "x"}, started(1)):
        ear.take(event, loop, handle)
    loop.turn()
    assert handled == ["task-1"]
    assert "task-started was not understood" in caplog.text


def test_before_any_task_it_says_so() -> None:
    """No "0 of 0"."""
    assert said(Ear().hearing) == "No task was begun since Flower listens."
