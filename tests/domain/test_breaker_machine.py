"""The circuit breaker under any readings, at any pace, with operators who meddle.

What a reading means is said here a second time, in the plainest words, so that a breaker that
misreads it is found out.
"""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

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
    force,
    resume,
    share,
    step,
)
from fulfiller.domain.verdict import Verdict, holds, read, written
from tests.domain.drawing import arrows, drawn

ARROWS = {(Mode(old), Mode(new)) for old, new in arrows(drawn(module.__doc__))}
MOVES_A_MINUTE = 4
CALM = Reading(rate=100.0)
READINGS = st.builds(
    Reading,
    backlog=st.integers(0, 300),
    rate=st.none() | st.sampled_from([0.0, 0.5, 10.0]),
    oldest_s=st.integers(0, 120),
    pressure=st.none() | st.sampled_from(Pressure),
    store_s=st.sampled_from([0.0, 0.6, 1.5]),
    held=st.booleans(),
)
POLICIES = st.builds(
    Policy,
    promise_s=st.integers(10, 100),
    oldest_s=st.integers(10, 100),
    backlog_threshold=st.none() | st.integers(1, 200),
    resume_threshold=st.none() | st.integers(0, 100),
    hold_s=st.integers(1, 30),
    hold_max_s=st.integers(30, 120),
    ramp_s=st.integers(0, 60),
)
PASSING = st.sampled_from([1, 100, 500]).map(lambda ms: ms * 1_000) | st.integers(1, 150).map(
    lambda s: s * SECOND
)

PARTS = st.sampled_from([0.2, 0.25, 0.3, 0.5, 0.51, 0.55, 0.75, 1.0, 1.01, 1.5])
"""How much of where a signal trips is read: a little more or less than where it matters."""


def near(signal: Signal, part: float, policy: Policy) -> Reading:
    """Return a reading that comes so near to where a signal trips."""
    match signal:
        case Signal.BACKLOG:
            high = policy.backlog_threshold or policy.promise_s * 10.0
            return Reading(rate=10.0, backlog=round(part * high))
        case Signal.DRAIN:
            return Reading(backlog=100, rate=100 / (part * policy.promise_s))
        case Signal.AGE:
            return Reading(oldest_s=part * policy.oldest_s)
        case Signal.STORE:
            return Reading(store_s=part * policy.store_s)
        case Signal.PRESSURE:
            return Reading(pressure=Pressure.FULL)


def marks(reading: Reading, policy: Policy) -> list[tuple[float, float, float]]:
    """Return what is measured, where it is too much, and where it is little enough again."""
    part = 0.5 if reading.pressure is Pressure.SLOW else 1.0
    full = 1.0 if reading.pressure is Pressure.FULL else 0.0
    found = [(reading.store_s, policy.store_s, policy.store_s / 2), (full, 0.5, 0.5)]
    high: float | None = policy.backlog_threshold
    if high is None and reading.rate:
        high = policy.promise_s * reading.rate
    if high is not None:
        low = high / 2 if policy.resume_threshold is None else policy.resume_threshold
        found.append((reading.backlog, part * high, part * min(low, high)))
    if reading.held:
        return found
    found.append((reading.oldest_s, part * policy.oldest_s, part * policy.oldest_s / 2))
    if reading.backlog and reading.rate is not None:
        drain_s = reading.backlog / reading.rate if reading.rate else float("inf")
        found.append((drain_s, part * policy.promise_s, part * policy.promise_s / 2))
    return found


class Watched(RuleBasedStateMachine):
    """One breaker, seen from outside."""

    @initialize(policy=POLICIES)
    def begin(self, policy: Policy) -> None:
        """Begin as a campaign does, at some moment."""
        self.policy, self.now, self.state = policy, 1_000 * SECOND, Breaker()
        self.moves: list[int] = []
        self.held_s, self.risen, self.quiet_since = 0.0, 0.0, 0
        self.reading = CALM

    @rule(reading=READINGS, spans=st.lists(PASSING, min_size=1, max_size=5))
    def go_on(self, reading: Reading, spans: list[int]) -> None:
        """Read the same for some while."""
        for span in spans:
            self.look(reading, span)

    @rule(
        signal=st.sampled_from(Signal),
        parts=st.lists(PARTS, min_size=1, max_size=6),
        slow=st.booleans(),
    )
    def waver(self, signal: Signal, parts: list[float], *, slow: bool) -> None:
        """Read one signal around its marks, each time as late as it may move."""
        for part in parts:
            reading = near(signal, part, self.policy)
            if slow and signal is not Signal.PRESSURE:
                reading = replace(reading, pressure=Pressure.SLOW)
            self.look(reading, max(1, self.state.until - self.now))

    @rule(loud=st.lists(st.booleans(), min_size=4, max_size=20))
    def flap(self, loud: list[bool]) -> None:
        """Trip at once and recover as soon as it may, as often as that goes."""
        for each in loud:
            busy = each and self.state.mode is not Mode.PAUSED
            span = 1_000 if busy else max(0, self.state.until - self.now)
            self.look(Reading(store_s=9.0) if busy else CALM, span)

    @rule()
    def rest(self) -> None:
        """Read that all is well until it flows: it always does, in the end."""
        for _ in range(3):
            self.look(CALM, max(0, self.state.until - self.now))
        if self.state.forced is None:
            assert self.state.mode is Mode.FLOWING

    def look(self, reading: Reading, span: int) -> None:
        """Let time pass, read, and check what came of it."""
        self.now += span
        before, after = self.state, step(self.state, reading, self.policy, self.now)
        self.reading = reading
        if after is before:
            self.stayed(before, reading)
        else:
            self.moved(before, after, reading)
        self.state = after

    def stayed(self, before: Breaker, reading: Reading) -> None:
        """Nothing moved, so nothing had to."""
        if before.forced is not None:
            assert before.forced.until is None or self.now < before.forced.until
            return
        if before.mode is not Mode.PAUSED:
            assert not self.loud(reading)
        if before.mode is Mode.RAMPING:
            assert self.now < before.until
        if before.mode is Mode.PAUSED and self.now >= before.until:
            assert not self.calm(reading)

    def moved(self, before: Breaker, after: Breaker, reading: Reading) -> None:
        """It moved as drawn, for a reason, and not too often; who doubts it may judge again."""
        verdict = Verdict(before, reading, self.policy, after)
        assert read(written(verdict)) == verdict
        assert holds(read(written(verdict)), self.now)
        if before.forced is not None:
            self.let_go(before, after)
            return
        assert (before.mode, after.mode) in ARROWS
        assert (after.mode is Mode.PAUSED) == self.loud(reading)
        assert after.since == self.now
        self.moves = [at for at in (*self.moves, self.now) if self.now - at < MINUTE]
        assert len(self.moves) <= MOVES_A_MINUTE
        if after.mode is Mode.PAUSED:
            self.tripped(before, after)
        else:
            assert self.now >= before.until
        if after.mode is Mode.RAMPING:
            assert self.calm(reading)

    def tripped(self, before: Breaker, after: Breaker) -> None:
        """A hold is the usual one, or twice the last if that one did not help; never too long."""
        soon = (
            before.mode is Mode.RAMPING or self.now - before.since < self.policy.hold_max_s * SECOND
        )
        wanted = 2 * self.held_s if soon and self.held_s else self.policy.hold_s
        assert after.hold_s == min(wanted, self.policy.hold_max_s)
        longest = max(after.hold_s, 60) * SECOND
        assert after.hold_s * SECOND <= after.until - self.now <= longest
        self.held_s = after.hold_s

    def let_go(self, before: Breaker, after: Breaker) -> None:
        """What was forced has run out: a pause ramps, anything else is judged from now on."""
        assert before.forced is not None
        assert before.forced.until is not None
        assert self.now >= before.forced.until
        assert after.forced is None
        assert after.mode is (Mode.FLOWING if before.mode is Mode.FLOWING else Mode.RAMPING)
        self.meddled()

    @rule(mode=st.sampled_from(Mode), lasting=PASSING | PASSING | st.none())
    def force(self, mode: Mode, lasting: int | None) -> None:
        """Somebody sets a mode, for a while or for good."""
        until = None if lasting is None else self.now + lasting
        forced = Forced(reason="a check", actor="operator:li", until=until)
        self.state = force(self.state, mode, forced, self.policy, self.now)
        assert self.state.mode is mode
        assert self.state.forced == (None if mode is Mode.RAMPING else forced)
        self.meddled()

    @rule()
    def resume(self) -> None:
        """Somebody lets go of a pause; a campaign that flows goes on flowing."""
        flowed = self.state.mode is Mode.FLOWING
        self.state = resume(self.state, self.policy, self.now)
        assert self.state.forced is None
        assert self.state.mode is (Mode.FLOWING if flowed else Mode.RAMPING)
        self.meddled()

    def meddled(self) -> None:
        """From here on moves are counted anew: people may move it as often as they like."""
        self.moves = []

    @invariant()
    def a_ramp_only_rises(self) -> None:
        """From a tenth to all of it; paused lets nobody in, flowing everybody."""
        now_in, part = self.state.mode, share(self.state, self.now)
        if now_in is Mode.RAMPING:
            assert RAMP_FROM <= part <= 1.0
            later = [share(self.state, self.now + s * SECOND) for s in (0, 1, 10, 60, 600)]
            assert later == sorted(later)
            assert later[-1] == 1.0
        else:
            assert part == float(now_in is Mode.FLOWING)

    def loud(self, reading: Reading) -> bool:
        """Return whether anything is too much."""
        return any(value > high for value, high, _ in marks(reading, self.policy))

    def calm(self, reading: Reading) -> bool:
        """Return whether all of it is little enough."""
        return all(value <= low for value, _, low in marks(reading, self.policy))


TestBreaker = Watched.TestCase
TestBreaker.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
