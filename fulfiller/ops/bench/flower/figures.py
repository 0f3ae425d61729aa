"""The figures of a bench of Flower: medians over rounds, each against its own round's baseline."""

from collections.abc import Sequence
from itertools import chain
from statistics import median

from fulfiller.ops.bench.flower.speed import ALONE, ARMS, ASKED, PRESENT, VIEWERS, WATCHED, Run

FAILED = -1.0
P95 = 0.95
Figures = dict[str, dict[str, float]]


def ratio(many: Sequence[float], one: Sequence[float]) -> float:
    """Return the middle of what one costs over the other, round by round."""
    return median(more / less for more, less in zip(many, one, strict=True))


def speed(runs: Sequence[Run]) -> Figures:
    """Return what drains of one kind came to, by arm."""
    of = {arm: [run for run in runs if run.arm == arm] for arm in ARMS}
    alone = [run.pool_us for run in of[ALONE]]
    heard = [run.tasks for run in runs if run.tasks]
    return {
        "rate": {arm: median(run.sample.rate for run in found) for arm, found in of.items()},
        "pool_us": {arm: median(run.pool_us for run in found) for arm, found in of.items()},
        "flower_us": {arm: median(run.flower_us for run in found) for arm, found in of.items()},
        "store_us": {arm: median(run.store_us for run in found) for arm, found in of.items()},
        # What the pool pays, and what it and Flower pay together, for one claim.
        "pool_ratio": {arm: ratio([run.pool_us for run in of[arm]], alone) for arm in VIEWERS},
        "whole_ratio": {
            arm: ratio([run.sample.sum_us for run in of[arm]], alone) for arm in VIEWERS
        },
        # What somebody who looks adds to what Flower and its questions to the database take anyway.
        "page_share": {
            arm: median(
                (run.flower_us + run.store_us - there.flower_us - there.store_us) / there.pool_us
                for run, there in zip(of[arm], of[PRESENT], strict=True)
            )
            for arm in (WATCHED, ASKED)
        },
        "flower_mib": {arm: max(run.mib for run in of[arm]) for arm in VIEWERS},
        "tasks": {
            name: sum(told[name] for told in heard) for name in ("begun", "seen", "events_dropped")
        },
    }


def pages(runs: Sequence[Run]) -> Figures:
    """Return how long pages took while claims were issued, in milliseconds, by page."""
    asked = [run.took_ms for run in runs if run.arm == ASKED]
    paths = dict.fromkeys(chain.from_iterable(asked))
    return {path: _spread([ms for took in asked for ms in took.get(path, ())]) for path in paths}


def _spread(took_ms: Sequence[float]) -> dict[str, float]:
    found = sorted(ms for ms in took_ms if ms != FAILED)
    failed = len(took_ms) - len(found)
    if not found:
        return {"asked": 0, "failed": failed}
    return {
        "p50": median(found),
        "p95": found[min(len(found) - 1, int(P95 * len(found)))],
        "max": found[-1],
        "asked": len(found),
        "failed": failed,
    }
