"""Serving lanes: that part of the in-memory store."""

from collections.abc import Collection, Mapping, Sequence
from itertools import product

from fulfiller.domain.claim import ClaimId, OpenClaim, Stage
from fulfiller.domain.flow import limit_key_of
from fulfiller.domain.mode import held
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE
from fulfiller.domain.stripe import Count, Stripe, counted
from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import NOTHING, Board, Flow, Lane, LaneSight, Page, Ready
from fulfiller.store.memory_wheel import MemoryWheel


class MemoryDispatch(MemoryWheel):
    """Lanes, their flows and rates, on dictionaries."""

    def stripes(self, campaign: str) -> Sequence[Stripe]:
        """Return a campaign's stripes whole, in one snapshot."""
        with self._latch:
            mine = [key for key in self.shelves.stripes if key.campaign == campaign]
            return [self.shelves.stripes[key] for key in sorted(mine)]

    def lanes(self) -> Sequence[LaneSight]:
        """Return the lanes that have accepted claims, without those of held campaigns."""
        with self._latch:
            names = [n for n in sorted(self.shelves.campaigns) if not held(self.shelves.modes, n)]
            stripes = {name: self.stripes(name) for name in names}
            sights = [
                LaneSight(Lane(name, tier), counted(stripes[name], Count.ACCEPTED, tier))
                for name in names
                for tier in Tier
            ]
            return [sight for sight in sights if sight.accepted]

    def ready(
        self,
        lane: Lane,
        *,
        after: tuple[int, ClaimId],
        limit: int,
        stage: Stage = Stage.ACCEPTED,
    ) -> Sequence[Ready]:
        """Return open claims of a lane at a stage behind `(ready_at, id)`, oldest first."""
        with self._latch:
            rows = [
                _ready(row)
                for row in self.shelves.open.values()
                if row.stage is stage and Lane(row.campaign, row.tier) == lane
            ]
        return sorted((row for row in rows if _place(row) > after), key=_place)[:limit]

    def board(self, campaigns: Collection[str], known: Mapping[Flow, int] = NOTHING) -> Board:
        """Return what there is to know for serving the lanes of these campaigns."""
        with self._latch:
            flows: dict[Flow, int] = {}
            for row in self._accepted():
                if row.campaign in campaigns:
                    flow = _flow(row)
                    flows[flow] = min(row.ready_at, flows.get(flow, row.ready_at))
            flows |= {flow: known[flow] for flow in flows.keys() & known.keys()}
            keys = {EVERY_KEY, *(limit_key_of(flow.name) or EVERY_KEY for flow in flows)}
            rated = self.shelves.paces.keys() & {SERVICE_RATE, *product(campaigns, keys)}
            paces = {scope: self.shelves.paces[scope] for scope in rated}
            return Board(flows=flows, paces=paces, slots=self.slots())

    def pages(self, pages: Sequence[Page]) -> Sequence[Sequence[Ready]]:
        """Return stretches of flows."""
        with self._latch:
            return [self._page(page) for page in pages]

    def _page(self, page: Page) -> list[Ready]:
        rows = [_ready(row) for row in self._accepted() if _flow(row) == page.flow]
        return sorted((r for r in rows if _place(r) > page.after), key=_place)[: page.limit]

    def _accepted(self) -> list[OpenClaim]:
        return [row for row in self.shelves.open.values() if row.stage is Stage.ACCEPTED]


def _flow(row: OpenClaim) -> Flow:
    return Flow(Lane(row.campaign, row.tier), row.flow)


def _ready(row: OpenClaim) -> Ready:
    return Ready(row.id, row.ready_at, row.offered_at, row.attempts)


def _place(row: Ready) -> tuple[int, ClaimId]:
    return (row.ready_at, row.id)
