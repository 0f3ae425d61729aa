"""Verdicts: what decided is written down, and decides the same again."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fulfiller.domain.breaker import (
    SECOND,
    Breaker,
    Forced,
    Mode,
    Policy,
    Pressure,
    Reading,
    Signal,
    step,
)
from fulfiller.domain.verdict import Verdict, cause, holds, read, written

POLICY = Policy(promise_s=600, oldest_s=600, backlog_threshold=10_000)
readings = st.builds(
    Reading,
    backlog=st.integers(0, 20_000),
    rate=st.none() | st.floats(0, 1_000),
    oldest_s=st.floats(0, 2_000),
    pressure=st.none() | st.sampled_from(Pressure),
    store_s=st.floats(0, 3),
    held=st.booleans(),
)
breakers = st.builds(
    Breaker,
    mode=st.sampled_from(Mode),
    since=st.integers(0, 100),
    until=st.integers(0, 100 * SECOND),
    hold_s=st.sampled_from((0.0, 20.0, 40.0)),
    signals=st.lists(st.sampled_from(Signal), max_size=2).map(tuple),
    moves=st.lists(st.integers(0, 100), max_size=3).map(lambda moves: tuple(sorted(moves))),
    forced=st.none()
    | st.builds(Forced, reason=st.text(), actor=st.text(), until=st.none() | st.integers(0, 9)),
)


@given(breakers, readings, st.integers(0, 200 * SECOND))
def test_every_step_can_be_replayed_from_the_log(
    before: Breaker, reading: Reading, now: int
) -> None:
    """Written as JSON and read again, the same step comes out the same."""
    verdict = Verdict(before, reading, POLICY, step(before, reading, POLICY, now))
    text = written(verdict)
    json.loads(text)
    assert read(text) == verdict
    assert holds(read(text), now)


def test_a_verdict_that_was_touched_up_does_not_hold() -> None:
    """Neither another reading nor another outcome gets through."""
    before, reading = Breaker(), Reading(backlog=10_001)
    verdict = Verdict(before, reading, POLICY, step(before, reading, POLICY, 5))
    assert holds(verdict, 5)
    assert not holds(replace(verdict, reading=Reading(backlog=9_999)), 5)
    assert not holds(replace(verdict, after=replace(verdict.after, until=7)), 5)


def test_the_cause_is_said_with_its_figures() -> None:
    """What trips, and nothing else, in words that an operator can act on."""
    reading = Reading(backlog=12_431, rate=100.0, oldest_s=700.4, store_s=0.2)
    assert cause(reading, POLICY) == (
        "backlog 12,431 > threshold 10,000, the oldest claim has waited 700 s > 600 s"
    )
    assert cause(Reading(), POLICY) == ""
