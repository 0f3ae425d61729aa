"""`fulfiller bench --plan`: what a campaign would need, measured or read from a file."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

from fulfiller.ops.bench import doors
from fulfiller.ops.bench.books import Books, check_laws
from fulfiller.ops.bench.cast import Cast
from fulfiller.ops.bench.claims import open_campaign
from fulfiller.ops.bench.costs import Costs, Door, from_file
from fulfiller.ops.bench.flat import window
from fulfiller.ops.bench.machine import described
from fulfiller.ops.bench.marks import Stretch, stretch
from fulfiller.ops.bench.passage import Passage, Trip, travel
from fulfiller.ops.bench.plan import UTILIZATION, Figure, Plan, page
from fulfiller.ops.bench.report import aligned
from fulfiller.ops.bench.sample import Sample
from fulfiller.ops.bench.stage import Stage
from fulfiller.ops.show import remark
from fulfiller.ops.supervise.leaving import on_signals
from fulfiller.ops.supervise.plan import POSTGRES
from fulfiller.store.opening import open_store

SINGLE, BATCH = 15_000, 60_000
"""Claims through either door: some seconds each, and hundreds of ticks of CPU time."""
CONNECTIONS = 256


@dataclass(frozen=True, slots=True)
class Capacity:
    """A plan, what it was computed from, and where that was measured."""

    plan: Plan
    costs: Costs
    about: Mapping[str, object]

    @property
    def data(self) -> dict[str, object]:
        """Return it for programs; `measured` can be read again with `--from`."""
        plan = self.plan
        return {
            "plan": asdict(plan) | {"average": plan.average, "busiest": plan.busiest},
            "utilization": UTILIZATION,
            "doors": {
                door: {one.name: _entry(one) for one in figures}
                for door, figures in page(plan, self.costs).items()
            },
            "measured": self.costs.tree,
            **self.about,
        }

    @property
    def words(self) -> str:
        """Return it for people."""
        plan = self.plan
        head = (
            f"{plan.claims:,.0f} claims in {plan.hours:g} hours, the peak {plan.peak:g} times the"
            f" average; cores at most {100 * UTILIZATION:.0f} % busy at the peak."
        )
        return f"{head}\n\n{table(page(plan, self.costs))}"


def capacity(plan: Plan, source: Path | None) -> Capacity:
    """Return what a plan needs, from a saved file or from a run of half a minute.

    Raises NoCosts for a file without costs, BooksBroken for a run whose figures mean nothing.
    """
    if source is not None:
        return Capacity(plan, from_file(source), {"source": source.name})
    with on_signals(lambda: None), closing(Stage(POSTGRES)) as stage:
        about: dict[str, object] = {"machine": described(stage)}
        return Capacity(plan, measure(stage, SINGLE, BATCH), about)


def measure(stage: Stage, single: int, batch: int) -> Costs:
    """Send claims through both doors and return what they cost."""
    remark(f"Measuring: {single:,} claims one by one, then {batch:,} through the batch door.")
    sample = _single(stage, single)
    trip = Trip(campaign="batch", claims=batch)
    passage = travel(stage, trip, window(batch), lambda _standing, _before, _after: None)
    return costs(sample, passage)


def costs(sample: Sample, passage: Passage) -> Costs:
    """Return what a run through the single door and one through the batch door found."""
    first, last = passage.marks[0], passage.marks[-1]
    whole = stretch(first, last)
    worker, children = passage.worker_mib
    memory = dict(whole.memory_mib)
    if children:
        memory |= {"worker": worker, "slot": mean(children)}
    return Costs(
        doors={"single": _door(sample), "batch": _batch(whole, passage)},
        memory_mib=memory,
        bytes=whole.bytes,
        wal_bytes=whole.wal_bytes,
        verify_us=passage.verify_s * 1e6 / passage.claims,
        release_ms=max(mark.release_ms for mark in passage.marks),
        sweep_ms=max(mark.sweep_ms for mark in passage.marks),
        # Measured where an event has most claims, so it's no less through the other door.
        seal_us=passage.sealing.us_per_event,
    )


def _single(stage: Stage, claims: int) -> Sample:
    with (
        stage.act() as settings,
        Cast(stage, settings) as cast,
        closing(open_store(settings.store_url, application="bench")) as store,
    ):
        books = Books(store, open_campaign("single", store=store))
        sample = doors.single(cast, books, claims, connections=CONNECTIONS)
        books.close(sample.promised)
        check_laws(settings.store_url)
        return sample


def _door(sample: Sample) -> Door:
    return Door(
        cpu_us=sample.cpu_us,
        accept_rate=sample.accept_rate,
        per_commit=sample.claims_per.get("commit"),
        per_hint=sample.claims_per.get("hint"),
    )


def _batch(whole: Stretch, passage: Passage) -> Door:
    # Workers kept up, so what was issued is what one intake accepted.
    return Door(
        cpu_us=whole.cpu_us,
        accept_rate=whole.rate,
        per_commit=passage.per_commit,
        per_hint=passage.per_hint,
    )


def table(figures: Mapping[str, Sequence[Figure]]) -> str:
    """Return the figures as lines, with a column for each door."""
    columns = list(figures.values())
    rows = list(zip(*columns, strict=True))
    width = max(len(_how(row[0])) for row in rows)
    header = ("", *(f"{door} door" for door in figures), "", "how".ljust(width))
    return aligned(header, [_line(row, width) for row in rows])


def _line(row: Sequence[Figure], width: int) -> tuple[str, ...]:
    return (row[0].name, *map(_value, row), row[0].unit, _how(row[0]).ljust(width))


def _how(one: Figure) -> str:
    return f"{one.basis}: {one.formula}" if one.formula else str(one.basis)


def _value(one: Figure) -> str:
    """Return a figure with as many digits as mean something, counts as whole numbers."""
    if one.value is None:
        return "-"
    if isinstance(one.value, int):
        return f"{one.value:,}"
    digits = 0 if one.value >= 100 else 1 if one.value >= 1 else 2
    return f"{one.value:,.{digits}f}"


def _entry(one: Figure) -> dict[str, object]:
    return {"value": one.value, "unit": one.unit, "basis": one.basis, "formula": one.formula}
