"""Keep: what the leading keeper does and when; as many stand by as you like.

A keeper leads while it holds a lease in the store. Leading, it releases, sweeps, governs,
admits and seals, one chore at a tick, so that no slow chore can cost it the lease. Time comes
in with each tick; waiting between ticks is the caller's.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Protocol

from fulfiller.domain.error import Deposed
from fulfiller.domain.mode import ModeRow
from fulfiller.service.admit import Usher, admit
from fulfiller.service.dispatch import Queue
from fulfiller.service.govern import Chair, govern
from fulfiller.service.line import Clerk, count_places
from fulfiller.service.memory import Memory
from fulfiller.service.port import Store
from fulfiller.service.release import release
from fulfiller.service.seal import BATCH, seal
from fulfiller.service.sweep import sweep
from fulfiller.service.waitlist import Waitlist

LEASE = "keeper"
TTL = 3_000_000
"""Microseconds after which a lease that nobody renewed is free."""
RENEW = 1_000_000
WATCH = 500_000
"""Microseconds between two tries for the lease while another holds it."""
CHORE = 1_000_000
"""Microseconds between two rounds of every chore but release."""
BUSY = 10_000
"""Microseconds between two releases while there is work."""
IDLE = 50_000
ADMIT = 50_000
"""Microseconds between two admissions while somebody waits."""
STORE_READINGS = 9
"""Rounds of governing whose median time says how the store behaves."""
FAULT_S = 5.0
"""What a round that the store failed counts as, in seconds."""


class KeptStore(Store, Waitlist, Protocol):
    """The store with the waitlist in it."""


class News(StrEnum):
    """What changed at a tick and is worth a line in the log."""

    LEADING = "keeper.leading"
    STANDING_BY = "keeper.standing_by"
    BROKER_AWAY = "broker.away"
    BROKER_BACK = "broker.back"
    BROKER_EMPTIED = "broker.emptied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a tick did, and how long nothing will be due after it."""

    leading: bool
    rest_s: float
    offered: int = 0
    sealed: int = 0
    admitted: int = 0
    moved: tuple[ModeRow, ...] = ()
    news: tuple[News, ...] = ()


class Keeper:
    """One keeper, to be ticked for as long as it lives.

    A tick may raise StoreUnavailable, or whatever else a chore fails with; the next tick
    goes on with the next chore, so that one that fails can't hold up the others.
    """

    def __init__(
        self,
        *,
        store: KeptStore,
        queue: Queue,
        holder: str,
        new_epoch: Callable[[], str],
        monotonic: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`holder` names this keeper among all; `new_epoch` gives unguessable fresh words.

        `monotonic` are seconds, by which it is measured how fast the store answers.
        """
        self._store = store
        self._queue = queue
        self._holder = holder
        self._new_epoch = new_epoch
        self._monotonic = monotonic
        self._memory = Memory()
        self._chair = Chair()
        self._usher = Usher()
        self._clerk = Clerk()
        self._took: deque[float] = deque(maxlen=STORE_READINGS)
        self._fence: int | None = None
        self._until = 0
        self._renew_at = 0
        self._epoch = ""
        self._marked = False
        self._away = False
        self._pace = BUSY
        self._chores = {
            "watch": self._watch,
            "release": self._release,
            "sweep": self._sweep,
            "govern": self._govern,
            "admit": self._admit,
            "count": self._count,
            "seal": self._seal,
        }
        self._due = dict.fromkeys(self._chores, 0)
        self._news: list[News] = []
        self._offered = 0
        self._sealed = 0
        self._admitted = 0
        self._moved: tuple[ModeRow, ...] = ()

    @property
    def leading(self) -> bool:
        """Return whether this keeper holds the lease, as far as it knows."""
        return self._fence is not None

    def tick(self, now: int) -> Kept:
        """Renew or try for the lease if that is due; leading, do the chore that is most due."""
        self._offered = self._sealed = self._admitted = 0
        self._moved = ()
        if now >= self._renew_at:
            self._renew(now)
        if self.leading:
            self._work(now)
        due = (self._renew_at, *self._due.values()) if self.leading else (self._renew_at,)
        news, self._news = tuple(self._news), []
        return Kept(
            leading=self.leading,
            rest_s=max(0, min(due) - now) / 1_000_000,
            offered=self._offered,
            sealed=self._sealed,
            admitted=self._admitted,
            moved=self._moved,
            news=news,
        )

    def retire(self) -> None:
        """Give the lease back, so that the next keeper need not wait for its end."""
        if self.leading:
            self._store.release_lease(LEASE, self._holder)
            self._step_down()

    def _renew(self, now: int) -> None:
        self._renew_at = now + (RENEW if self.leading else WATCH)
        if self.leading and now >= self._until:
            # Not renewed in time: somebody else may lead already, and offer what we remember.
            self._step_down()
        fence = self._store.lease(LEASE, self._holder, ttl_s=TTL / 1_000_000)
        self._until = now + TTL
        if fence == self._fence:
            return
        self._step_down()
        if fence is not None:
            self._begin(fence, now)

    def _begin(self, fence: int, now: int) -> None:
        """Lead from scratch: offering everything again is allowed and harmless."""
        self._fence = fence
        self._epoch = self._new_epoch()
        self._marked = False
        self._away = False
        self._due = dict.fromkeys(self._chores, now)
        self._renew_at = now + RENEW
        self._news.append(News.LEADING)

    def _step_down(self) -> None:
        self._memory.forget()
        self._chair.forget()
        self._usher.forget()
        self._clerk.forget()
        if self._fence is not None:
            self._fence = None
            self._news.append(News.STANDING_BY)

    def _work(self, now: int) -> None:
        chore = min(self._due, key=self._due.__getitem__)
        if self._due[chore] > now:
            return
        # Set before the chore runs: one that raises must not be the most due one for ever.
        self._due[chore] = now + CHORE
        try:
            self._chores[chore](now)
        except Deposed:
            self._step_down()

    def _watch(self, _now: int) -> None:
        """See whether the broker answers, and whether it lost everything it had."""
        intact = self._queue.intact(self._epoch)
        if intact is None:
            self._lose_sight()
            return
        if self._away:
            self._away = False
            self._news.append(News.BROKER_BACK)
        if not intact:
            self._start_over()

    def _start_over(self) -> None:
        """Whoever lost the mark lost the hints too: all that is accepted is offered again."""
        if self._marked:
            self._news.append(News.BROKER_EMPTIED)
        self._memory.forget()
        self._marked = self._queue.mark(self._epoch)

    def _release(self, now: int) -> None:
        if self._away:
            return
        done = release(self._memory, store=self._store, queue=self._queue, now=now)
        if not done.broker:
            self._lose_sight()
            return
        self._offered = done.claims
        self._pace = BUSY if done.claims else min(2 * self._pace, IDLE)
        self._due["release"] = now + self._pace

    def _sweep(self, now: int) -> None:
        if not self._away:
            self._offered = sweep(
                self._memory, store=self._store, queue=self._queue, now=now, fence=self._fence
            )

    def _govern(self, _now: int) -> None:
        """Step the breakers; how long that takes says how the store behaves."""
        if self._fence is None:
            return
        began = self._monotonic()
        took_s = FAULT_S
        try:
            self._moved = govern(self._chair, store=self._store, fence=self._fence).moved
            took_s = self._monotonic() - began
        finally:
            self._took.append(took_s)
            self._chair.store_s = median(self._took) if len(self._took) > STORE_READINGS // 2 else 0

    def _admit(self, now: int) -> None:
        if self._fence is not None and self._chair.admitting:
            self._admitted = admit(self._usher, store=self._store, fence=self._fence)
            self._due["admit"] = now + ADMIT

    def _count(self, _now: int) -> None:
        if self._fence is not None and (self._chair.waitlisted or self._clerk.busy):
            count_places(self._clerk, store=self._store, fence=self._fence)

    def _seal(self, now: int) -> None:
        if self._fence is None:
            return
        self._sealed = seal(store=self._store, fence=self._fence)
        if self._sealed == BATCH:
            self._due["seal"] = now

    def _lose_sight(self) -> None:
        """Leave the broker alone until it answers: each question costs a time-out."""
        if not self._away:
            self._away = True
            self._news.append(News.BROKER_AWAY)
