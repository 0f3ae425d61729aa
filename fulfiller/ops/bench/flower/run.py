"""`fulfiller bench --flower`: what Flower and its viewers cost, and what they see at full speed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from statistics import median

from fulfiller.ops.bench import drains
from fulfiller.ops.bench.flower.crowds import MANY, ONE, REST, WORK, crowds
from fulfiller.ops.bench.flower.figures import pages, ratio, speed
from fulfiller.ops.bench.flower.flood import Flood, floods, rows
from fulfiller.ops.bench.flower.speed import ARMS, ASKED, PRESENT, ROWS, WATCHED, Run, drained
from fulfiller.ops.bench.machine import described
from fulfiller.ops.bench.report import aligned
from fulfiller.ops.bench.stage import Stage
from fulfiller.ops.show import remark
from fulfiller.ops.supervise.leaving import on_signals
from fulfiller.ops.supervise.plan import POSTGRES

ROUNDS = 5
CLAIMS = 200_000
FULL, LONE = "full", "lone"
KINDS = {FULL: (drains.ours, 1.0), LONE: (drains.lone, 1 / 40)}
"""Hints as the keeper makes them under load, and a task for each claim; the share of the claims."""
SAID = {
    PRESENT: "With Flower",
    WATCHED: "Watched by one",
    ASKED: f"With {MANY} viewers and pages asked",
}
SPOKEN = {
    FULL: "up to 1,000 claims a task",
    LONE: "a task for each claim",
    REST: "at rest",
    WORK: "pool at work",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured: milliseconds a second by crowd, runs by kind of hint, and with what."""

    crowds: Mapping[str, Sequence[float]]
    runs: Mapping[str, Sequence[Run]]
    floods: Sequence[Flood]
    about: Mapping[str, object]

    @property
    def data(self) -> dict[str, object]:
        """Return it for programs."""
        return {
            **self.about,
            "flower_ms_per_s": {name: list(found) for name, found in self.crowds.items()},
            "viewers_ratio": {kind: self.viewers_ratio(kind) for kind in (REST, WORK)},
            "speed": {kind: speed(runs) for kind, runs in self.runs.items()},
            "page_ms": {kind: pages(runs) for kind, runs in self.runs.items()},
            "floods": [asdict(flood) for flood in self.floods],
        }

    def viewers_ratio(self, kind: str) -> float:
        """Return what many viewers cost over what one does, the middle of all rounds."""
        return ratio(self.crowds[f"{kind}_{MANY}"], self.crowds[f"{kind}_{ONE}"])

    @property
    def words(self) -> str:
        """Return it for people."""
        header = ("events of", "seen", "let go", "ms of CPU/s", "MiB", "slowest page, ms")
        flooded = aligned(header, rows(self.floods))
        return "\n\n".join((self._viewers(), *map(self._drains, self.runs), flooded))

    def _viewers(self) -> str:
        header = ("Flower, ms of CPU a second", f"{ONE} viewer", f"{MANY} viewers", "ratio")
        return aligned(header, [self._crowd(kind) for kind in (REST, WORK)])

    def _crowd(self, kind: str) -> tuple[str, ...]:
        costs = (f"{median(self.crowds[f'{kind}_{viewers}']):.2f}" for viewers in (ONE, MANY))
        return (SPOKEN[kind], *costs, f"{self.viewers_ratio(kind):.2f}")

    def _drains(self, kind: str) -> str:
        told = speed(self.runs[kind])
        header = (SPOKEN[kind], "claims/s", "pool us/claim", "Flower us/claim", "database for it")
        names = ("rate", "pool_us", "flower_us", "store_us")
        lines = [(arm, *(f"{told[name][arm]:,.1f}" for name in names)) for arm in ARMS]
        asked = pages(self.runs[kind])
        return "\n".join(
            (
                aligned(header, lines),
                *_verdict(told),
                "",
                aligned(("page", "p50 ms", "p95", "max", "asked"), list(_pages(asked))),
            )
        )


def run(rounds: int, claims: int | None) -> Found:
    """Measure it all; raise BooksBroken for figures that mean nothing."""
    claims = claims or CLAIMS
    with on_signals(lambda: None), closing(Stage(POSTGRES)) as stage:
        about = {"machine": described(stage), "rounds": rounds, "claims": claims}
        remark(f"{ONE} viewer against {MANY}, {rounds} rounds")
        found = crowds(stage, rounds)
        remark("Events of a made-up pool, faster and faster")
        flooded = floods(stage)
        runs: dict[str, list[Run]] = {kind: [] for kind in KINDS}
        for number in range(1, rounds + 1):
            for kind, (drain, share) in KINDS.items():
                remark(f"Round {number} of {rounds}: {SPOKEN[kind]}")
                arms = ARMS if number % 2 else ARMS[::-1]
                runs[kind] += [drained(stage, drain, arm, round(claims * share)) for arm in arms]
    return Found(found, runs, flooded, about)


def _verdict(told: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    for arm, what in SAID.items():
        yield (
            f"{what}: the pool pays {told['pool_ratio'][arm]:.2f} of what it does alone,"
            f" with Flower {told['whole_ratio'][arm]:.2f}; Flower holds"
            f" {told['flower_mib'][arm]:.0f} MiB."
        )
    shares = told["page_share"]
    yield (
        "To what Flower and the database for it take anyway, a viewer adds"
        f" {100 * shares[WATCHED]:.1f} % of the pool's cost, {MANY} viewers with pages asked"
        f" {100 * shares[ASKED]:.1f} %."
    )
    tasks = told["tasks"]
    yield (
        f"Flower saw {tasks['seen']:,.0f} of {tasks['begun']:,.0f} tasks and let"
        f" {tasks['events_dropped']:,.0f} events go."
    )


def _pages(asked: Mapping[str, Mapping[str, float]]) -> Iterator[tuple[str, ...]]:
    for path, took in asked.items():
        times = (f"{took[name]:.0f}" if name in took else "-" for name in ("p50", "p95", "max"))
        yield (path.partition("?")[0] if path == ROWS else path, *times, f"{took['asked']:.0f}")
