"""Fronts of flows, read as far as a sweep has to look, and no further.

A sweep wants all claims that were offered and are open still, and some of those behind. How many
that are nobody knows before: of what is remembered as offered most is issued by now, at full
speed fifty thousand claims a second. So a front is read in pages, each twice as long as the one
before, until one of them has enough that nobody has offered yet.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from fulfiller.domain.claim import ClaimId
from fulfiller.service.dispatch import Flow, Page, Ready
from fulfiller.service.memory import Memory
from fulfiller.service.port import Store
from fulfiller.service.serving import FRONT

BEYOND = 1_000
"""Rows that are read of a lane beyond those that are remembered; its flows share them."""
BEYOND_MIN = 20


@dataclass(slots=True)
class Front:
    """The first open claims of a flow, oldest first; `whole` if those are all there are."""

    flow: Flow
    rows: list[Ready] = field(default_factory=list)
    whole: bool = False
    unknown: int = 0

    def next(self, limit: int) -> Page:
        """Return what to read behind the rows that are known."""
        last = (self.rows[-1].ready_at, self.rows[-1].id) if self.rows else FRONT
        return Page(self.flow, last, limit)

    def add(self, rows: Sequence[Ready], limit: int, offered: Collection[ClaimId]) -> None:
        """Add a page; `offered` are the claims of the flow that are remembered."""
        self.rows += rows
        self.whole = len(rows) < limit
        self.unknown += sum(row.id not in offered for row in rows)


def fronts(flows: Sequence[Flow], *, memory: Memory, store: Store) -> list[Front]:
    """Return the fronts of a lane's flows: what was offered and is open still, and some behind."""
    read = [Front(flow) for flow in flows]
    enough = limit = max(BEYOND_MIN, BEYOND // max(1, len(flows)))
    pending = read
    while pending:
        pages = [front.next(limit) for front in pending]
        for front, rows in zip(pending, store.pages(pages), strict=True):
            front.add(rows, limit, memory.offers.get(front.flow, ()))
        pending = [front for front in pending if not front.whole and front.unknown < enough]
        limit *= 2
    return read
