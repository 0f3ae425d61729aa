"""Readings of a store: one of them at a time, whichever the dice choose."""

from collections.abc import Sequence

from fulfiller.domain.claim import ClaimId, Stage
from fulfiller.domain.event import Kind
from fulfiller.domain.validity import DAY, SECOND
from fulfiller.service.dispatch import Flow, Page
from fulfiller.service.serving import FRONT
from fulfiller.wiring import Truth
from tests.contract.world import START
from tests.sim.teller import Deed, Teller

ALL = tuple(Kind)


def read(teller: Teller) -> Deed:
    """Read one thing, whichever."""
    lane, limit = teller.lane(), teller.dice.randint(1, 5)
    after = teller.dice.choice((FRONT, (START + 30 * SECOND, FRONT[1])))
    ids, claims = teller.ids(), sorted(teller.model.shelves.claims)[:5]
    flows = [Flow(lane, row.flow) for row in teller.model.shelves.open.values()] or []
    pages = [Page(flow, after, limit) for flow in dict.fromkeys(flows)]
    stage = teller.dice.choice(tuple(Stage))
    keys = [("shop", f"k{number}") for number in range(12)]
    reads: Sequence[Deed] = (
        lambda store: list(store.lanes()),
        lambda store: list(store.ready(lane, after=after, limit=limit, stage=stage)),
        lambda store: [list(page) for page in store.pages(pages)] if pages else [],
        lambda store: _plain_board(store, lane.campaign),
        # How many are ahead is counted by blocks, which are as old as a keeper lets them be.
        lambda store: sorted(store.ahead(ids)),
        lambda store: list(store.blocks(lane)),
        lambda store: store.count_waiting(lane, after=FRONT, until=(START + DAY, FRONT[1])),
        lambda store: list(store.parked(lane, after=FRONT, limit=limit)),
        lambda store: dict(store.opened(ids)),
        lambda store: [said.kind for said in store.setbacks(lane, claims)],
        lambda store: dict(store.view(claims)),
        lambda store: list(store.of_user(("festival",), "u1", limit=limit)),
        lambda store: list(store.bound("k1", limit=limit)),
        lambda store: _noted(store, claims, limit),
        lambda store: sorted(store.of_account("shop", claims)),
        lambda store: dict(store.by_key(keys)),
        lambda store: [(pace.scope, pace.rate) for pace in store.rates("festival")],
        lambda store: [sealed.number for sealed in store.sealed(after=1, kinds=ALL, limit=9)],
    )
    return reads[teller.dice.randrange(len(reads))]


def _plain_board(store: Truth, campaign: str) -> object:
    board = store.board((campaign,))
    paces = board.paces.values()
    return sorted([*map(repr, board.flows.items()), *(repr((p.scope, p.rate)) for p in paces)])


def _noted(store: Truth, claims: Sequence[ClaimId], limit: int) -> object:
    found = [view.claim for view in store.view(claims[:1]).values()]
    return [
        (noted.number, noted.event.kind)
        for claim in found
        for noted in store.noted(claim, limit=limit)
    ]
