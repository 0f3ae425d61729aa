"""The circuit breaker: the drawing is the law, trips are at once, and nothing flaps."""

from dataclasses import replace
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfiller.domain import breaker as module
from fulfiller.domain.breaker import (
    MINUTE,
    RAMP_FROM,
    SECOND,
    Breaker,
    Forced,
    Mode,
    Policy,
    Pressure,
    Reading,
    Signal,
    clear,
    force,
    levels,
    resume,
    share,
    step,
    thresholds,
    tripped,
)
from tests.domain.drawing import arrows, drawn

POLICY = Policy(promise_s=600, oldest_s=600, backlog_threshold=10_000, resume_threshold=4_000)
CALM = Reading(rate=100.0)
BUSY = Reading(backlog=12_431, rate=100.0)
BETWEEN = Reading(backlog=7_000, rate=100.0)
ARROWS = {(Mode(old), Mode(new)) for old, new in arrows(drawn(module.__doc__))}
READINGS = (
    CALM,
    BUSY,
    BETWEEN,
    Reading(backlog=10, rate=0.0),
    Reading(oldest_s=601, backlog=1),
    Reading(pressure=Pressure.FULL),
    Reading(pressure=Pressure.SLOW, backlog=6_000),
    Reading(store_s=1.1),
)


def test_the_drawing_is_the_law() -> None:
    """Over all modes and readings, before and after hold and ramp, a step moves as drawn."""
    moved = set()
    for mode, reading, over in product(Mode, READINGS, (False, True)):
        state = Breaker(mode=mode, until=100 * SECOND)
        after = step(state, reading, POLICY, (101 if over else 99) * SECOND)
        if after is not state:
            moved.add((mode, after.mode))
    assert moved == ARROWS


@pytest.mark.parametrize(
    ("reading", "signal"),
    [
        (Reading(backlog=10_001), Signal.BACKLOG),
        (Reading(backlog=601, rate=1.0), Signal.DRAIN),
        (Reading(backlog=1, rate=0.0), Signal.DRAIN),
        (Reading(oldest_s=600.1), Signal.AGE),
        (Reading(pressure=Pressure.FULL), Signal.PRESSURE),
        (Reading(pressure=Pressure.SLOW, backlog=5_001), Signal.BACKLOG),
        (Reading(store_s=1.01), Signal.STORE),
    ],
)
@pytest.mark.parametrize("mode", [Mode.FLOWING, Mode.RAMPING])
def test_each_signal_trips_alone_and_at_once(reading: Reading, signal: Signal, mode: Mode) -> None:
    """Whatever was promised until when: the first reading beyond a mark pauses."""
    state = Breaker(mode=mode, since=5, until=10**15, moves=(1, 2, 3))
    after = step(state, reading, POLICY, 10)
    assert (after.mode, after.since, after.signals) == (Mode.PAUSED, 10, (signal,))


@pytest.mark.parametrize(
    "reading",
    [
        Reading(backlog=10_000, rate=100.0),
        Reading(backlog=1_000_000, rate=None, held=True, oldest_s=10**6),
        Reading(backlog=600, rate=1.0),
        Reading(backlog=0, rate=0.0),
        Reading(store_s=1.0),
    ],
)
def test_what_is_not_beyond_a_mark_trips_nothing_but_the_backlog(reading: Reading) -> None:
    """At the mark is not beyond it; held, neither age nor drain count; no backlog is no wait."""
    assert set(tripped(reading, POLICY)) <= {Signal.BACKLOG}
    assert tripped(replace(reading, backlog=0), POLICY) == ()


def test_an_unset_threshold_follows_from_promise_and_rate() -> None:
    """600 s at 100 a second are 60,000 claims, clear at half; at no known rate there is none."""
    bare = replace(POLICY, backlog_threshold=None, resume_threshold=None)
    assert thresholds(Reading(rate=100.0), bare) == (60_000, 30_000)
    assert thresholds(Reading(), bare) == (None, None)
    assert Signal.BACKLOG not in levels(Reading(backlog=10**9), bare)


def test_a_resume_mark_above_the_threshold_in_effect_is_lowered() -> None:
    """A mark stated for better days must not lie above where it trips now."""
    odd = replace(POLICY, backlog_threshold=None, resume_threshold=4_000)
    assert thresholds(Reading(rate=1.0), odd) == (600, 600)


def test_all_must_clear_before_it_ramps() -> None:
    """Between the marks nothing moves, however long the hold is over."""
    paused = Breaker(mode=Mode.PAUSED, until=1)
    assert step(paused, BETWEEN, POLICY, MINUTE) is paused
    assert step(paused, replace(CALM, pressure=Pressure.FULL), POLICY, MINUTE) is paused
    assert step(paused, CALM, POLICY, MINUTE).mode is Mode.RAMPING


def test_a_hold_lasts_and_doubles_when_it_trips_again_soon() -> None:
    """20, 40, 80, 120, 120 s; and 20 again after two quiet minutes."""
    state, now, holds = Breaker(), 0, []
    for _ in range(5):
        state = step(state, BUSY, POLICY, now)
        holds.append((state.until - now) / SECOND)
        assert step(state, CALM, POLICY, state.until - 1) is state
        now = state.until
        state = step(state, CALM, POLICY, now)
        assert state.mode is Mode.RAMPING
        now += SECOND
    assert holds == [20, 40, 80, 120, 120]
    state = step(state, CALM, POLICY, state.until)
    assert state.mode is Mode.FLOWING
    late = step(state, BUSY, POLICY, state.since + 120 * SECOND)
    assert late.hold_s == 20


def test_a_ramp_rises_from_a_tenth_to_all_of_it() -> None:
    """Paused admits nothing, flowing everything, and a ramp never falls."""
    ramping = step(Breaker(mode=Mode.PAUSED), CALM, POLICY, 0)
    shares = [share(ramping, second * SECOND) for second in range(61)]
    assert shares[0] == pytest.approx(RAMP_FROM)
    assert shares[30] == pytest.approx(0.55)
    assert shares[60] == pytest.approx(1.0)
    assert all(a < b for a, b in pairwise(shares))
    assert (share(Breaker(mode=Mode.PAUSED), 0), share(Breaker(), 0)) == (0.0, 1.0)


@pytest.mark.parametrize("mode", [Mode.PAUSED, Mode.FLOWING])
@pytest.mark.parametrize("reading", READINGS)
def test_a_forced_mode_stays_until_it_expires(mode: Mode, reading: Reading) -> None:
    """No signal moves it; then it goes on by itself, a pause through a ramp."""
    forced = Forced(reason="a check", actor="operator:li", until=50 * SECOND)
    state = force(Breaker(), mode, forced, POLICY, SECOND)
    assert (state.mode, state.forced) == (mode, forced)
    assert step(state, reading, POLICY, 50 * SECOND - 1) is state
    after = step(state, reading, POLICY, 50 * SECOND)
    assert after.forced is None
    assert after.mode is (Mode.RAMPING if mode is Mode.PAUSED else Mode.FLOWING)


def test_without_an_end_a_forced_mode_stays_for_ever() -> None:
    """Until somebody lets go of it."""
    state = force(Breaker(), Mode.PAUSED, Forced(reason="x", actor="li"), POLICY, 0)
    assert step(state, CALM, POLICY, 10**18) is state
    assert resume(state, POLICY, 5).mode is Mode.RAMPING


Wave = st.tuples(
    st.integers(1, 120), st.integers(1, 120), st.integers(1, 119), st.sampled_from((1, 20))
)


@given(Wave)
def test_no_square_wave_makes_it_flap(wave: tuple[int, int, int, int]) -> None:
    """At most four moves a minute, trips at the first reading, and ramps that only rise."""
    period, phase, high, hold_s = wave
    policy = replace(POLICY, hold_s=hold_s, ramp_s=hold_s, hold_max_s=max(hold_s, 30))
    state, moves, last_share = Breaker(), [], 0.0
    for second in range(600):
        busy = (second + phase) % period < min(high, period)
        after = step(state, BUSY if busy else CALM, policy, second * SECOND)
        if busy:
            assert after.mode is Mode.PAUSED
        if after.mode is not state.mode:
            moves.append(second)
        elif after.mode is Mode.RAMPING:
            assert share(after, second * SECOND) >= last_share
        state, last_share = after, share(after, second * SECOND)
    assert all(fifth - first >= 60 for first, fifth in zip(moves, moves[4:], strict=False))


@given(Wave)
def test_it_always_resumes(wave: tuple[int, int, int, int]) -> None:
    """Once all is clear it ramps at the end of the hold, and flows after the ramp."""
    period, phase, high, hold_s = wave
    policy = replace(POLICY, hold_s=hold_s, ramp_s=30)
    state = Breaker()
    for second in range(300):
        busy = (second + phase) % period < min(high, period)
        state = step(state, BUSY if busy else CALM, policy, second * SECOND)
    hold_ends = max(300, state.until // SECOND) if state.mode is Mode.PAUSED else 300
    for second in range(300, 300 + 400):
        state = step(state, CALM, policy, second * SECOND)
        if second >= hold_ends + 1:
            assert state.mode is not Mode.PAUSED
    assert state.mode is Mode.FLOWING


@given(
    st.builds(
        Reading,
        backlog=st.integers(0, 20_000),
        rate=st.none() | st.floats(0, 1_000),
        oldest_s=st.floats(0, 2_000),
        pressure=st.none() | st.sampled_from(Pressure),
        store_s=st.floats(0, 3),
        held=st.booleans(),
    )
)
def test_what_is_clear_never_trips(reading: Reading) -> None:
    """Between tripping and clear there is always something: that is what keeps it calm."""
    assert not (clear(reading, POLICY) and tripped(reading, POLICY))
