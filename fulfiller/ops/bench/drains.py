"""Drains: a backlog that lies ready is issued, by plain Celery, by us, and by bare statements.

All three are timed alike, from the ledger: from 5 % issued to 100 %, so that nobody's start
counts.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from threading import Event

from fulfiller.broker.app import celery_app
from fulfiller.broker.topology import queue_name
from fulfiller.clock import monotonic
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.error import FulfillerError
from fulfiller.ops.bench.aide import Aide
from fulfiller.ops.bench.books import Books
from fulfiller.ops.bench.cast import PLAIN, WORKER, Cast
from fulfiller.ops.bench.claims import preload
from fulfiller.ops.bench.peers.roll import Peer
from fulfiller.ops.bench.sample import Sample
from fulfiller.ops.bench.stage import SLOTS
from fulfiller.ops.bench.task import PLAIN_TASK
from fulfiller.ops.bench.usage import per_claim, readings
from fulfiller.ops.supervise import programs
from fulfiller.service.dispatch import Hint, Lane
from fulfiller.wiring import open_broker

COUNTED_FROM = 0.05
LOOK_S = 0.02
"""Between two looks at the ledger, each of which costs the database a third of a millisecond."""
STALL_S = 30.0
READY_S = 60.0
SEND_S = 60.0
OFFERED_TOGETHER = 500
UsedNow = Callable[[], Mapping[str, float]]


class Stalled(FulfillerError):
    """Nothing was issued for so long that nothing will be."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How much was issued at a moment, and what that had cost."""

    at_s: float
    issued: int
    used_s: Mapping[str, float]


def plain(cast: Cast, books: Books, claims: int, *, pool: str = PLAIN) -> Sample:
    """Drain with plain Celery: a task for each claim, all of them sent before it starts."""
    ids = preload(books.campaign, claims, store=books.store)
    load_us = _send(ids, cast.settings.broker_url, queue_name(books.campaign.default_tier))
    cast.enter(pool)
    return _drained(books, claims, cast.used_s, load_us=load_us)


def peer(cast: Cast, books: Books, claims: int, *, who: Peer) -> Sample:
    """Drain with another task queue, like plain Celery: a task for each claim."""
    ids = preload(books.campaign, claims, store=books.store)
    with Aide("fulfiller.ops.bench.peers.sender", cast.environ(who)) as sender:
        sender.order(module=who.module, ids=ids)
        load_us = sender.await_report(SEND_S)["us"]
    cast.invite(who)
    return _drained(books, claims, cast.used_s, load_us=load_us)


def ours(cast: Cast, books: Books, claims: int) -> Sample:
    """Drain with our keeper and our Celery worker; it begins when the keeper does."""
    preload(books.campaign, claims, store=books.store)
    cast.enter(WORKER)
    cast.enter(programs.KEEPER)
    return _drained(books, claims, cast.used_s)


def lone(cast: Cast, books: Books, claims: int) -> Sample:
    """Drain with our Celery worker when each task carries one claim, as at a low rate.

    All of them are offered before it starts, and no keeper runs that would offer them together.
    """
    ids = preload(books.campaign, claims, store=books.store)
    lane = Lane(books.campaign.id, books.campaign.default_tier)
    with closing(open_broker(cast.settings)) as queue:
        for start in range(0, claims, OFFERED_TOGETHER):
            hints = [Hint(lane, (one,)) for one in ids[start : start + OFFERED_TOGETHER]]
            if not queue.publish(hints):
                raise Stalled(f"the broker did not take hints: {queue.fault}")
    cast.enter(WORKER)
    return _drained(books, claims, cast.used_s)


def floor(cast: Cast, books: Books, claims: int) -> Sample:
    """Drain with our statements in bare loops, one process for each slot of a worker."""
    preload(books.campaign, claims, store=books.store)
    environ = programs.environ(cast.settings)
    with ExitStack() as stack:
        module = "fulfiller.ops.bench.floor"
        aides = [stack.enter_context(Aide(module, environ)) for _ in range(SLOTS)]
        for number, aide in enumerate(aides):
            tier = books.campaign.default_tier.value
            aide.order(campaign=books.campaign.id, tier=tier, number=number, of=SLOTS)
        for aide in aides:
            aide.await_report(READY_S)
        for aide in aides:
            aide.order(do="go")
        return _drained(books, claims, lambda: cast.used_s() | _together(aides))


def mark(books: Books, used_now: UsedNow) -> Mark:
    """Return where things stand, and when that was asked."""
    return Mark(monotonic(), books.issued(), used_now())


class Patience:
    """Counts what happens, and loses patience when nothing does."""

    def __init__(self) -> None:
        """Begin to wait."""
        self._seen = -1
        self._since_s = 0.0
        self._never = Event()

    def wait(self, done: int, of: int) -> None:
        """Wait for a look's time; raise Stalled if `done` has not grown for too long."""
        now_s = monotonic()
        if done != self._seen:
            self._seen, self._since_s = done, now_s
        elif now_s - self._since_s > STALL_S:
            raise Stalled(f"nothing was issued for {STALL_S:.0f} s: {done} of {of} claims are")
        self._never.wait(LOOK_S)


def _drained(books: Books, claims: int, used_now: UsedNow, load_us: float | None = None) -> Sample:
    """Watch the ledger until everything is issued."""
    patience = Patience()
    first = last = mark(books, used_now)
    while last.issued < claims:
        patience.wait(last.issued, claims)
        last = mark(books, used_now)
        if first.issued < COUNTED_FROM * claims and last.issued < claims:
            first = last
    counted = last.issued - first.issued
    return Sample(
        promised=claims,
        rate=counted / (monotonic() - first.at_s),
        cpu_us=per_claim(first.used_s, last.used_s, counted),
        load_us=load_us,
        claims_per={"hint": books.per_hint()},
    )


def _send(ids: Sequence[ClaimId], broker_url: str, queue: str) -> float:
    """Send a task for each claim, as any Celery client does; return the cost in microseconds."""
    app = celery_app(broker_url)
    before = os.times()
    for claim_id in ids:
        app.send_task(PLAIN_TASK, (claim_id,), queue=queue, ignore_result=True)
    after = os.times()
    app.close()
    return (after.user + after.system - before.user - before.system) * 1e6 / len(ids)


def _together(aides: Sequence[Aide]) -> dict[str, float]:
    """Return what the loops have used, as that of one worker."""
    used_s = readings({str(aide.pid): aide.pid for aide in aides})
    return {"worker": sum(used_s.values())} if used_s else {}
