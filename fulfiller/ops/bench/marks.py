"""Marks along a run: where it stood at a moment, and what it cost from one mark to the next."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from fulfiller.ops.bench.sizes import Sizes

TAKEN_IN, ISSUED = ("intake",), ("worker", "keeper")
"""Roles by what they work on; servers work on both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where a run stands: claims taken in and issued, what was used and held, some times.

    `release_ms` is the time of a release's read, `sweep_ms` that of a whole sweep, and
    `seal_lag_s` the age of the oldest event that has no seal yet.
    """

    at_s: float
    entered: int
    issued: int
    used_s: Mapping[str, float]
    memory_mib: Mapping[str, float]
    sizes: Sizes
    release_ms: float
    sweep_ms: float
    seal_lag_s: float

    @property
    def open(self) -> int:
        """Return how many claims were taken in and not yet issued."""
        return self.entered - self.issued


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A run between two marks, and where it stood at the later one.

    `cpu_us` is microseconds of CPU per claim by role: the intake's per claim taken in, worker's
    and keeper's per claim issued, the servers' per mean of the two. So a backlog that grows or
    falls is no cost of anybody. `bytes` are per claim taken in, by table; `wal_bytes` likewise.
    """

    issued: int
    open: int
    rate: float
    cpu_us: Mapping[str, float]
    memory_mib: Mapping[str, float]
    bytes: Mapping[str, float]
    wal_bytes: float
    release_ms: float
    sweep_ms: float
    seal_lag_s: float

    @property
    def sum_us(self) -> float:
        """Return what a claim cost over all roles."""
        return sum(self.cpu_us.values())

    @property
    def data(self) -> dict[str, object]:
        """Return it for programs."""
        return asdict(self) | {"cpu_us": {**self.cpu_us, "sum": self.sum_us}}


def stretch(before: Mark, after: Mark) -> Stretch:
    """Return what lay between two marks."""
    entered, issued = after.entered - before.entered, after.issued - before.issued
    return Stretch(
        issued=after.issued,
        open=after.open,
        rate=issued / (after.at_s - before.at_s),
        cpu_us={
            role: (used - before.used_s[role]) * 1e6 / max(1, _claims(role, entered, issued))
            for role, used in after.used_s.items()
            if role in before.used_s
        },
        memory_mib=after.memory_mib,
        bytes=after.sizes.per_claim(before.sizes, max(1, entered)),
        wal_bytes=(after.sizes.wal - before.sizes.wal) / max(1, entered),
        release_ms=after.release_ms,
        sweep_ms=after.sweep_ms,
        seal_lag_s=after.seal_lag_s,
    )


def _claims(role: str, entered: int, issued: int) -> float:
    """Return the claims among which a role's cost is shared."""
    if role in TAKEN_IN:
        return entered
    return issued if role in ISSUED else (entered + issued) / 2
