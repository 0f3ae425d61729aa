"""S9, the log: sealed without gaps, unaltered, in order; folded, it gives the tables."""

from collections import Counter
from collections.abc import Callable

from fulfiller.chaos.index import Index
from fulfiller.chaos.report import Docket
from fulfiller.domain.breaker import Mode
from fulfiller.domain.claim import ClaimId, State
from fulfiller.domain.coupon import CouponState
from fulfiller.domain.event import Event, Kind, digest
from fulfiller.service.extend import promised, said
from fulfiller.service.seal import START

ENTERING = {Kind.CLAIM_ACCEPTED: State.ACCEPTED, Kind.CLAIM_WAITLISTED: State.WAITLISTED}
MOVES = {
    Kind.CLAIM_ADMITTED: (frozenset({State.WAITLISTED}), State.ACCEPTED),
    Kind.CLAIM_ISSUED: (frozenset({State.ACCEPTED}), State.ISSUED),
    Kind.CLAIM_DECLINED: (frozenset({State.ACCEPTED, State.PARKED}), State.DECLINED),
    Kind.CLAIM_CANCELLED: (frozenset({State.WAITLISTED, State.ACCEPTED}), State.CANCELLED),
    Kind.CLAIM_PARKED: (frozenset({State.ACCEPTED}), State.PARKED),
    Kind.CLAIM_REPLAYED: (frozenset({State.PARKED}), State.ACCEPTED),
}
"""What happens to claims: where from, and where to."""
ENDS = frozenset({State.ISSUED, State.DECLINED, State.CANCELLED})
OF_COUPONS = {
    Kind.COUPON_RESERVED: CouponState.RESERVED,
    Kind.COUPON_RELEASED: CouponState.ISSUED,
    Kind.COUPON_REDEEMED: CouponState.REDEEMED,
    Kind.COUPON_ROLLED_BACK: CouponState.ISSUED,
    Kind.COUPON_REVOKED: CouponState.REVOKED,
}
"""What happens to coupons, and the state that it leaves them in."""
OF_MODES = {
    Kind.MODE_FLOWING: Mode.FLOWING,
    Kind.MODE_PAUSED: Mode.PAUSED,
    Kind.MODE_RAMPING: Mode.RAMPING,
}
SWITCHES = {Kind.MODE_HELD: True, Kind.MODE_UNHELD: False}
MOVING_MONEY = frozenset({*ENTERING, *MOVES, *OF_COUPONS})


class Fold:
    """What the log says became of claims, coupons and modes, and of what it contradicts."""

    def __init__(self, index: Index, charge: Callable[[str], None]) -> None:
        """Fold the log of these books."""
        self.claims: dict[ClaimId, State] = {}
        self.dates: dict[ClaimId, int] = {}
        self.coupons: dict[ClaimId, CouponState] = {}
        self.moves: Counter[ClaimId] = Counter()
        self.modes: dict[str, Mode] = {}
        self.held: dict[str, bool] = {}
        self.born: dict[str, int] = {}
        self.extended: dict[str, str] = {}
        self._index = index
        self._charge = charge
        # Elsewhere two moves of a claim in a row may stand in the other order in rare races.
        self._ordered = index.books.in_commit_order
        for event in index.books.events:
            self._take(event)

    def _take(self, event: Event) -> None:
        kind = event.kind
        if kind in ENTERING:
            self._enter(event)
        elif kind in MOVES:
            self._move(event)
        elif kind in OF_COUPONS:
            self._handle(event)
        else:
            self._govern(event)
        if kind in MOVING_MONEY:
            self._count(event)

    def _enter(self, event: Event) -> None:
        state, known, claims = ENTERING[event.kind], self.claims, self._index.claims
        for claim_id in event.ids:
            if claim_id in known:
                self._charge(f"clm_{claim_id} entered the log twice")
            known[claim_id] = state
            claim = claims.get(claim_id)
            if claim is not None and claim.accepted_at != event.at:
                self._charge(f"clm_{claim_id} came at another time than the log says")

    def _move(self, event: Event) -> None:
        known, (sources, target) = self.claims, MOVES[event.kind]
        ordered, ending = self._ordered, target in ENDS
        for claim_id in event.ids:
            old = known.get(claim_id)
            if old in ENDS:
                if ending or ordered:
                    self._charge(f"clm_{claim_id} is {old}, and then {event.kind}")
                continue
            if ordered and old not in sources:
                self._charge(f"clm_{claim_id} is {old or 'unknown'}, and then {event.kind}")
            known[claim_id] = target
            if ending:
                self.dates[claim_id] = event.at

    def _handle(self, event: Event) -> None:
        for claim_id in event.ids:
            self.coupons[claim_id] = OF_COUPONS[event.kind]
            self.moves[claim_id] += 1

    def _govern(self, event: Event) -> None:
        if event.kind in OF_MODES:
            self.modes[event.campaign] = OF_MODES[event.kind]
        elif event.kind in SWITCHES:
            self.held[event.campaign] = SWITCHES[event.kind]
        elif event.kind is Kind.CAMPAIGN_EXTENDED:
            self.extended[event.campaign] = promised(event.detail)
        elif event.kind is Kind.CAMPAIGN_CREATED:
            if event.campaign in self.born:
                self._charge(f"{event.campaign} was created twice")
            self.born[event.campaign] = event.amount
            return
        if event.amount or event.ids:
            self._charge(f"{event.kind} of {event.campaign} moves money or claims")

    def _count(self, event: Event) -> None:
        """Charge an event that is not of the campaign, tier and money of its claims."""
        claims, worth = self._index.claims, 0
        for claim_id in event.ids:
            claim = claims.get(claim_id)
            if claim is None:
                self._charge(f"{event.kind} names clm_{claim_id}, which there is not")
            elif claim.campaign != event.campaign or claim.tier is not event.tier:
                self._charge(f"{event.kind} of {event.campaign} names clm_{claim_id} of another")
            worth += 0 if claim is None else claim.amount
        if worth != event.amount or not event.ids:
            text = f"{event.kind} of {event.campaign} says {event.amount}, its claims {worth}"
            self._charge(text)


def judge_log(index: Index, docket: Docket) -> Fold:
    """S9: judge seals and fold; return the fold."""

    def charge(offence: str) -> None:
        docket.charge("S9", offence)

    docket.judged("S9", len(index.books.events))
    _judge_seals(index, charge)
    fold = Fold(index, charge)
    _judge_claims(index, fold, charge)
    _judge_coupons(index, fold, charge)
    _judge_scopes(index, fold, charge)
    return fold


def _judge_seals(index: Index, charge: Callable[[str], None]) -> None:
    books, last = index.books, START
    if len(books.seals) > len(books.events):
        charge(f"{len(books.seals)} seals for {len(books.events)} events")
    for seal, place, event in zip(books.seals, books.places, books.events, strict=False):
        if seal.number != last.number + 1:
            charge(f"seal {seal.number} follows {last.number}")
        if seal.position != place or place <= last.position:
            charge(f"seal {seal.number} is not on the event behind that of {last.number}")
        if seal.digest != digest(last.digest, seal.number, event):
            charge(f"the digest of seal {seal.number} is not that of its event and all before")
        last = seal
    for place in books.places[len(books.seals) :]:
        if place <= last.position:
            charge(f"an event without a seal stands before seal {last.number}")


def _judge_claims(index: Index, fold: Fold, charge: Callable[[str], None]) -> None:
    for claim_id in index.claims:
        logged, state = fold.claims.get(claim_id), index.state(claim_id)
        # A claim that is nowhere is charged elsewhere.
        if logged is not state and state is not None:
            charge(f"clm_{claim_id} is {state}, by the log it is {logged or 'unknown'}")
    for claim_id, at in fold.dates.items():
        coupon, outcome = index.coupons.get(claim_id), index.outcomes.get(claim_id)
        done = coupon.issued_at if coupon is not None else outcome.at if outcome else at
        if done != at:
            charge(f"clm_{claim_id} ended at another time than the log says")


def _judge_coupons(index: Index, fold: Fold, charge: Callable[[str], None]) -> None:
    acts = Counter(act.claim_id for act in index.books.acts)
    for claim_id, coupon in index.coupons.items():
        left = fold.coupons.get(claim_id, CouponState.ISSUED)
        logged, keyed = fold.moves.get(claim_id, 0), acts.get(claim_id, 0)
        if left is not coupon.state or not coupon.revision == logged == keyed:
            text = f"cpn_{claim_id} is {coupon.state} after {coupon.revision} moves"
            charge(f"{text}, by the log it is {left} after {logged}, {keyed} of them under a key")
    for claim_id in (acts.keys() | fold.moves.keys()) - index.coupons.keys():
        charge(f"cpn_{claim_id} was moved, and there is no such coupon")


def _judge_scopes(index: Index, fold: Fold, charge: Callable[[str], None]) -> None:
    for scope, row in index.books.modes.items():
        mode, held = fold.modes.get(scope, Mode.FLOWING), fold.held.get(scope, False)
        if row.mode is not mode or row.held is not held:
            text = f"{scope} is {row.mode}{' and held' * row.held}"
            charge(f"{text}, by the log it is {mode}{' and held' * held}")
    for name, campaign in index.books.campaigns.items():
        if fold.born.get(name) != campaign.budget:
            born = fold.born.get(name)
            charge(f"{name} has a budget of {campaign.budget}, its creation says {born}")
        told = fold.extended.get(name)
        if told is not None and told != said(campaign.floor or 0):
            charge(f"{name} promised to be {told}, its floor is {campaign.floor}")
