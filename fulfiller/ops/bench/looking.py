"""Looking at a run from outside: its marks, and how long the keeper's rounds take at its size."""

from collections.abc import Callable
from dataclasses import dataclass

from fulfiller.clock import monotonic
from fulfiller.domain.flow import flow_of
from fulfiller.ops.bench.books import Books
from fulfiller.ops.bench.claims import OWNER
from fulfiller.ops.bench.ensemble import Ensemble
from fulfiller.ops.bench.marks import Mark
from fulfiller.ops.bench.sizes import sizes
from fulfiller.service.dispatch import Flow, Lane, Page, Queue
from fulfiller.service.memory import Memory
from fulfiller.service.seal import BATCH, START, chain
from fulfiller.service.serving import FRONT, HINT_MAX
from fulfiller.service.sweep import sweep


@dataclass(frozen=True, slots=True)
class Sealing:
    """A round of sealing without its write: its events, at most a batch, and its milliseconds."""

    events: int
    ms: float

    @property
    def us_per_event(self) -> float:
        """Return the microseconds of one event on average."""
        return 1_000 * self.ms / max(1, self.events)


class Look:
    """Takes marks of one campaign's run."""

    def __init__(self, cast: Ensemble, books: Books, queue: Queue) -> None:
        """Look at nothing yet; `queue` is the broker's, as a keeper sees it."""
        self._cast = cast
        self._books = books
        self._store = books.store
        self._queue = queue

    def mark(self) -> Mark:
        """Return where things stand now."""
        # What the looking costs comes behind the reading of what was used.
        at_s, used_s = monotonic(), self._cast.used_s()
        return Mark(
            at_s=at_s,
            entered=self._books.entered(),
            issued=self._books.issued(),
            used_s=used_s,
            memory_mib=self._cast.memory_mib(),
            sizes=sizes(self._store.link),
            release_ms=self.release_ms(),
            sweep_ms=self.sweep_ms(),
            seal_lag_s=self._seal_lag_s(),
        )

    def release_ms(self) -> float:
        """Return the milliseconds in which a release reads a full hint from the front."""
        lane = Lane(self._books.campaign.id, self._books.campaign.default_tier)
        page = Page(Flow(lane, flow_of(OWNER)), FRONT, HINT_MAX)
        return _timed_ms(lambda: self._store.pages((page,)))

    def sweep_ms(self) -> float:
        """Return the milliseconds of a sweep by a keeper that remembers nothing.

        It may offer claims again that are offered already, which is allowed and harmless.
        """
        now = self._store.now()
        return _timed_ms(lambda: sweep(Memory(), store=self._store, queue=self._queue, now=now))

    def sealing(self) -> Sealing:
        """Read and chain the first events again, as a round of sealing does before its write."""
        began_s = monotonic()
        seals = chain(START, self._store.unsealed(after=START.position, limit=BATCH))
        return Sealing(len(seals), 1_000 * (monotonic() - began_s))

    def _seal_lag_s(self) -> float:
        last = self._store.last_seal() or START
        waiting = self._store.unsealed(after=last.position, limit=1)
        return max(0.0, (self._store.now() - waiting[0].event.at) / 1e6) if waiting else 0.0


def _timed_ms(work: Callable[[], object]) -> float:
    began_s = monotonic()
    work()
    return 1_000 * (monotonic() - began_s)
