"""`fulfiller bench --flat`: whether a claim costs as much at the end of millions as at first.

A machine may be slower after a quarter of an hour for reasons of its own, so the last stretch is
held against the first claims of an empty store that is filled right behind it.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise

from fulfiller.ops.bench.machine import described
from fulfiller.ops.bench.marks import Mark, Stretch, stretch
from fulfiller.ops.bench.passage import FIRST, GROUP, LINES, WARM, Passage, Standing, Trip, travel
from fulfiller.ops.bench.report import aligned
from fulfiller.ops.bench.stage import Stage
from fulfiller.ops.show import remark
from fulfiller.ops.supervise.leaving import on_signals
from fulfiller.ops.supervise.plan import POSTGRES

AHEAD = 20_000
"""Claims that may be open, so that workers always find full hints and no backlog piles up."""
RATIO_MAX = 1.3
ROLES = ("intake", "worker", "keeper", "postgres", "valkey")


@dataclass(frozen=True, slots=True)
class Flat:
    """What a run of many claims came to, stretch by stretch, and with what it was measured.

    `fresh` is what came right behind it: the first claims of an empty store.
    """

    passage: Passage
    fresh: Stretch
    about: Mapping[str, object]

    @property
    def stretches(self) -> list[Stretch]:
        """Return what lay between each two marks."""
        return [stretch(*pair) for pair in pairwise(self.passage.marks)]

    @property
    def ratio(self) -> float | None:
        """Return a claim's CPU time in the last stretch over that in an empty store, if known."""
        return _over(self.stretches[-1], self.fresh)

    @property
    def ratio_to_first(self) -> float | None:
        """Return the same over the first stretch, when the machine may have been another."""
        return _over(self.stretches[-1], self.stretches[0])

    @property
    def is_flat(self) -> bool:
        """Return whether the ratio, where it is known, is at most RATIO_MAX."""
        return self.ratio is None or self.ratio <= RATIO_MAX

    @property
    def data(self) -> dict[str, object]:
        """Return it for programs."""
        passage = self.passage
        first, last = passage.marks[0], passage.marks[-1]
        return {
            **self.about,
            "claims": passage.claims,
            "took_s": passage.took_s,
            "rate": passage.claims / passage.took_s,
            "flat": self.is_flat,
            "ratio": self.ratio,
            "ratio_max": RATIO_MAX,
            "ratio_to_first": self.ratio_to_first,
            "fresh": self.fresh.data,
            "stretches": [one.data for one in self.stretches],
            "whole": stretch(first, last).data,
            "memory_growth_mib": _grown(first.memory_mib, last.memory_mib),
            "feeder": {"mib": passage.feeder_mib, "cpu_us": passage.feeder_us},
            "connections": passage.connections,
            "statuses": passage.statuses,
            "verify_s": passage.verify_s,
            "sweep_ms": last.sweep_ms,
            "seal": {"events": passage.sealing.events, "ms": passage.sealing.ms},
        }


def run(claims: int) -> Flat:
    """Send so many claims through one campaign; raise BooksBroken if the books don't balance."""
    remark(f"{claims:,} claims through one campaign; CPU us per claim, bytes per claim, MiB.")
    trip = Trip(campaign="flat", claims=claims)
    with on_signals(lambda: None), closing(Stage(POSTGRES)) as stage:
        about: dict[str, object] = {"machine": described(stage)}
        passage = travel(stage, trip, window(claims), tell)
        return Flat(passage, _fresh(stage, min(claims, WARM + FIRST)), about)


def _fresh(stage: Stage, claims: int) -> Stretch:
    """Return what the first claims of an empty store cost now."""
    remark(f"{claims:,} claims through an empty store, to compare.")
    marks = travel(stage, Trip(campaign="fresh", claims=claims), window(claims), _hush).marks
    return stretch(marks[0], marks[-1])


def window(claims: int) -> "Window":
    """Return the pace of a run: as fast as coupons are issued, with a bounded backlog."""
    return Window(min(AHEAD, max(LINES * GROUP, claims // 10)))


@dataclass(frozen=True, slots=True)
class Window:
    """A pace that keeps so many claims ahead of what is issued."""

    claims: int

    def __call__(self, standing: Standing) -> int:
        """Return how many claims may have been sent by now."""
        return standing.issued + self.claims


def tell(standing: Standing, before: Mark, after: Mark) -> None:
    """Print a line about the stretch that has just ended."""
    one = stretch(before, after)
    costs = " ".join(f"{role} {one.cpu_us.get(role, 0):.1f}" for role in ROLES)
    sizes = ", ".join(f"{name} {size:.0f}" for name, size in list(one.bytes.items())[:4])
    memory = ", ".join(f"{role} {mib:.0f}" for role, mib in one.memory_mib.items())
    remark(
        f"  {one.issued:>12,} issued after {standing.elapsed_s:,.0f} s: {one.rate:,.0f} claims/s,"
        f" {one.sum_us:.1f} us ({costs}), {one.open:,} open, release {one.release_ms:.1f} ms,"
        f" sweep {one.sweep_ms:.1f} ms, seal lag {one.seal_lag_s:.1f} s\n"
        f"               bytes: {sizes}; MiB: {memory}"
    )


def _hush(_standing: Standing, _before: Mark, _after: Mark) -> None:
    """Print nothing."""


def page(flat: Flat) -> str:
    """Return what a person wants to see at the end."""
    rows = [_row(one) for one in flat.stretches]
    header = (
        "issued", "claims/s", "CPU us", *ROLES, "open", "bytes", "WAL", "MiB", "release ms",
    )  # fmt: skip
    return "\n\n".join((aligned(header, rows), _verdict(flat)))


def _row(one: Stretch) -> tuple[str, ...]:
    return (
        f"{one.issued:,}",
        f"{one.rate:,.0f}",
        f"{one.sum_us:.1f}",
        *(f"{one.cpu_us.get(role, 0):.1f}" for role in ROLES),
        f"{one.open:,}",
        f"{sum(one.bytes.values()):,.0f}",
        f"{one.wal_bytes:,.0f}",
        f"{sum(one.memory_mib.values()):,.0f}",
        f"{one.release_ms:.1f}",
    )


def _verdict(flat: Flat) -> str:
    passage = flat.passage
    marks = passage.marks
    growth = _grown(marks[0].memory_mib, marks[-1].memory_mib)
    grown = ", ".join(f"{role} {mib:+.1f}" for role, mib in growth.items())
    word = "flat" if flat.is_flat else "NOT FLAT"
    rate = passage.claims / passage.took_s
    return (
        f"{word}: a claim at the end costs {_told(flat.ratio)} of one in an empty store right"
        f" after (at most {RATIO_MAX}), and {_told(flat.ratio_to_first)} of one at first.\n"
        f"{passage.claims:,} claims in {passage.took_s:,.1f} s, {rate:,.0f} a second;"
        " every law holds.\n"
        f"verify took {passage.verify_s:.1f} s, a sweep {marks[-1].sweep_ms:.1f} ms,"
        f" a seal round of {passage.sealing.events:,} events {passage.sealing.ms:.1f} ms without"
        " its write.\n"
        f"Memory grew by (MiB) {grown}; the feeder held {passage.feeder_mib:.0f}"
        f" and used {passage.feeder_us:.1f} us of CPU per claim."
    )


def _told(ratio: float | None) -> str:
    return "unknown (nobody tells CPU time here)" if ratio is None else f"{ratio:.2f}"


def _over(one: Stretch, other: Stretch) -> float | None:
    return one.sum_us / other.sum_us if other.sum_us else None


def _grown(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {role: mib - before.get(role, 0.0) for role, mib in after.items()}
