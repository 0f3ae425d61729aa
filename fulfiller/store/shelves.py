"""The tables of the in-memory store: dictionaries that refuse what the SQL schema refuses."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from fulfiller.domain.act import Act, Verb
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import Claim, ClaimId, OpenClaim
from fulfiller.domain.coupon import Coupon
from fulfiller.domain.error import Deposed, Raced
from fulfiller.domain.event import Event
from fulfiller.domain.key import KeyRecord
from fulfiller.domain.mode import SERVICE, ModeRow, guard
from fulfiller.domain.outcome import Outcome
from fulfiller.domain.pace import Pace, RateScope
from fulfiller.domain.pressure import Report
from fulfiller.domain.stripe import Stripe, StripeKey
from fulfiller.domain.validity import Pause
from fulfiller.service.dispatch import Lane
from fulfiller.service.log import Seal
from fulfiller.service.port import Key, KeyBinding, PaceMove, Person, StripeMove, Writes
from fulfiller.service.waitlist import Block, Place


@dataclass(slots=True)
class Lease:
    """Who leads, since which epoch, and until when."""

    holder: str
    epoch: int
    expires_at: int


@dataclass(slots=True)
class Shelves:
    """Every table, plus the indexes behind its unique constraints."""

    campaigns: dict[str, Campaign] = field(default_factory=dict)
    modes: dict[str, ModeRow] = field(default_factory=lambda: {SERVICE: ModeRow(scope=SERVICE)})
    pauses: dict[str, tuple[Pause, ...]] = field(default_factory=dict)
    stripes: dict[StripeKey, Stripe] = field(default_factory=dict)
    claims: dict[ClaimId, Claim] = field(default_factory=dict)
    people: dict[Person, list[Claim]] = field(default_factory=dict)
    identities: set[tuple[str, str, str, int]] = field(default_factory=set)
    slots: set[tuple[str, str, int, int]] = field(default_factory=set)
    open: dict[ClaimId, OpenClaim] = field(default_factory=dict)
    keys: dict[Key, KeyBinding] = field(default_factory=dict)
    coupons: dict[ClaimId, Coupon] = field(default_factory=dict)
    lookups: dict[bytes, ClaimId] = field(default_factory=dict)
    acts: dict[tuple[str, str, Verb], Act] = field(default_factory=dict)
    outcomes: dict[ClaimId, Outcome] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    seals: list[Seal] = field(default_factory=list)
    leases: dict[str, Lease] = field(default_factory=dict)
    workers: dict[str, tuple[int, int]] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    api_keys: dict[str, KeyRecord] = field(default_factory=dict)
    paces: dict[RateScope, Pace] = field(default_factory=dict)
    reports: dict[tuple[str, str], Report] = field(default_factory=dict)
    blocks: dict[Lane, dict[Place, Block]] = field(default_factory=dict)
    refusals: dict[tuple[str, str, str], tuple[int, int]] = field(default_factory=dict)

    def commit(self, writes: Writes, taken: Collection[ClaimId] = ()) -> None:
        """Write all of it or, raising Raced or Deposed, none of it; `taken` open rows are gone."""
        self._check_fence(writes.fence)
        self._check_unique(writes, taken)
        paces = [pace for move in writes.paces if (pace := self._paced(move))]
        moved = dict(map(self._moved, writes.stripes))
        for claim_id in taken:
            self.open.pop(claim_id, None)
        self._insert(writes)
        self.stripes.update(moved)
        self.paces.update({pace.scope: pace for pace in paces})
        for campaign in writes.exhausted:
            self.modes[campaign] = replace(self.modes[campaign], exhausted=True)
        for campaign in writes.woken:
            self._wake(campaign)

    def _check_fence(self, fence: int | None) -> None:
        if fence is not None and self.epoch() != fence:
            message = f"the lease is at epoch {self.epoch()}, not {fence}"
            raise Deposed(message)

    def epoch(self) -> int:
        """Return the epoch of the keeper's lease; 0 if nobody ever held it."""
        lease = self.leases.get("keeper")
        return 0 if lease is None else lease.epoch

    def _check_unique(self, writes: Writes, taken: Collection[ClaimId]) -> None:
        _free("claim_pkey", self.claims.keys(), (c.id for c in writes.claims))
        _free("claim_identity", self.identities, map(_identity, writes.claims))
        _free("claim_slot", self.slots, map(_slot, writes.claims))
        opened = (c.id for c in writes.opened if c.id not in taken)
        _free("open_claim_pkey", self.open.keys(), opened)
        _free("caller_key_pkey", self.keys.keys(), ((k.account, k.key) for k in writes.keys))
        _free("coupon_pkey", self.coupons.keys(), (c.claim_id for c in writes.coupons))
        _free("coupon_lookup", self.lookups.keys(), (c.lookup for c in writes.coupons))
        _free(
            "coupon_act_pkey", self.acts.keys(), ((a.account, a.key, a.verb) for a in writes.acts)
        )
        _free("outcome_pkey", self.outcomes.keys(), (o.claim_id for o in writes.outcomes))

    def _paced(self, move: PaceMove) -> Pace | None:
        pace = self.paces.get(move.scope)
        if pace is None:
            return None
        after = pace.after(move.claims, move.at)
        if pace.rate != move.rate or after.tat > move.at + move.rate.burst_span:
            raise Raced("the rate is not kept", "pace_kept")
        return after

    def _moved(self, move: StripeMove) -> tuple[StripeKey, Stripe]:
        campaign = move.key.campaign
        if move.guard is not None and guard(self.modes, campaign) != move.guard:
            raise Raced("the mode moved", "stripe_mode")
        stripe = self.stripes[move.key].moved(move.delta)
        if (broken := stripe.broken()) is not None:
            raise Raced(broken, "stripe")
        return move.key, stripe

    def _insert(self, writes: Writes) -> None:
        for claim in writes.claims:
            self.claims[claim.id] = claim
            self.people.setdefault((claim.campaign, claim.user), []).append(claim)
            self.identities.add(_identity(claim))
            self.slots.add(_slot(claim))
        self.open.update({claim.id: claim for claim in writes.opened})
        self.keys.update({(key.account, key.key): key for key in writes.keys})
        self.coupons.update({coupon.claim_id: coupon for coupon in writes.coupons})
        self.lookups.update({coupon.lookup: coupon.claim_id for coupon in writes.coupons})
        self.acts.update({(act.account, act.key, act.verb): act for act in writes.acts})
        self.outcomes.update({outcome.claim_id: outcome for outcome in writes.outcomes})
        self.events.extend(writes.events)

    def _wake(self, campaign: str) -> None:
        mode = self.modes[campaign]
        if mode.exhausted:
            self.modes[campaign] = replace(
                mode, exhausted=False, money_generation=mode.money_generation + 1
            )


def _identity(claim: Claim) -> tuple[str, str, str, int]:
    return (claim.campaign, claim.user, claim.grant, claim.turn)


def _slot(claim: Claim) -> tuple[str, str, int, int]:
    return (claim.campaign, claim.user, claim.slot, claim.slot_turn)


def _free(constraint: str, taken: Collection[object], wanted: Iterable[object]) -> None:
    """Raise Raced if a value is taken already, or wanted twice."""
    seen: set[object] = set()
    for value in wanted:
        if value in taken or value in seen:
            message = f"{constraint} is taken"
            raise Raced(message, constraint)
        seen.add(value)
