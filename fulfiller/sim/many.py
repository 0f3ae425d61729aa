"""Many runs: seeds spread over processes, what they found, and what struck where."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from traceback import format_exception_only

from fulfiller.sim.coverage import Spot, holes
from fulfiller.sim.fault import Tally
from fulfiller.sim.judge import judge
from fulfiller.sim.loop import SECOND
from fulfiller.sim.run import run

CHUNK = 10
AHEAD = 2
"""Chunks that wait for each process."""
AGAIN = 100
"""One seed in so many is run twice: the second time must do the same, step by step."""


ENOUGH = 3_000
"""Seeds after which every place must have been struck."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A seed, and what did not hold in it."""

    seed: int
    findings: tuple[str, ...]


@dataclass(slots=True)
class Summary:
    """What many runs came to."""

    seeds: int = 0
    steps: int = 0
    claims: int = 0
    coupons: int = 0
    simulated_s: float = 0.0
    repeated: int = 0
    tally: Tally = field(default_factory=Tally)
    judged: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    @property
    def faults(self) -> int:
        """How many faults struck."""
        return self.tally.faults.total()

    @property
    def holes(self) -> list[Spot]:
        """Where no fault ever struck."""
        return holes(self.tally.cells)

    @property
    def blind(self) -> bool:
        """Whether faults left places out though there were runs enough to strike everywhere."""
        return self.seeds >= ENOUGH and bool(self.holes)

    def add(self, other: "Summary") -> None:
        """Count others' runs in."""
        self.seeds += other.seeds
        self.steps += other.steps
        self.claims += other.claims
        self.coupons += other.coupons
        self.simulated_s += other.simulated_s
        self.repeated += other.repeated
        self.tally.add(other.tally)
        self.judged.update(other.judged)
        self.failures += other.failures


def run_many(
    seeds: Iterable[int], *, jobs: int, go_on: Callable[[Summary], bool] = lambda _: True
) -> Summary:
    """Run seeds in so many processes, of however many there are, for as long as `go_on` says.

    It is asked after each few runs, with what all so far came to.
    """
    whole = Summary()
    for part in _parts(seeds, jobs):
        whole.add(part)
        if not go_on(whole):
            break
    whole.failures.sort(key=lambda failure: failure.seed)
    return whole


def run_some(seeds: Sequence[int]) -> Summary:
    """Run seeds here, one after the other."""
    summary = Summary()
    for seed in seeds:
        _run_one(seed, summary)
    return summary


def _parts(seeds: Iterable[int], jobs: int) -> Iterator[Summary]:
    rest = iter(seeds)
    chunks = iter(lambda: list(islice(rest, CHUNK)), [])
    if jobs == 1:
        yield from map(run_some, chunks)
        return
    # Spawned, not forked: nothing of this process may be in a run.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(run_some, chunk) for chunk in islice(chunks, AHEAD * jobs)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {pool.submit(run_some, chunk) for chunk in islice(chunks, len(done))}
            yield from (each.result() for each in done)


def _run_one(seed: int, summary: Summary) -> None:
    summary.seeds += 1
    try:
        ran = run(seed)
        verdict = judge(ran)
    except Exception as fault:  # noqa: BLE001 - whatever it is, the seed that shows it is kept
        summary.failures.append(Failure(seed, ("".join(format_exception_only(fault)).strip(),)))
        return
    findings = verdict.findings
    if seed % AGAIN == 0:
        summary.repeated += 1
        if run(seed).world.digest != ran.world.digest:
            findings = (*findings, "the same seed did not do the same twice")
    shelves = ran.world.truth.shelves
    summary.steps += ran.world.steps
    summary.claims += len(shelves.claims)
    summary.coupons += len(shelves.coupons)
    summary.simulated_s += ran.world.now / SECOND
    summary.tally.add(ran.tally)
    summary.judged.update(verdict.judged)
    if findings:
        summary.failures.append(Failure(seed, findings))
