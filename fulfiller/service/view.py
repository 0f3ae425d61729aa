"""What the public sees of a claim and of a campaign: pure, from what the store holds.

Instants are datetimes here, because this is where the program ends and people begin. Never
shown: budget, counts, rates, owner, and the account behind a claim.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Struct

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Campaign, Phase, phase
from fulfiller.domain.claim import Claim, State, public_id
from fulfiller.domain.code import CodeKey, grouped, mint
from fulfiller.domain.coupon import Standing
from fulfiller.domain.estimate import Basis
from fulfiller.domain.mode import ModeRow, ruling
from fulfiller.domain.patience import Reason, WhatToDo
from fulfiller.domain.validity import Pause, moment
from fulfiller.service.port import ClaimView
from fulfiller.service.till import CouponSight

POLL_AFTER_S = {State.ACCEPTED: 1.0, State.WAITLISTED: 5.0, State.PARKED: 30.0}
"""When to look again at a claim that is open; a terminal one never changes."""


@dataclass(frozen=True, slots=True)
class Value:
    """An amount in minor units of a currency."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCoupon:
    """A coupon as its owner sees it; `valid_until` is exclusive, and no log shows the code."""

    code: str = field(repr=False)
    value: Value
    state: Standing
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCouponNow:
    """A coupon in hand as it is now; `state` says `expired` as soon as `valid_until` is past."""

    coupon_id: str
    campaign: str
    code: str = field(repr=False)
    value: Value
    state: Standing
    issued_at: datetime
    valid_until: datetime
    reserved_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicWait:
    """How long it will take, as a range, and what the estimate rests on.

    `high_s` is null while nobody can promise an upper end.
    """

    low_s: float
    high_s: float | None
    basis: Basis


@dataclass(frozen=True, slots=True)
class Valid:
    """Something that people have and keep, and until when; exclusive."""

    what: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPatience:
    """The facts behind a message, for whoever tells them in words of their own."""

    what_to_do: WhatToDo
    reason: Reason | None = None
    since: datetime | None = None
    come_back_at: datetime | None = None
    next_update_at: datetime | None = None
    still_valid: tuple[Valid, ...] = ()


class PublicClaim(Struct, frozen=True, kw_only=True):
    """A claim as its caller sees it."""

    claim_id: str
    campaign: str
    user: str
    grant: str
    tier: str
    state: State
    accepted_at: datetime
    position: int | None = None
    wait: PublicWait | None = None
    poll_after_s: float | None = None
    coupon: PublicCoupon | None = None
    message: str | None = None
    language: str | None = None
    patience: PublicPatience | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicWindow:
    """When a campaign admits claims; `closes_at` is exclusive."""

    opens_at: datetime
    closes_at: datetime
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicValidity:
    """How long coupons stay valid: until an instant or for days, and never less than `floor`."""

    until: datetime | None
    days: int | None
    floor: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCampaign:
    """A campaign as anybody may see it."""

    campaign: str
    phase: Phase
    mode: Mode
    window: PublicWindow
    validity: PublicValidity
    message: str | None = None
    language: str | None = None
    wait: PublicWait | None = None


def fresh_claim(claim: Claim, state: State) -> PublicClaim:
    """Show a claim that has just been taken in."""
    return _claim(claim, state, None)


def claim_now(
    view: ClaimView, campaign: Campaign, *, key: CodeKey, now: int, pauses: Iterable[Pause] = ()
) -> PublicClaim:
    """Show a claim as it is now; its coupon's code is recomputed, never stored.

    `pauses` are those that the campaign grants credit for.
    """
    if view.coupon is None:
        return _claim(view.claim, view.state, None)
    sight = CouponSight(view.coupon, campaign, pauses=tuple(pauses))
    return _claim(view.claim, view.state, _coupon(sight, key, now))


def campaign_now(
    campaign: Campaign, modes: Mapping[str, ModeRow], *, now: int
) -> PublicCampaign | None:
    """Show a campaign as it is now, or None while nobody may know of it."""
    own = modes[campaign.id]
    at = phase(campaign, now=now, exhausted=own.exhausted)
    if at is Phase.DRAFT:
        return None
    rule = campaign.validity
    return PublicCampaign(
        campaign=campaign.id,
        phase=at,
        mode=ruling(modes, campaign.id).mode,
        window=PublicWindow(
            opens_at=moment(campaign.opens_at),
            closes_at=moment(campaign.closes_at),
            zone=campaign.zone,
        ),
        validity=PublicValidity(
            until=_moment(rule.until), days=rule.days, floor=_moment(campaign.floor)
        ),
    )


def coupon_now(sight: CouponSight, *, key: CodeKey, now: int) -> PublicCouponNow:
    """Show a coupon as it is now, by its campaign's floor and pauses as they are now."""
    coupon, shown = sight.coupon, _coupon(sight, key, now)
    held = coupon.held_until if shown.state is Standing.RESERVED else None
    return PublicCouponNow(
        coupon_id=coupon.public_id,
        campaign=coupon.campaign,
        code=shown.code,
        value=shown.value,
        state=shown.state,
        issued_at=moment(coupon.issued_at),
        valid_until=shown.valid_until,
        reserved_until=_moment(held),
    )


def _claim(claim: Claim, state: State, coupon: PublicCoupon | None) -> PublicClaim:
    return PublicClaim(
        claim_id=public_id(claim.id),
        campaign=claim.campaign,
        user=claim.user,
        grant=claim.grant,
        tier=str(claim.tier),
        state=state,
        accepted_at=moment(claim.accepted_at),
        poll_after_s=POLL_AFTER_S.get(state),
        coupon=coupon,
    )


def _coupon(sight: CouponSight, key: CodeKey, now: int) -> PublicCoupon:
    coupon = sight.coupon
    return PublicCoupon(
        code=grouped(mint(coupon.claim_id, coupon.salt, key).code),
        value=Value(coupon.amount, sight.campaign.value.currency),
        state=sight.standing(now=now),
        valid_until=moment(sight.end(now=now)),
    )


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else moment(instant)
