"""Following the sealed event log: what is new, and once some of what was there before.

Either is read a bounded part at a time, so that neither the store nor Flower feels it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fulfiller.domain.event import Event, Kind
from fulfiller.ops.flower.history.chronicle import ACTS, ENDINGS, MODES
from fulfiller.ops.flower.history.sample import MINUTE
from fulfiller.ops.flower.history.spread import Spread, spread
from fulfiller.ops.flower.history.told import dates
from fulfiller.service.port import Store

BEFORE_MAX = 20_000
"""Events that are read of the time before; what is older stays unknown."""
PAGE = 500
PAGES = 8
"""Pages read at a time."""
FULL_PAGES = 2
"""Of what is new, pages with what was issued; a log that grows faster is sampled for waits."""
RARE = (*MODES, *ACTS, *ENDINGS)
NEW = (Kind.CLAIM_ISSUED, *RARE)
OLD = (Kind.CLAIM_ACCEPTED, Kind.CLAIM_WAITLISTED, *NEW)
ADDED = {
    Kind.CLAIM_ACCEPTED: 0,
    Kind.CLAIM_WAITLISTED: 0,
    Kind.CLAIM_ISSUED: 1,
    Kind.CLAIM_DECLINED: 2,
    Kind.CLAIM_CANCELLED: 3,
}
"""Which of a sample's totals an event adds to."""


@dataclass(slots=True)
class Before:
    """What the log told of one campaign before it was followed: totals added by the minute."""

    minutes: dict[int, list[int]] = field(default_factory=dict)
    waits: list[tuple[int, Spread]] = field(default_factory=list)

    def hear(self, event: Event) -> None:
        """Count an event."""
        column = ADDED.get(event.kind)
        if column is not None:
            self.minutes.setdefault(event.at // MINUTE, [0, 0, 0, 0])[column] += len(event.ids)
        if event.kind is Kind.CLAIM_ISSUED:
            self.waits.append((event.at, waited(event)))


class Follower:
    """Reads the log behind the last number that it has read."""

    def __init__(self) -> None:
        """Begin at the first reading, with some of what is there already."""
        self._number = -1
        self._before_until = 0

    @property
    def is_back(self) -> bool:
        """Return whether what was there before has been read."""
        return self._number >= self._before_until

    def read(self, store: Store, hear: Callable[[Event, bool], None]) -> None:
        """Tell each event, and whether it is from before the first reading.

        Returns soon in any case: at most some thousand events are read at a time.
        """
        last = store.last_seal()
        newest = 0 if last is None else last.number
        if self._number < 0:
            self._before_until = newest
            self._number = max(0, newest - BEFORE_MAX)
        if self.is_back:
            self._read(store, hear, (*[NEW] * FULL_PAGES, *[RARE] * PAGES), newest)
        else:
            self._read(store, hear, [OLD] * PAGES, newest)

    def _read(
        self,
        store: Store,
        hear: Callable[[Event, bool], None],
        pages: Sequence[Sequence[Kind]],
        newest: int,
    ) -> None:
        for kinds in pages:
            if self._number >= newest:
                return
            page = store.sealed(after=self._number, kinds=kinds, limit=PAGE)
            for sealed in page:
                hear(sealed.event, sealed.number <= self._before_until)
            self._number = page[-1].number if len(page) == PAGE else newest


def waited(event: Event) -> Spread:
    """Return how long an event's claims waited: their ids are dated by when they were accepted."""
    _, came_at = dates(event)
    return spread(event.at - each for each in came_at)
