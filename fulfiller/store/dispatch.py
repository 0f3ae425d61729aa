"""Serving lanes over a link: who waits, in which flows, and at which rates."""

from collections.abc import Collection, Mapping, Sequence
from itertools import product

from fulfiller.domain.claim import ClaimId, Stage
from fulfiller.domain.flow import limit_key_of
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE
from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import NOTHING, Board, Flow, Lane, LaneSight, Page, Ready
from fulfiller.store import hot, lanes, rows
from fulfiller.store.statement import Call
from fulfiller.store.wheel import Wheel


class Dispatch(Wheel):
    """The lanes of one database."""

    def lanes(self) -> Sequence[LaneSight]:
        """Return the lanes that have accepted claims, without those of held campaigns."""
        return [
            LaneSight(Lane(str(cells[0]), tier), int(str(cells[1 + tier])))
            for cells in self._one(lanes.LANES)
            for tier in Tier
            if cells[1 + tier]
        ]

    def ready(
        self,
        lane: Lane,
        *,
        after: tuple[int, ClaimId],
        limit: int,
        stage: Stage = Stage.ACCEPTED,
    ) -> Sequence[Ready]:
        """Return open claims of a lane at a stage behind `(ready_at, id)`, oldest first."""
        found = self._one(
            lanes.READY,
            stage=stage.value,
            campaign=lane.campaign,
            tier=lane.tier.value,
            ready_at=after[0],
            after=after[1],
            limit=limit,
        )
        return [Ready(*cells) for cells in found]

    def board(self, campaigns: Collection[str], known: Mapping[Flow, int] = NOTHING) -> Board:
        """Return what there is to know for serving the lanes of these campaigns."""
        names = tuple(f"{flow.lane.campaign} {flow.lane.tier.value} {flow.name}" for flow in known)
        asked = {"campaigns": tuple(campaigns), "known": names}
        found, slots = self._all(Call(lanes.FLOWS, asked), Call(hot.SLOTS))
        flows = {}
        for campaign, tier, name, oldest in found:
            flow = Flow(Lane(campaign, Tier(tier)), name)
            flows[flow] = known[flow] if oldest is None else oldest
        keys = {key for flow in flows if (key := limit_key_of(flow.name)) is not None}
        scopes = {SERVICE_RATE, *product(campaigns, (EVERY_KEY, *keys))}
        paces = [rows.pace(cells[:4]) for cells in self._one(hot.LOOK_PACES, **rows.scopes(scopes))]
        return Board(
            flows=flows, paces={pace.scope: pace for pace in paces}, slots=int(slots[0][0])
        )

    def pages(self, pages: Sequence[Page]) -> Sequence[Sequence[Ready]]:
        """Return stretches of flows, all in one round trip."""
        found = self._all(*(Call(lanes.FLOW_PAGE, _page(page)) for page in pages))
        return [[Ready(*cells) for cells in one] for one in found]


def _page(page: Page) -> dict[str, object]:
    lane = page.flow.lane
    return {
        "campaign": lane.campaign,
        "tier": lane.tier.value,
        "flow": page.flow.name,
        "ready_at": page.after[0],
        "after": page.after[1],
        "limit": page.limit,
    }
