"""A passage: one campaign's claims through the batch door to the last coupon, watched on the way.

Memory does not grow with the claims, here or in the feeder: what is kept of ten million of
them is a mark per tenth.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fulfiller.clock import monotonic
from fulfiller.domain.error import FulfillerError
from fulfiller.ops.bench.aide import Aide
from fulfiller.ops.bench.books import Books, check_laws
from fulfiller.ops.bench.cast import WORKER, Cast
from fulfiller.ops.bench.claims import open_campaign
from fulfiller.ops.bench.doors import key as new_key
from fulfiller.ops.bench.drains import READY_S, Patience
from fulfiller.ops.bench.ensemble import Ensemble
from fulfiller.ops.bench.looking import Look, Sealing
from fulfiller.ops.bench.marks import Mark
from fulfiller.ops.bench.memory import own_mib
from fulfiller.ops.bench.sizes import connections
from fulfiller.ops.bench.stage import Stage
from fulfiller.ops.bench.usage import readings
from fulfiller.ops.supervise import programs
from fulfiller.settings import surroundings
from fulfiller.store.opening import open_store
from fulfiller.wiring import open_broker

LINES, GROUP = 8, 500
TENTHS = 10
FEEDER = "feeder"
FIRST = 100_000
"""Claims of the first stretch at most: what a claim costs while tables are small."""
WARM, WARM_FROM = 2_000, 20_000
"""Claims before the first mark, so that no process's start counts, in runs of so many or more."""


class FeedFailed(FulfillerError):
    """The feeder was answered with what it must not be, or by nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """What is sent: claims that must be in the books, and the share of them sent again."""

    campaign: str
    claims: int
    repeats: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a passage is: seconds since it began, claims taken in, claims issued."""

    elapsed_s: float
    entered: int
    issued: int


Pace = Callable[[Standing], int]
"""Returns how many claims may have been sent by now."""
Tell = Callable[[Standing, Mark, Mark], None]
"""Hears of each mark, with the one before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What a passage came to: its marks, how long it took, and its proof.

    `statuses` counts answers, repeats included; `connections` is by application. `worker_mib`
    is the memory of a worker's main process and of each of its slots, `feeder_mib` that of the
    sender, which used `feeder_us` of CPU per claim; `per_commit` and `per_hint` are how many
    claims shared one.
    """

    claims: int
    took_s: float
    marks: tuple[Mark, ...]
    statuses: dict[str, int]
    repeated: int
    connections: dict[str, int]
    worker_mib: tuple[float, list[float]]
    feeder_mib: float
    feeder_us: float
    per_commit: float
    per_hint: float
    sealing: Sealing
    verify_s: float


def travel(stage: Stage, trip: Trip, pace: Pace, tell: Tell) -> Passage:
    """Send a trip's claims at a pace and follow them to the last coupon.

    Raises BooksBroken if the books don't balance, FeedFailed and Stalled if it comes to no end.
    """
    with (
        stage.act() as settings,
        Ensemble(stage, settings) as cast,
        closing(open_store(settings.store_url, application="bench")) as store,
        closing(open_broker(settings)) as queue,
    ):
        books = Books(store, open_campaign(trip.campaign, store=store))
        cast.enter(WORKER, programs.KEEPER, programs.INTAKE)
        with _feeder(cast, books, trip) as feeder:
            walk = Walk(feeder, books, Look(cast, books, queue), trip.claims)
            told = walk.go(pace, tell)
            feeder_mib, feeder_s = own_mib(feeder.pid), readings({FEEDER: feeder.pid})
        sealing = walk.look.sealing()
        links, worker_mib = connections(store.link), cast.parts_mib("worker")
        books.close(trip.claims)
        began_s = monotonic()
        check_laws(settings.store_url)
        return Passage(
            claims=trip.claims,
            took_s=walk.standing.elapsed_s,
            marks=tuple(walk.marks),
            statuses=told["statuses"],
            repeated=told["repeated"],
            connections=links,
            worker_mib=worker_mib,
            feeder_mib=feeder_mib,
            feeder_us=feeder_s.get(FEEDER, 0.0) * 1e6 / trip.claims,
            per_commit=books.per_commit(),
            per_hint=books.per_hint(),
            sealing=sealing,
            verify_s=monotonic() - began_s,
        )


@contextmanager
def _feeder(cast: Cast, books: Books, trip: Trip) -> Iterator[Aide]:
    """Lend a feeder that is ready to send a trip."""
    door = urlsplit(cast.settings.api_url)
    with Aide("fulfiller.ops.bench.feed", surroundings()) as feeder:
        feeder.order(
            host=door.hostname,
            port=door.port,
            key=new_key(cast, books),
            campaign=trip.campaign,
            claims=trip.claims,
            repeats=trip.repeats,
            connections=LINES,
            size=GROUP,
        )
        feeder.await_report(READY_S)
        yield feeder


class Walk:
    """Follows a passage from its first claim to its last coupon."""

    def __init__(self, feeder: Aide, books: Books, look: Look, claims: int) -> None:
        """Stand at the beginning."""
        self.look = look
        self.marks: list[Mark] = []
        self.standing = Standing(elapsed_s=0.0, entered=0, issued=0)
        self._feeder = feeder
        self._books = books
        self._claims = claims
        self._stops = stops(claims)

    def go(self, pace: Pace, tell: Tell) -> dict[str, Any]:
        """Let claims through at a pace until all have coupons; return the feeder's report."""
        patience = Patience()
        began_s = monotonic()
        told = None
        while told is None or self.standing.issued < self._claims:
            told = told or self._feeder.report(within_s=0.001)
            if told is not None and told["fault"]:
                raise FeedFailed(told["fault"])
            self._stand(monotonic() - began_s)
            self._mark(tell)
            self._feeder.order(until=pace(self.standing))
            patience.wait(self.standing.entered + self.standing.issued, 2 * self._claims)
        return told

    def _stand(self, elapsed_s: float) -> None:
        # Issued first: what is issued meanwhile was taken in, so no backlog is below zero.
        issued, entered = self._books.issued(), self._books.entered()
        self.standing = Standing(elapsed_s=elapsed_s, entered=entered, issued=issued)

    def _mark(self, tell: Tell) -> None:
        """Take the mark that is due; several that were passed at once become one."""
        if not self._stops or self.standing.issued < self._stops[0]:
            return
        self.marks.append(self.look.mark())
        # Judged by the mark itself, which is later: no two marks must stand at one place.
        self._stops = [stop for stop in self._stops if stop > self.marks[-1].issued]
        if len(self.marks) > 1:
            tell(self.standing, self.marks[-2], self.marks[-1])


def stops(claims: int) -> list[int]:
    """Return at how many issued claims marks are due: warm, after the first stretch, per tenth.

    The first comes before the last claim and the last behind it, so that there are always two.
    """
    warm = WARM if claims >= WARM_FROM else 0
    first = warm + min(FIRST, claims // TENTHS)
    tenths = (round(claims * tenth / TENTHS) for tenth in range(1, TENTHS + 1))
    return [warm, first, *(stop for stop in tenths if stop > first)]
