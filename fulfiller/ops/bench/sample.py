"""What one run of one arm found."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run: claims a second, microseconds of CPU per claim by process, further figures.

    `promised` is how many claims must be in the books; `load_us` what sending one cost, which
    is no part of the sum; `claims_per` tells how many shared a commit or a hint; `statuses`
    counts what was answered to claims; `own` are figures that only this arm has.
    """

    promised: int
    rate: float
    cpu_us: Mapping[str, float]
    load_us: float | None = None
    accept_rate: float | None = None
    latency_ms: Mapping[str, float] = field(default_factory=dict)
    claims_per: Mapping[str, float] = field(default_factory=dict)
    statuses: Mapping[str, int] = field(default_factory=dict)
    memory_mib: Mapping[str, float] = field(default_factory=dict)
    own: Mapping[str, float] = field(default_factory=dict)

    @property
    def sum_us(self) -> float:
        """Return what a claim cost over all processes but the sender."""
        return sum(self.cpu_us.values())

    def figures(self) -> dict[str, float]:
        """Return everything by dotted name."""
        found = {"rate": self.rate}
        if self.accept_rate is not None:
            found["accept_rate"] = self.accept_rate
        if self.cpu_us:
            found |= {f"cpu_us.{name}": us for name, us in self.cpu_us.items()}
            found["cpu_us.sum"] = self.sum_us
        if self.load_us is not None:
            found["cpu_us.load"] = self.load_us
        found |= {f"latency_ms.{name}": ms for name, ms in self.latency_ms.items()}
        found |= {f"memory_mib.{name}": mib for name, mib in self.memory_mib.items()}
        found |= {f"own.{name}": value for name, value in self.own.items()}
        return found | {f"claims_per.{name}": size for name, size in self.claims_per.items()}
