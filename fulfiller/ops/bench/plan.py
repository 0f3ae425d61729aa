"""What a campaign would need, computed from what a claim was measured to cost.

Everything here is arithmetic: the costs come from `costs.py`, and each figure says whether it
was measured, counted in the code or computed, and by which formula.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from math import ceil, isfinite

from fulfiller.domain.error import DomainError
from fulfiller.ops.bench.costs import Costs, Door
from fulfiller.service.release import TASKS_PER_SLOT
from fulfiller.service.serving import HINT_MAX

HOUR_S = 3_600.0
UTILIZATION = 0.6
"""How busy a core may be at the peak: beyond it, waiting times grow faster than the load."""
ROLES = ("intake", "worker", "keeper", "postgres", "valkey")
KEEPERS = 2
"""One leads, one stands by."""
SLOTS_MIN = 2
INTAKE_LINKS = 15
"""Connections of an intake at most: committer, its relief, publisher, outlook and the three desks
(reads, writes, metrics) have one each and one more while they read a campaign; the clock has its
own."""
SLOT_LINKS = 3
"""Connections of a worker's slot: its transactions, its campaigns, its clock."""
WORKER_LINKS = 1
"""A worker's main process opens one for as long as it announces its slots."""
KEEPER_LINKS = 3
"""Connections of a keeper: its rounds, its campaigns, its clock."""
ID_BYTES = 44
"""Bytes of a claim's id in a hint: 36 of the id, quotes and comma, and base64's part of them."""
SLOWEST = "the slowest of a run; --flat shows whether it grows"
MIB, GIB = 2**20, 2**30


class InvalidPlan(DomainError):
    """A plan asks for what can't be; the message names the option and what to write instead."""


class Basis(StrEnum):
    """Where a figure comes from."""

    MEASURED = "measured"
    COMPUTED = "computed"
    COUNTED = "counted"
    UNKNOWN = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A campaign to come: claims in all, hours they come in, the peak over the average."""

    claims: float
    hours: float
    peak: float

    def __post_init__(self) -> None:
        """Refuse what is no plan, naming the option and the remedy."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not isfinite(value):
                raise InvalidPlan(f"--{OPTIONS[field.name]} {value}: write a finite number")
        if self.claims < 1:
            raise InvalidPlan(f"--plan {self.claims:g}: write how many claims, such as 10e6")
        if self.hours <= 0:
            raise InvalidPlan(f"--hours {self.hours:g}: write hours above 0, such as 9")
        if self.peak < 1:
            raise InvalidPlan(
                f"--peak {self.peak:g}: a peak is no lower than the average; write 1 or more"
            )

    @property
    def average(self) -> float:
        """Return the claims a second that come on average: claims / (hours * 3600)."""
        return self.claims / (self.hours * HOUR_S)

    @property
    def busiest(self) -> float:
        """Return the claims a second that come at the peak: average * peak."""
        return self.average * self.peak


OPTIONS = {"claims": "plan", "hours": "hours", "peak": "peak"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the page: None is a value that was not measured."""

    name: str
    value: float | None
    unit: str
    basis: Basis
    formula: str


def page(plan: Plan, costs: Costs) -> Mapping[str, Sequence[Figure]]:
    """Return all figures by door, the same lines for each door that was measured."""
    return {name: _figures(plan, costs, door) for name, door in costs.doors.items()}


def _figures(plan: Plan, costs: Costs, door: Door) -> list[Figure]:
    return [
        _computed("average", plan.average, "claims/s", "claims / (hours * 3600)"),
        _computed("peak", plan.busiest, "claims/s", "average * peak"),
        *_cores(plan, door),
        *_staff(plan, costs, door),
        *_storage(plan, costs),
        *_growth(plan, costs, door),
    ]


def cores(plan: Plan, us: float) -> float:
    """Return the cores that a cost per claim keeps busy at the peak, at the utilization aimed at.

    peak * microseconds / 1e6 / utilization
    """
    return plan.busiest * us / 1e6 / UTILIZATION


def _cores(plan: Plan, door: Door) -> list[Figure]:
    formula = f"peak * CPU us per claim / 1e6 / {UTILIZATION:g}"
    costs = [
        Figure(f"CPU per claim, {role}", door.cpu_us.get(role), "us", _measured(door, role), "")
        for role in ROLES
    ]
    needs = [
        _computed(f"cores, {role}", _on(door.cpu_us.get(role), lambda us: cores(plan, us)), "cores",
                  formula)
        for role in ROLES
    ]  # fmt: skip
    known = [need.value for need in needs if need.value is not None]
    whole = _computed("cores, all", sum(known) if known else None, "cores", "their sum")
    return [*costs, *needs, whole]


def _measured(door: Door, role: str) -> Basis:
    return Basis.MEASURED if role in door.cpu_us else Basis.UNKNOWN


def intakes(plan: Plan, door: Door) -> int | None:
    """Return how many intake processes the peak takes, each with one committer; None if unknown.

    peak / (claims a second of one process * utilization), rounded up. The rate of a process is
    what it was measured to accept; where that is unknown, a core's worth of its CPU time.
    """
    rate = _process_rate(door)
    return None if rate is None else ceil(plan.busiest / (rate * UTILIZATION))


def _process_rate(door: Door) -> float | None:
    if door.accept_rate is not None:
        return door.accept_rate
    us = door.cpu_us.get("intake")
    return 1e6 / us if us else None


def slots(plan: Plan, door: Door) -> int | None:
    """Return how many worker slots the peak takes; each is a process and fills one core at most.

    The worker's cores, rounded up, at least 2.
    """
    us = door.cpu_us.get("worker")
    return None if us is None else max(SLOTS_MIN, ceil(cores(plan, us)))


def links(intakes_: int, slots_: int) -> int:
    """Return how many connections PostgreSQL must take, besides those of people.

    intakes * 15 + slots * 3 + 1 + keepers * 3, with one worker for all slots
    """
    return intakes_ * INTAKE_LINKS + slots_ * SLOT_LINKS + WORKER_LINKS + KEEPERS * KEEPER_LINKS


def _staff(plan: Plan, costs: Costs, door: Door) -> list[Figure]:
    own, doors, many = _process_rate(door), intakes(plan, door), slots(plan, door)
    each = f"intakes * {INTAKE_LINKS} + slots * {SLOT_LINKS} + {WORKER_LINKS}"
    known = doors is not None and many is not None
    rate_basis = Basis.COMPUTED if door.accept_rate is None else Basis.MEASURED
    return [
        Figure("one intake accepts", own, "claims/s", rate_basis if own else Basis.UNKNOWN,
               "" if door.accept_rate else "1e6 / CPU us per claim of the intake"),
        _computed("intake processes", doors, "", f"peak / (what one accepts * {UTILIZATION:g})"),
        _computed("worker slots", many, "", f"cores of the worker, at least {SLOTS_MIN}"),
        Figure("keepers", KEEPERS, "", Basis.COUNTED, "one leads, one stands by"),
        _computed("PostgreSQL connections", links(doors or 0, many or 0) if known else None, "",
                  f"{each} + keepers * {KEEPER_LINKS}"),
        *_memory(costs, doors, many),
    ]  # fmt: skip


def _memory(costs: Costs, doors: int | None, many: int | None) -> list[Figure]:
    each = costs.memory_mib
    single = [
        Figure(f"memory, {name}", each.get(role), "MiB",
               Basis.MEASURED if role in each else Basis.UNKNOWN, "")
        for role, name in MEMORY.items()
    ]  # fmt: skip
    parts = [each.get(role) for role in ("intake", "slot", "worker", "keeper")]
    whole = None
    if doors is not None and many is not None and None not in parts:
        intake, slot, worker, keeper = (part or 0.0 for part in parts)
        whole = doors * intake + many * slot + worker + KEEPERS * keeper
    formula = "intakes * intake + slots * slot + worker + keepers * keeper"
    return [*single, _computed("memory, all of ours", whole, "MiB", formula)]


MEMORY = {
    "intake": "an intake",
    "worker": "a worker without slots",
    "slot": "a worker's slot",
    "keeper": "a keeper",
    "valkey": "Valkey, at rest",
}


def _storage(plan: Plan, costs: Costs) -> list[Figure]:
    claim, wal = costs.bytes_per_claim, costs.wal_bytes
    return [
        _told("disk per claim", claim, "bytes"),
        _computed("disk, all claims", _on(claim, lambda each: each * plan.claims / GIB), "GiB",
                  "claims * bytes"),
        _told("WAL per claim", wal, "bytes"),
        _computed("WAL, all claims", _on(wal, lambda each: each * plan.claims / GIB), "GiB",
                  "claims * bytes"),
        _computed("WAL at the peak", _on(wal, lambda each: each * plan.busiest / MIB), "MiB/s",
                  "peak * bytes"),
    ]  # fmt: skip


def _growth(plan: Plan, costs: Costs, door: Door) -> list[Figure]:
    return [
        _computed("Valkey memory", _valkey_mib(plan, costs, door), "MiB",
                  f"at rest + slots * {TASKS_PER_SLOT} * {HINT_MAX} * {ID_BYTES} bytes"),
        _told("release, each read", costs.release_ms, "ms", SLOWEST),
        _told("sweep, each", costs.sweep_ms, "ms", SLOWEST),
        _computed("seal, at the peak", _sealing(plan, costs, door), "% of a keeper",
                  "peak * events per claim * us per event / 1e6 * 100"),
        _computed("verify, at the end", _on(costs.verify_us, lambda us: us * plan.claims / 1e6),
                  "s", "claims * us per claim"),
    ]  # fmt: skip


def _valkey_mib(plan: Plan, costs: Costs, door: Door) -> float | None:
    """Return the MiB of a broker at rest with full queues on top: it holds no backlog."""
    many, rest = slots(plan, door), costs.memory_mib.get("valkey")
    if many is None or rest is None:
        return None
    return rest + many * TASKS_PER_SLOT * HINT_MAX * ID_BYTES / MIB


def _sealing(plan: Plan, costs: Costs, door: Door) -> float | None:
    """Return how much of a keeper's time sealing takes at the peak, in percent."""
    if costs.seal_us is None or door.events_per_claim is None:
        return None
    return plan.busiest * door.events_per_claim * costs.seal_us / 1e6 * 100


def _computed(name: str, value: float | None, unit: str, formula: str) -> Figure:
    return Figure(name, value, unit, Basis.UNKNOWN if value is None else Basis.COMPUTED, formula)


def _told(name: str, value: float | None, unit: str, remark: str = "") -> Figure:
    return Figure(name, value, unit, Basis.UNKNOWN if value is None else Basis.MEASURED, remark)


def _on(value: float | None, work: Callable[[float], float]) -> float | None:
    return None if value is None else work(value)
