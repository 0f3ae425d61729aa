"""The circuit breaker of a campaign or of the service: pure, one step at a time.

        ┌──────────────────────────┐
        │                          ▼
    flowing ◄─── ramping ◄────► paused

Any signal trips, at once: flowing -> paused, ramping -> paused. All must be clear for paused ->
ramping at the end of the hold; ramping -> flowing at the end of the ramp.

Trips are never delayed. The two other moves wait for the end of the hold and of the ramp,
which are set so that there are at most four moves in any minute: two before, this one, and
a trip behind it. A forced mode stays until it expires or is taken back.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

SECOND = 1_000_000
MINUTE = 60 * SECOND
CLEAR_SHARE = 0.5
"""A signal is clear at half of where it trips: between the two nothing moves."""
SLOW_SHARE = 0.5
"""While partners report that they are slow, signals trip at half of where they trip else."""
RAMP_FROM = 0.1
"""The share of the pace with which a ramp begins; it ends with all of it."""
MOVES_KEPT = 3
FULL_KEYS = 3
"""Partners of a campaign that must be full at once for all of it to count as full."""


class Mode(StrEnum):
    """Whether new claims are admitted: the breaker's closed, open and half-open.

    Said so that nobody mistakes "open" for "open for business".
    """

    FLOWING = "flowing"
    PAUSED = "paused"
    RAMPING = "ramping"


class Signal(StrEnum):
    """What trips a breaker: any of them; all must clear."""

    BACKLOG = "backlog"
    DRAIN = "drain"
    AGE = "age"
    PRESSURE = "pressure"
    STORE = "store"


class Pressure(StrEnum):
    """What those behind a campaign report of themselves."""

    SLOW = "slow"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Where signals trip, and how long holds and ramps take; spans in seconds.

    `backlog_threshold` unset follows from the promise and the issuing rate, `resume_threshold`
    unset is half of the threshold. `oldest_s` is the age at which the oldest claim trips.
    """

    promise_s: float
    oldest_s: float
    backlog_threshold: int | None = None
    resume_threshold: int | None = None
    store_s: float = 1.0
    hold_s: float = 20
    hold_max_s: float = 120
    ramp_s: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a breaker is judged by, at one moment.

    `rate` is claims issued per second while there was something to issue: 0 means that there
    is no progress, None that nobody knows yet. `oldest_s` counts from when the oldest claim
    became ready. While `held`, issuing is stopped on purpose, and neither age nor drain count.
    """

    backlog: int = 0
    rate: float | None = None
    oldest_s: float = 0.0
    pressure: Pressure | None = None
    store_s: float = 0.0
    held: bool = False

    @property
    def drain_s(self) -> float | None:
        """Return the seconds that the backlog takes, None if nobody knows."""
        if not self.backlog:
            return 0.0
        if self.rate is None:
            return None
        return self.backlog / self.rate if self.rate else float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """A mode that somebody has set: by whom, why, and until when, if it ends by itself."""

    reason: str
    actor: str
    until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """The state of a breaker.

    `until` is when the hold or the ramp may end, `hold_s` how long the last hold was,
    `moves` when the last moves were made. Instants are microseconds.
    """

    mode: Mode = Mode.FLOWING
    since: int = 0
    until: int = 0
    hold_s: float = 0.0
    signals: tuple[Signal, ...] = ()
    moves: tuple[int, ...] = ()
    forced: Forced | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """Where a signal stands, where it trips, and where it is clear."""

    value: float
    trips_above: float
    clear_at: float


def step(state: Breaker, reading: Reading, policy: Policy, now: int) -> Breaker:
    """Return the breaker after a reading: the same object if nothing has to move."""
    if state.forced is not None:
        return _unforced(state, policy, now) if _is_over(state.forced, now) else state
    tripping = tripped(reading, policy)
    if tripping and state.mode is not Mode.PAUSED:
        return _paused(state, tripping, policy, now)
    if now < state.until or state.mode is Mode.FLOWING:
        return state
    if state.mode is Mode.RAMPING:
        return _moved(state, Mode.FLOWING, now)
    return _ramping(state, policy, now) if clear(reading, policy) else state


def force(state: Breaker, mode: Mode, forced: Forced, policy: Policy, now: int) -> Breaker:
    """Return the breaker in a mode that somebody has set; it moves only if it is in another."""
    bare = replace(state, forced=None)
    if mode is Mode.RAMPING:
        return _ramping(bare, policy, now)
    return replace(bare if state.mode is mode else _moved(bare, mode, now), forced=forced)


def resume(state: Breaker, policy: Policy, now: int) -> Breaker:
    """Return the breaker after somebody let go of a pause: it ramps, and may trip again."""
    if state.mode is Mode.FLOWING:
        return replace(state, forced=None)
    return _ramping(replace(state, forced=None), policy, now)


def share(state: Breaker, now: int) -> float:
    """Return how much of the pace may be admitted, 0 to 1; it never falls during a ramp."""
    if state.mode is not Mode.RAMPING:
        return float(state.mode is Mode.FLOWING)
    length = state.until - state.since
    done = 1.0 if length <= 0 else min(1.0, max(0, now - state.since) / length)
    return RAMP_FROM + (1 - RAMP_FROM) * done


def levels(reading: Reading, policy: Policy) -> dict[Signal, Level]:
    """Return where each signal stands that there is a measure of, with where it trips."""
    share_left = SLOW_SHARE if reading.pressure is Pressure.SLOW else 1.0
    high, low = thresholds(reading, policy)
    found = {
        Signal.STORE: _level(reading.store_s, policy.store_s, 1.0),
        Signal.PRESSURE: Level(float(reading.pressure is Pressure.FULL), 0.5, 0.5),
    }
    if high is not None and low is not None:
        found[Signal.BACKLOG] = Level(reading.backlog, high, low)
    if not reading.held:
        found[Signal.AGE] = _level(reading.oldest_s, policy.oldest_s, share_left)
        if reading.drain_s is not None:
            found[Signal.DRAIN] = _level(reading.drain_s, policy.promise_s, share_left)
    return found


def thresholds(reading: Reading, policy: Policy) -> tuple[float | None, float | None]:
    """Return the backlog that trips and the one that is clear again, as they are in effect."""
    share_left = SLOW_SHARE if reading.pressure is Pressure.SLOW else 1.0
    high: float | None = policy.backlog_threshold
    if high is None:
        high = policy.promise_s * reading.rate if reading.rate else None
    if high is None:
        return None, None
    low = policy.resume_threshold
    clear_at = high * CLEAR_SHARE if low is None else min(float(low), high)
    return high * share_left, clear_at * share_left


def tripped(reading: Reading, policy: Policy) -> tuple[Signal, ...]:
    """Return the signals that trip."""
    found = levels(reading, policy)
    return tuple(signal for signal, level in found.items() if level.value > level.trips_above)


def clear(reading: Reading, policy: Policy) -> bool:
    """Return whether every signal is clear."""
    return all(level.value <= level.clear_at for level in levels(reading, policy).values())


def _level(value: float, trips_above: float, share_left: float) -> Level:
    return Level(value, trips_above * share_left, trips_above * share_left * CLEAR_SHARE)


def _is_over(forced: Forced, now: int) -> bool:
    return forced.until is not None and now >= forced.until


def _unforced(state: Breaker, policy: Policy, now: int) -> Breaker:
    """A forced pause that has run out ramps up; everything else is judged from here on."""
    return resume(state, policy, now)


def _paused(state: Breaker, signals: tuple[Signal, ...], policy: Policy, now: int) -> Breaker:
    paused = _moved(state, Mode.PAUSED, now)
    hold_s = min(_hold_s(state, policy, now), policy.hold_max_s)
    until = max(now + int(hold_s * SECOND), _quiet_at(paused.moves))
    return replace(paused, signals=signals, hold_s=hold_s, until=until)


def _hold_s(state: Breaker, policy: Policy, now: int) -> float:
    """Return the length of the next hold: twice the last if the breaker trips again soon."""
    again = state.mode is Mode.RAMPING or now - state.since < policy.hold_max_s * SECOND
    return 2 * state.hold_s if again and state.hold_s else policy.hold_s


def _ramping(state: Breaker, policy: Policy, now: int) -> Breaker:
    ramping = _moved(state, Mode.RAMPING, now)
    until = max(now + int(policy.ramp_s * SECOND), _quiet_at(ramping.moves))
    return replace(ramping, until=until)


def _quiet_at(moves: tuple[int, ...]) -> int:
    """Return when a move and a trip behind it are no more than four in a minute."""
    return moves[-MOVES_KEPT] + MINUTE if len(moves) >= MOVES_KEPT else 0


def _moved(state: Breaker, mode: Mode, now: int) -> Breaker:
    moves = (*state.moves, now)[-MOVES_KEPT:]
    signals = state.signals if mode is Mode.RAMPING else ()
    return replace(state, mode=mode, since=now, until=now, signals=signals, moves=moves)
