"""Full speed: what a claim costs the pool with Flower watched and without, and how Flower fares."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import urlencode

from fulfiller.clock import monotonic
from fulfiller.ops.bench.books import Books
from fulfiller.ops.bench.cast import Cast
from fulfiller.ops.bench.claims import open_campaign
from fulfiller.ops.bench.flower.crowds import MANY, ONE
from fulfiller.ops.bench.flower.gallery import gallery
from fulfiller.ops.bench.sample import Sample
from fulfiller.ops.bench.stage import Stage
from fulfiller.ops.show import remark
from fulfiller.ops.supervise import programs
from fulfiller.store.opening import open_store

CAMPAIGN = "festival"
ROWS = "/tasks/datatable?" + urlencode(
    {
        "draw": 1,
        "start": 0,
        "length": 10,
        "search[value]": "",
        "order[0][column]": 0,
        "columns[0][data]": "received",
        "order[0][dir]": "desc",
    }
)
"""The rows of Flower's own page of tasks, as it asks for them."""
PAGES = (
    "/workers", "/tasks", ROWS, "/api/tasks?limit=100", "/api/tasks", "/campaigns",
    f"/campaigns/view/{CAMPAIGN}",
)  # fmt: skip
"""What somebody asks for in turn while claims are issued."""
ALONE, PRESENT, WATCHED, ASKED = "alone", "present", "watched", "asked"
"""No Flower; Flower; one who looks there; many who look and one who asks for pages."""
ARMS = (ALONE, PRESENT, WATCHED, ASKED)
VIEWERS = {PRESENT: 0, WATCHED: ONE, ASKED: MANY}
Drain = Callable[[Cast, Books, int], Sample]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One drain: what it was, what it cost by process, and how Flower fared if there was one.

    `store_us` is what the database's processes for Flower used, per claim; it is in the pool's
    cost, since the pool pays for it.
    """

    arm: str
    sample: Sample
    took_ms: Mapping[str, list[float]] = field(default_factory=dict)
    tasks: Mapping[str, int] = field(default_factory=dict)
    mib: float = 0.0
    store_us: float = 0.0

    @property
    def flower_us(self) -> float:
        """Return what a claim costs Flower."""
        return self.sample.cpu_us.get(programs.FLOWER, 0.0)

    @property
    def pool_us(self) -> float:
        """Return what a claim costs all others: workers, keeper, store and broker."""
        return self.sample.sum_us - self.flower_us


def drained(stage: Stage, drain: Drain, arm: str, claims: int) -> Run:
    """Drain so many claims in one of the arms, on a database of its own."""
    with (
        stage.act() as settings,
        Cast(stage, settings) as cast,
        closing(open_store(settings.store_url, application="bench")) as store,
    ):
        books = Books(store, open_campaign(CAMPAIGN, store=store))
        run = _run(cast, books, drain, arm, claims)
        books.close(claims)
    remark(
        f"  {arm}: {run.sample.rate:,.0f} claims/s, pool {run.pool_us:.1f} us per claim,"
        f" Flower {run.flower_us:.1f} us, {run.store_us:.1f} us of the database for it"
    )
    return run


def _run(cast: Cast, books: Books, drain: Drain, arm: str, claims: int) -> Run:
    if arm == ALONE:
        return Run(arm=arm, sample=drain(cast, books, claims))
    with gallery(cast) as seen:
        # Watched from the beginning, and asked only while the pool works.
        seen.watch(CAMPAIGN, VIEWERS[arm])
        if arm == ASKED:
            seen.ask(PAGES)
        used_s, at_s = seen.store_s(books.store), monotonic()
        sample = drain(cast, books, claims)
        share = (seen.store_s(books.store) - used_s) / (monotonic() - at_s)
        took_ms = seen.asked() if arm == ASKED else {}
        seen.settle()
        return Run(
            arm=arm,
            sample=sample,
            took_ms=took_ms,
            tasks=seen.tasks(),
            mib=seen.mib,
            store_us=max(0.0, share) * 1e6 / sample.rate,
        )
