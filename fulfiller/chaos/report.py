"""The report: what was judged, over how much, and who broke what, in words."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

INVARIANTS = {
    "S1": "at most one coupon per claim",
    "S2": "no user holds more than the campaign allows",
    "S3": "no money beyond the budget",
    "S4": "money is neither made nor lost",
    "S5": "one outcome per claim, for ever",
    "S6": "nothing that nobody asked for",
    "S7": "no refusal without its reason",
    "S8": "codes are distinct, right and secret",
    "S9": "the log is whole, unaltered, and equal to the tables",
    "S10": "the same key, the same claim",
    "S11": "a claim is open, issued or ended, and just one of these",
    "S12": "no more is issued than the rates allow",
    "S13": "nobody is taken in while paused",
    "L1": "nothing that was promised is lost",
    "L2": "no money is left while people are sent away",
    "L3": "what paused by itself flows again",
    "L4": "modes don't flap, and each move follows from its verdict",
    "L5": "claims end in time",
    "Q1": "each call is answered once, well and in time",
}
"""Every invariant by its id, in the order in which they are reported."""
TOLD = 5
"""Offenders of one invariant that are named; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How exactly a run can be judged; all in seconds.

    `clock_s`: by how much the walls of clients and the clock of the store may differ.
    `commit_s`: how long a transaction takes at most from its date until it can be seen.
    `grace_s`: how long after a pause somebody may still be taken in.
    `settle_s`: how long a claim may take to be issued once nothing is wrong any more.
    `resume_s`: how long after a hold or a ramp a mode may wait to move on.
    `late_s`: how long after its deadline an answer may still be counted.
    `excused`: refusals of claims that are the caller's own doing and not to be judged.
    """

    clock_s: float = 5.0
    commit_s: float = 10.0
    grace_s: float = 1.0
    settle_s: float = 60.0
    resume_s: float = 30.0
    late_s: float = 0.5
    excused: frozenset[str] = frozenset({"rate_limited"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Whether an invariant holds, over how much it was judged, and who broke it."""

    id: str
    name: str
    over: int
    broken: int = 0
    offenders: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Return whether nobody broke it."""
        return not self.broken

    def __str__(self) -> str:
        """Return it on one line, or on one more per offender that is named."""
        if self.ok:
            return f"{self.id} holds: {self.name} ({self.over:,} judged)"
        head = f"{self.id} BROKEN {self.broken:,} times: {self.name} ({self.over:,} judged)"
        return "\n    ".join((head, *self.offenders))


@dataclass(frozen=True, slots=True)
class Report:
    """One finding per invariant, in their order."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Return whether every invariant holds."""
        return all(finding.ok for finding in self.findings)

    @property
    def broken(self) -> tuple[str, ...]:
        """Return the ids of the invariants that are broken, in their order."""
        return tuple(finding.id for finding in self.findings if not finding.ok)

    def __getitem__(self, law: str) -> Finding:
        """Return what was found about one invariant."""
        return next(finding for finding in self.findings if finding.id == law)

    def __str__(self) -> str:
        """Return all of it, for people."""
        return "\n".join(map(str, self.findings))


class Docket:
    """Where judges write down what they judged and whom they charge."""

    def __init__(self) -> None:
        """Start empty."""
        self._over: Counter[str] = Counter()
        self._broken: Counter[str] = Counter()
        self._named: defaultdict[str, list[str]] = defaultdict(list)

    def judged(self, law: str, number: int) -> None:
        """Say that so much was judged by an invariant."""
        self._over[law] += number

    def charge(self, law: str, offence: str) -> None:
        """Say what broke an invariant."""
        self._broken[law] += 1
        if len(self._named[law]) < TOLD:
            self._named[law].append(offence)

    def report(self) -> Report:
        """Return everything as a report."""
        return Report(tuple(self._findings()))

    def _findings(self) -> Iterator[Finding]:
        for law, name in INVARIANTS.items():
            yield Finding(
                id=law,
                name=name,
                over=self._over[law],
                broken=self._broken[law],
                offenders=tuple(self._named.get(law, ())),
            )
