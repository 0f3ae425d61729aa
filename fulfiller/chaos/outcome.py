"""What came of a run: its course second by second, its faults, its verdict, and what was lost."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fulfiller.chaos.report import Report
from fulfiller.chaos.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How things stood at one moment, `at_s` seconds after the first claim.

    `asked`, `promised`, `refused` and `unanswered` count the caller's claims so far, `issued`
    coupons so far. `backlog` (accepted) and `waitlisted` are claims at that moment. None: the
    store did not answer.
    """

    at_s: float
    asked: int
    promised: int
    refused: int
    unanswered: int
    issued: int | None
    backlog: int | None
    waitlisted: int | None
    mode: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """One stroke of a fault: from when to when, how often it struck, and what was seen of it.

    `skipped` says what it would have needed; `fired`: it struck and its effect was seen.
    """

    kind: str
    words: str
    began_s: float
    ended_s: float
    struck: int = 0
    seen: str | None = None
    skipped: str | None = None

    @property
    def fired(self) -> bool:
        """Return whether it demonstrably happened."""
        return self.struck > 0 and self.seen is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What the promises came to, by the caller's own record and the store."""

    asked: int
    promised: int
    refused: int
    unanswered: int
    issued: int
    declined: int
    parked: int
    cancelled: int
    lost: Sequence[str] = ()
    doubled: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What the same faults did to another arm; `name` says which."""

    name: str
    words: str
    sent: int
    done: int
    lost: int
    doubled: int
    struck: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One run of a scenario.

    `began` is wall time in microseconds since 1970; `settled_s` how long after the last fault
    and the last answer the last claim came to its end, None if that did not happen. `p50_ms`
    and `p99_ms` are the door's answers, `worst_s` the slowest of them. `replay` is the command
    that runs it again. `aborted` says why a run was given up.
    """

    scenario: Scenario
    store: str
    version: str
    began: int
    took_s: float
    samples: Sequence[Sample]
    strokes: Sequence[Stroke]
    count: Count
    report: Report
    replay: str
    p50_ms: float
    p99_ms: float
    worst_s: float
    settled_s: float | None
    control: Control | None = None
    aborted: str | None = None
    failures: Sequence[str] = field(default=())
    """What else was asked of the run and did not hold, each in a line."""

    @property
    def idle(self) -> Sequence[Stroke]:
        """Return the faults that were declared and never fired, without those skipped."""
        return [s for s in self.strokes if not s.fired and s.skipped is None]

    @property
    def untried(self) -> bool:
        """Return whether there were faults to strike, and each was skipped."""
        return bool(self.strokes) and all(s.skipped is not None for s in self.strokes)

    @property
    def ok(self) -> bool:
        """Return whether everything held and every fault that could be done was done."""
        held = self.report.ok and self.count.promised > 0
        return held and not (self.aborted or self.failures or self.idle)
