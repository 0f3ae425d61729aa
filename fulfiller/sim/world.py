"""The world of one run: the loop, the dice, the clock, what goes wrong, and what is told of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from zlib import crc32

from fulfiller.chaos.history import Ask, Line, Phase
from fulfiller.clock import StoreClock
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import CodeKey
from fulfiller.domain.error import StoreUnavailable
from fulfiller.domain.mode import SERVICE
from fulfiller.sim.coverage import event_of, focus
from fulfiller.sim.fault import MOST, Fault, Tally, Weather
from fulfiller.sim.loop import SECOND, Loop, Process, Task
from fulfiller.sim.words import call, step
from fulfiller.store.memory import MemoryStore

START = 1_770_339_600 * SECOND
"""6 February 2026, nine o'clock in Shanghai."""
CODES = CodeKey.derive(1, b"nobody keeps coupons of simulated campaigns")
LOCK_PATIENCE = 2 * SECOND
LOCK_PATIENCE_KEEPER = SECOND
WAY_MIN, WAY_MORE = 50, 1_450
"""Microseconds that a request, or its answer, is on its way at least, and how much more."""
NEED_CALM = ("handle", "shift", "place")
"""What only happens where something went well: coupons at tills, and people in line."""
FOCUSED = 0.6
"""The chance of a fault where and when its seed has an eye on it."""
DRIFT = 200e-6
"""By how much two clocks may differ in speed, as quartz does."""


@dataclass(slots=True)
class Secrets:
    """What nobody in the world knows but the dice.

    `poison` and `killers` are claims; `taken` lookups of codes that coupons from elsewhere have;
    `coupons` those whose codes somebody has seen and may bring to a till; `flaws` what only this
    world could see, and should not have.
    """

    poison: set[ClaimId] = field(default_factory=set)
    killers: set[ClaimId] = field(default_factory=set)
    taken: set[bytes] = field(default_factory=set)
    coupons: list[tuple[ClaimId, str]] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)

    @property
    def bad(self) -> set[ClaimId]:
        """Return the claims that can't be issued."""
        return self.poison | self.killers


class World:
    """Everything that processes of one run share."""

    def __init__(self, seed: int, *, telling: bool = False) -> None:
        """Begin: the seed decides everything; `telling` keeps what happens in words."""
        self.seed = seed
        self.dice = Random(seed)  # nosec B311 # noqa: S311 - dice, no secrets
        self.loop = Loop(Random(seed ^ 0x5EED))  # nosec B311 # noqa: S311 - dice, no secrets
        self.weather = Weather.drawn(self.dice)
        self.focus = focus(seed)
        if self.focus[1] in NEED_CALM:
            self.weather.calm()
        here = {*self.weather.rates, self.focus[2]}
        self._snares = [fault for fault in (Fault.KILLED, Fault.STOPPED) if fault in here]
        self.tally = Tally()
        self.truth = MemoryStore(self.store_now, self.wait_for_lock)
        self.history: list[Line] = []
        self.trap: Callable[[Task, Fault], None] = lambda _task, _fault: None
        """What kills or stops whoever runs: set by the nemesis."""
        self.secrets = Secrets()
        self.away_until = 0
        self.clock_offset = 0
        self.jumped = 0
        """By how much the store's clock has jumped in all, whichever way."""
        self.healed = self.drained = False
        """Whether nothing fails any more, and whether all is done but for modes and seals."""
        self.digest = 0
        self.steps = 0
        self.told: list[str] | None = [] if telling else None
        self._calls = 0

    # Time

    @property
    def now(self) -> int:
        """Microseconds since the run began, by no clock that anybody in it can read."""
        return self.loop.now

    def store_now(self) -> int:
        """Return the store's clock."""
        return START + self.loop.now + self.clock_offset

    def wall(self) -> int:
        """Return a caller's idea of the time: that of the store, whatever that is just now."""
        return self.store_now()

    def clock(self, read: Callable[[], int]) -> StoreClock:
        """Return a process's clock: the store's time, carried on by ticks of its own."""
        drift = 1 + self.dice.uniform(-DRIFT, DRIFT)
        start = self.dice.randrange(10**9)
        process = self.loop.current.process
        return StoreClock(read, ticks=lambda: start + process.leapt + int(self.loop.now * drift))

    # Dice

    def chance(self, fault: Fault) -> bool:
        """Return whether a fault strikes now, and count it if it does."""
        if not self.drawn(fault):
            return False
        self.strike(fault)
        return True

    def drawn(self, fault: Fault) -> bool:
        """Return whether a fault is to strike, now or later; it counts when it does."""
        rate = self.weather.rates.get(fault)
        if fault is self.focus[2] and not self.healed and self._in_focus():
            return self.dice.random() < FOCUSED
        if rate is None:
            return False
        return self.dice.random() < min(MOST, rate * self.loop.current.keen)

    def snare(self) -> None:
        """Kill or stop whoever runs, where it stands, if that strikes now."""
        for fault in self._snares:
            if self.drawn(fault):
                self.trap(self.loop.current, fault)

    def _in_focus(self) -> bool:
        """Return whether this is the moment that this seed has an eye on."""
        state, event, _ = self.focus
        here = not event or event_of(self.loop.current.doing) == event
        return here and self.state() == state

    def strike(self, fault: Fault, step: str | None = None) -> None:
        """Count a fault, and where it struck."""
        where = self.loop.current.doing if step is None else step
        self.tally.faults[fault] += 1
        self.tally.cells[self.state(), where, fault] += 1
        self.tell(f"! {fault}")

    def state(self) -> str:
        """Return in what mode the campaign is, as coverage counts it."""
        modes = self.truth.shelves.modes
        festival = modes.get("festival", modes[SERVICE])
        if festival.held or modes[SERVICE].held:
            return "held"
        return str(festival.mode if modes[SERVICE].mode == "flowing" else modes[SERVICE].mode)

    # Steps

    def way(self) -> None:
        """Let a request or an answer be on its way; it is a moment to be killed in."""
        if not self.healed:
            self.snare()
        self.loop.sleep(int(WAY_MIN + WAY_MORE * self.dice.random()))

    def wait_for_lock(self) -> None:
        """Wait for a row that somebody else has locked, for as long as the store allows."""
        task = self.loop.current
        task.waits_since = self.now if task.waits_since is None else task.waits_since
        keeper = task.process.name.startswith("keeper")
        if self.now - task.waits_since > (LOCK_PATIENCE_KEEPER if keeper else LOCK_PATIENCE):
            raise StoreUnavailable("the lock was not granted in time")
        self.loop.sleep(self.dice.randrange(500, 3_000))

    # Telling

    def mark(self, what: str, words: str | None = None) -> None:
        """Note a step of whoever runs: it is part of the run's digest."""
        self.steps += 1
        said = f"{self.now} {self.loop.current.process.name} {what}"
        self.digest = crc32(said.encode(), self.digest)
        if self.told is not None:
            self.tell(step(what) if words is None else words)

    def tell(self, what: str) -> None:
        """Say something in words, if anybody listens."""
        if self.told is not None:
            task = self.loop.current
            self.told.append(f"{self.now / SECOND:9.4f} s  {task.process.name:<11} {what}")

    # The history

    def call(self, ask: Ask, **said: object) -> "Call":
        """Begin a call of the client that runs."""
        self._calls += 1
        return Call(self, self._calls, ask, said)

    def spawn(self, process: Process, run: Callable[[], None]) -> Task:
        """Start a thread of a process."""
        return self.loop.spawn(process, run)


class Call:
    """A client's call: invoked now, completed once."""

    def __init__(self, world: World, number: int, ask: Ask, said: dict[str, object]) -> None:
        """Write the invocation."""
        self._world = world
        self._number = number
        self._ask = ask
        self._proc = str(said.pop("proc", world.loop.current.process.name))
        self._said = said
        self._line(Phase.INVOKE, said)

    def end(self, phase: Phase, **told: object) -> None:
        """Write the completion."""
        self._line(phase, told)

    def _line(self, phase: Phase, said: dict[str, object]) -> None:
        world = self._world
        line = Line(
            call=self._number, proc=self._proc, phase=phase, ask=self._ask,
            mono=world.now / SECOND, wall=world.wall(), **said,  # type: ignore[arg-type]  # by name
        )  # fmt: skip
        world.history.append(line)
        words = None if world.told is None else call(self._ask, phase, said)
        world.mark(f"{self._ask} {phase} {said}", words)


class Ids:
    """Claim ids as one intake makes them: UUIDv7, each sorting behind the one before it."""

    def __init__(self, dice: Random) -> None:
        """Take the noise from these dice."""
        self._dice = dice
        self._last = 0

    def __call__(self, now: int) -> ClaimId:
        """Return a fresh id dated by this instant, in microseconds."""
        milliseconds, rest = divmod(now, 1_000)
        self._last = max(milliseconds << 12 | (rest << 12) // 1_000, self._last + 1)
        head, tail = self._last >> 12, self._last & 0xFFF
        noise = self._dice.getrandbits(62)
        text = f"{head << 80 | 7 << 76 | tail << 64 | 2 << 62 | noise:032x}"
        return ClaimId(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")
