"""A bench from the first server to the last figure: rounds of acts, the books proven each time."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import filterfalse
from shutil import which

from fulfiller.ops.bench.arms import ACTS, ARMS, Arm
from fulfiller.ops.bench.books import Books, check_laws
from fulfiller.ops.bench.cast import Cast
from fulfiller.ops.bench.claims import open_campaign
from fulfiller.ops.bench.machine import described
from fulfiller.ops.bench.peers.roll import EXTRA
from fulfiller.ops.bench.report import Samples, spoken
from fulfiller.ops.bench.sample import Sample
from fulfiller.ops.bench.stage import Stage
from fulfiller.ops.show import remark
from fulfiller.ops.supervise.leaving import on_signals
from fulfiller.ops.supervise.plan import POSTGRES
from fulfiller.store.opening import open_store

CLAIMS_MIN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How much is measured: rounds, claims to drain, seconds of quiet."""

    store: str
    rounds: int
    claims: int
    quiet_s: float
    peers: bool = True

    def of(self, arm: Arm) -> int:
        """Return how many claims an arm gets."""
        if arm.per_s:
            return round(arm.per_s * self.quiet_s)
        return max(CLAIMS_MIN, round(self.claims * arm.share))


@dataclass(frozen=True, slots=True)
class Findings:
    """Samples by arm, in the order of the rounds, and what they were taken with."""

    samples: Samples
    about: dict[str, object]


def run(options: Options) -> Findings:
    """Measure everything; raise BooksBroken for figures that mean nothing."""
    bench = Bench(options)
    with on_signals(lambda: None), closing(Stage(options.store)) as stage:
        about = {
            "store": options.store,
            "rounds": options.rounds,
            "claims": {arm.name: options.of(arm) for arm in ARMS if arm.share or arm.per_s},
            "machine": described(stage),
        }
        for why in filter(None, map(bench.left_out, ARMS)):
            remark(why)
        for number in range(1, options.rounds + 1):
            remark(f"Round {number} of {options.rounds}")
            for act in ACTS:
                bench.play(act, stage)
    return Findings(bench.samples, about)


class Bench:
    """Plays acts and keeps what they gave."""

    def __init__(self, options: Options) -> None:
        """Have nothing yet."""
        self._options = options
        self.samples: dict[str, list[Sample]] = {}

    def left_out(self, arm: Arm) -> str | None:
        """Return why the bench goes without an arm, None if it does not."""
        if arm.needs is not None and which(arm.needs) is None:
            return f"{arm.needs} is not on PATH, so the bench goes without it"
        if arm.peer is None:
            return None
        if not self._options.peers or self._options.store != POSTGRES:
            return (
                f"the bench goes without {arm.name}: peers are measured on PostgreSQL with --peers"
            )
        missing = f"{arm.name} is not installed, so the bench goes without it: {EXTRA}"
        return None if arm.peer.installed else missing

    def play(self, act: Sequence[Arm], stage: Stage) -> None:
        """Play the arms of an act, one after the other, on a database of their own."""
        if all(map(self.left_out, act)):
            return
        with stage.act() as settings, Cast(stage, settings) as cast:
            with closing(open_store(settings.store_url, application="bench")) as store:
                for arm in filterfalse(self.left_out, act):
                    name = arm.name.replace("_", "-")
                    campaign = open_campaign(name, store=store, issuing_rate=arm.issuing_rate)
                    self._measure(arm, cast, Books(store, campaign))
            # Once for all arms of the act, since rows stay: a proof takes seconds.
            check_laws(settings.store_url)

    def _measure(self, arm: Arm, cast: Cast, books: Books) -> None:
        sample = arm.measure(cast, books, self._options.of(arm))
        close = books.close if arm.issues else books.close_unissued
        close(sample.promised)
        self.samples.setdefault(arm.name, []).append(sample)
        remark(f"  {spoken(arm, sample)}")
