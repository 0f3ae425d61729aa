"""A flood of events: how many tasks a second Flower can follow, and what it does beyond that."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from fulfiller.ops.bench.aide import Aide
from fulfiller.ops.bench.cast import Cast
from fulfiller.ops.bench.claims import open_campaign
from fulfiller.ops.bench.flower.crowds import ONE
from fulfiller.ops.bench.flower.gallery import Gallery, gallery
from fulfiller.ops.bench.flower.speed import CAMPAIGN, PAGES
from fulfiller.ops.bench.stage import Stage
from fulfiller.ops.show import remark
from fulfiller.settings import surroundings
from fulfiller.store.opening import open_store

PER_S = (500, 1_000, 2_000, 4_000, 8_000)
"""Tasks a second, three events each: from what two cores can do to what they can't even say."""
SPAN_S = 10.0
WITHIN_S = 60.0
POOL = "fulfiller.ops.bench.flower.pool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """One pace: tasks begun and seen, events let go, Flower's CPU and memory, and its pages."""

    per_s: float
    begun: int
    seen: int
    dropped: int
    used_ms: float
    mib: float
    took_ms: Mapping[str, list[float]]


def floods(stage: Stage, span_s: float = SPAN_S) -> list[Flood]:
    """Return how Flower fares at each pace, one after the other, watched by one and asked."""
    with (
        stage.act() as settings,
        Cast(stage, settings) as cast,
        closing(open_store(settings.store_url, application="bench")) as store,
        gallery(cast) as seen,
        Aide(POOL, surroundings()) as pool,
    ):
        seen.watch(open_campaign(CAMPAIGN, store=store).id, ONE)
        return [_flood(seen, pool, settings.broker_url, per_s, span_s) for per_s in PER_S]


def _flood(seen: Gallery, pool: Aide, broker: str, per_s: int, span_s: float) -> Flood:
    before = seen.tasks()
    seen.ask(PAGES)
    pool.order(broker=broker, per_s=per_s, seconds=span_s)
    used_ms = seen.cost_ms(span_s)
    pool.await_report(WITHIN_S)
    took_ms = seen.asked()
    seen.settle()
    after = seen.tasks()
    added = {name: after[name] - before[name] for name in after}
    flood = Flood(
        per_s=added["begun"] / span_s,
        begun=added["begun"],
        seen=added["seen"],
        dropped=added["events_dropped"],
        used_ms=used_ms,
        mib=seen.mib,
        took_ms=took_ms,
    )
    remark(
        f"  {flood.per_s:,.0f} tasks/s: {flood.seen:,} of {flood.begun:,} seen,"
        f" {flood.used_ms:,.0f} ms of CPU a second, {flood.mib:.0f} MiB, slowest page"
        f" {slowest_ms(flood):,.0f} ms"
    )
    return flood


def slowest_ms(flood: Flood) -> float:
    """Return the longest that any page took."""
    return max(max(took) for took in flood.took_ms.values())


def rows(found: Sequence[Flood]) -> list[tuple[str, ...]]:
    """Return floods as rows of a table."""
    return [
        (
            f"{flood.per_s:,.0f} tasks/s",
            f"{100 * flood.seen / max(1, flood.begun):.1f} %",
            f"{flood.dropped:,}",
            f"{flood.used_ms:,.0f}",
            f"{flood.mib:.0f}",
            f"{slowest_ms(flood):,.0f}",
        )
        for flood in found
    ]
