"""One viewer against many: what Flower costs a second, at rest and with a pool at work."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from threading import Event, Thread

from fulfiller.clock import monotonic
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import ClaimId
from fulfiller.ops.bench.cast import WORKER, Cast
from fulfiller.ops.bench.claims import open_campaign, preload
from fulfiller.ops.bench.flower.gallery import Gallery, gallery
from fulfiller.ops.bench.stage import Stage
from fulfiller.ops.show import remark
from fulfiller.service.dispatch import Hint, Lane
from fulfiller.settings import Settings
from fulfiller.store.opening import open_store
from fulfiller.wiring import open_broker

ONE, MANY = 1, 50
SPAN_S, CALM_S = 10.0, 2.0
"""For how long is measured, and how long those who came and went are left out."""
PER_S = 100
"""Tasks of one claim each second while the pool works: a few campaigns with low rates."""
REST, WORK = "rest", "work"
TICK_S = 0.1


def crowds(stage: Stage, rounds: int, span_s: float = SPAN_S) -> dict[str, list[float]]:
    """Return Flower's milliseconds of CPU a second, by `rest_1`, `rest_50`, `work_1`, `work_50`."""
    found: dict[str, list[float]] = {}
    with (
        stage.act() as settings,
        Cast(stage, settings) as cast,
        closing(open_store(settings.store_url, application="bench")) as store,
    ):
        still = open_campaign("still", store=store)
        cast.enter(WORKER)
        with gallery(cast) as seen:
            for viewers, cost_ms in _costs(seen, still.id, rounds, span_s):
                found.setdefault(f"{REST}_{viewers}", []).append(cost_ms)
            busy = open_campaign("busy", store=store)
            needed = round(PER_S * (2 * rounds * (span_s + CALM_S) + 2 * CALM_S) * 1.5)
            ids = preload(busy, needed, store=store)
            with _working(settings, busy, ids):
                for viewers, cost_ms in _costs(seen, busy.id, rounds, span_s):
                    found.setdefault(f"{WORK}_{viewers}", []).append(cost_ms)
    return found


def _costs(seen: Gallery, campaign: str, rounds: int, span_s: float) -> Iterator[tuple[int, float]]:
    """Yield viewers and costs, one and many in turn, who goes first changing with each round."""
    for number in range(rounds):
        for viewers in (ONE, MANY) if number % 2 == 0 else (MANY, ONE):
            seen.watch(campaign, viewers)
            seen.settle(CALM_S)
            before, cost_ms = seen.heard(), seen.cost_ms(span_s)
            each = (seen.heard() - before) / viewers / span_s
            remark(
                f"  {campaign}, viewers {viewers}: {cost_ms:.2f} ms of CPU a second,"
                f" {each:,.0f} bytes to each"
            )
            yield viewers, cost_ms


@contextmanager
def _working(settings: Settings, campaign: Campaign, ids: Sequence[ClaimId]) -> Iterator[None]:
    """Have workers issue one claim per task at a steady pace meanwhile."""
    over = Event()
    thread = Thread(target=_offer, args=(settings, campaign, ids, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _offer(settings: Settings, campaign: Campaign, ids: Sequence[ClaimId], over: Event) -> None:
    lane = Lane(campaign.id, campaign.default_tier)
    size = round(PER_S * TICK_S)
    next_s = monotonic()
    with closing(open_broker(settings)) as queue:
        for start in range(0, len(ids), size):
            queue.publish([Hint(lane, (one,)) for one in ids[start : start + size]])
            next_s += TICK_S
            if over.wait(max(0.0, next_s - monotonic())):
                return
