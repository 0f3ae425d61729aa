"""Serving: which claims the next hint carries, so that everybody gets a fair share in time.

Campaigns take turns, a campaign's tiers by their weights, and within a lane each caller has
the same share (max-min fair: what one does not need the others get). Nobody is served beyond
a rate of its own, and nobody waits for another's. At a rate those with a backlog leave a part
of the room to newcomers: a caller below its share waits no longer beside a flood than without.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.flow import limit_key_of
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE, Pace, Rate, RateScope
from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import Board, Flow, Lane, LaneSight, Page, Ready
from fulfiller.service.memory import Memory, Offer
from fulfiller.service.port import Store
from fulfiller.service.turns import TierTurns

HINT_MAX = 1_000
"""Claims in one hint at most."""
FRESH = 3_000_000
"""Microseconds for which an intake's own offer keeps release from offering the same."""
NEW = 250_000
"""Microseconds: a flow in which nobody has waited for longer has no backlog."""
NEW_PART = 4
"""Newcomers may pass a backlog with one in so many claims of a rate; else many of them together
would starve whoever waits."""
FRONT = (0, ClaimId("00000000-0000-0000-0000-000000000000"))
"""The cursor before every claim."""


@dataclass(slots=True)
class Taken:
    """The claims of a hint, by the flow that they were taken from."""

    lane: Lane
    flows: dict[Flow, list[ClaimId]] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[ClaimId, ...]:
        """Return all claims, oldest first within their flow."""
        return tuple(claim_id for ids in self.flows.values() for claim_id in ids)


def stands(offer: Offer | None, row: Ready) -> bool:
    """Return whether an offer says anything of a claim, which may have become ready anew."""
    return offer is not None and offer.at >= row.ready_at


def intake_offer(row: Ready) -> Offer | None:
    """Return the offer that an intake made of a claim, if it says anything of it."""
    offer = None if row.offered_at is None else Offer(row.offered_at)
    return offer if stands(offer, row) else None


class Serving:
    """One round of serving: it goes on until nothing is left or nobody has room."""

    def __init__(self, memory: Memory, *, store: Store, now: int) -> None:
        """Serve nobody yet."""
        self._memory = memory
        self._store = store
        self._now = now
        self._board = Board(flows={}, paces={}, slots=0)
        self._flows: dict[Lane, list[Flow]] = {}
        self._paces: dict[RateScope, Pace] = {}

    def open(self, lanes: Iterable[LaneSight], board: Board) -> None:
        """Begin with these lanes and what is known of them."""
        self._board = board
        self._flows = {sight.lane: [] for sight in lanes}
        for flow in board.flows:
            if flow.lane in self._flows:
                self._flows[flow.lane].append(flow)
        self._paces = {scope: self._used(pace) for scope, pace in board.paces.items()}
        self._memory.paces = self._paces

    def next(self, tiers: Collection[Tier]) -> Taken | None:
        """Return what the next hint carries, of one of these tiers; None if nobody has any."""
        while lanes := self._waiting(tiers):
            lane = self._pick(lanes)
            taken = self._take(lane)
            if taken.ids:
                self._pay(lane, len(taken.ids))
                return taken
            # What was looked at and found done or not ready is no reason to look again now.
            self._flows[lane] = []
        return None

    def _used(self, pace: Pace) -> Pace:
        """Return a rate as it is by now: what was offered counts, though it is not issued yet."""
        known = self._memory.paces.get(pace.scope)
        if known is None:
            return pace
        offered = known if known.rate == pace.rate else known.changed(pace.rate, self._now)
        return max(pace, offered, key=lambda each: each.tat)

    def _waiting(self, tiers: Collection[Tier]) -> list[Lane]:
        return [
            lane
            for lane, flows in self._flows.items()
            if flows and lane.tier in tiers and self._served(lane)
        ]

    def _served(self, lane: Lane) -> list[Flow]:
        """Return the flows of a lane that a hint may carry claims of now."""
        return self._flows[lane] if self._spare(lane) else self._new(lane)

    def _new(self, lane: Lane) -> list[Flow]:
        if not self._passing(lane):
            return []
        since = self._now - NEW
        return [flow for flow in self._flows[lane] if self._board.flows.get(flow, 0) > since]

    def _passing(self, lane: Lane) -> int:
        """Return how many claims of newcomers a hint may carry past a backlog."""
        return min(self._newcomers(lane).room(self._now), self._room(lane))

    def _newcomers(self, lane: Lane) -> Pace:
        rate = min((pace.rate for pace in self._kept(lane)), key=attrgetter("per_hour"))
        part = Rate(max(1, rate.per_hour // NEW_PART))
        known = self._memory.newcomers.get(lane.campaign)
        return known if known and known.rate == part else Pace((lane.campaign, EVERY_KEY), part)

    def _spare(self, lane: Lane) -> int:
        """Return how many claims of a backlog a hint may carry: what is not left to newcomers.

        None until that is worth a task. Below its limit a whole burst lies ready, which is.
        """
        paces = self._kept(lane)
        least = min((max(1, pace.rate.hint_max // 2) for pace in paces), default=1)
        spare = min((pace.room(self._now) - pace.rate.reserve for pace in paces), default=HINT_MAX)
        return min(spare, self._room(lane)) if spare >= least else 0

    def _room(self, lane: Lane) -> int:
        """Return how many claims a hint of this lane may carry by the rates that it keeps."""
        return min(
            (min(pace.rate.hint_max, pace.room(self._now)) for pace in self._kept(lane)),
            default=HINT_MAX,
        )

    def _kept(self, lane: Lane) -> list[Pace]:
        scopes = (SERVICE_RATE, (lane.campaign, EVERY_KEY))
        return [self._paces[scope] for scope in scopes if scope in self._paces]

    def _pick(self, lanes: list[Lane]) -> Lane:
        name = self._memory.campaigns.next({lane.campaign for lane in lanes})
        campaign = self._store.terms(name)
        mine = {lane.tier: self._age(lane) for lane in lanes if lane.campaign == name}
        if campaign is None or len(mine) == 1:
            return Lane(name, min(mine))
        return Lane(name, self._turns(name).next(mine, campaign.tiers))

    def _age(self, lane: Lane) -> int:
        """Return how long the oldest claim of a lane waits; limited ones wait on purpose."""
        ready = [
            self._board.flows[flow] for flow in self._flows[lane] if limit_key_of(flow.name) is None
        ]
        return max(0, self._now - min(ready, default=self._now))

    def _pay(self, lane: Lane, claims: int) -> None:
        self._memory.campaigns.pay(lane.campaign, claims)
        campaign = self._store.terms(lane.campaign)
        if campaign is not None:
            self._turns(lane.campaign).pay(lane.tier, claims, campaign.tiers)

    def _turns(self, campaign: str) -> TierTurns:
        return self._memory.tiers.setdefault(campaign, TierTurns())

    def _take(self, lane: Lane) -> Taken:
        """Fill a hint from the lane's flows by equal parts, again with what some don't need."""
        self._memory.turn += 1
        taken = Taken(lane)
        served, spare = self._served(lane), self._spare(lane)
        left = min(HINT_MAX, spare or self._passing(lane))
        while left > 0 and (pages := self._pages(lane, served, left)):
            for page, rows in zip(pages, self._store.pages(pages), strict=True):
                ids = self._due(page, rows)
                taken.flows.setdefault(page.flow, []).extend(ids)
                left -= len(ids)
                self._use(lane, page.flow, len(ids))
        if not spare:
            passed = self._newcomers(lane).after(len(taken.ids), self._now)
            self._memory.newcomers[lane.campaign] = passed
        return taken

    def _pages(self, lane: Lane, served: Collection[Flow], left: int) -> list[Page]:
        """Return what to read of each of these flows that may have more."""
        more = set(self._flows[lane])
        flows = [flow for flow in served if flow in more and self._own_room(flow)]
        start = self._memory.turn % max(1, len(flows))
        turned = (flows[start:] + flows[:start])[:left]
        part = left // max(1, len(turned))
        return [
            Page(flow, self._memory.cursors.get(flow, FRONT), min(part, self._own_room(flow)))
            for flow in turned
        ]

    def _own_room(self, flow: Flow) -> int:
        limit_key = limit_key_of(flow.name)
        own = None if limit_key is None else self._paces.get((flow.lane.campaign, limit_key))
        return HINT_MAX if own is None else own.room(self._now)

    def _due(self, page: Page, rows: Collection[Ready]) -> list[ClaimId]:
        """Return what of a page may be offered now, and move the flow's cursor behind it.

        Rows that an intake has just offered itself are passed over; the sweep looks after them.
        Rows that are ready only later are the last of their flow and stay before the cursor.
        """
        due = [row for row in rows if row.ready_at <= self._now]
        if due:
            self._memory.cursors[page.flow] = (due[-1].ready_at, due[-1].id)
        if len(due) < page.limit:
            self._flows[page.flow.lane].remove(page.flow)
        known = self._memory.offers.get(page.flow, {})
        return [
            row.id
            for row in due
            if not stands(known.get(row.id), row) and not self._just_offered(row)
        ]

    def _just_offered(self, row: Ready) -> bool:
        offer = intake_offer(row)
        return offer is not None and self._now - offer.at < FRESH

    def _use(self, lane: Lane, flow: Flow, claims: int) -> None:
        """Note that the rates which these claims have to keep were made use of."""
        own = (lane.campaign, limit_key_of(flow.name) or EVERY_KEY)
        for scope in {SERVICE_RATE, (lane.campaign, EVERY_KEY), own} & self._paces.keys():
            if claims:
                self._paces[scope] = self._paces[scope].after(claims, self._now)
