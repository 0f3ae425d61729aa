"""What goes in and what comes out, typed and frozen; unknown new fields are ignored."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

import msgspec

from fulfiller.domain.claim import TERMINAL, State
from fulfiller.domain.coupon import Standing
from fulfiller.domain.money import Money


def new_key() -> str:
    """Return a fresh idempotency key."""
    return uuid4().hex


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClaim:
    """A claim to submit; its key is made once, so that it may be submitted again."""

    campaign: str
    user: str
    grant: str | None = None
    tier: str | None = None
    locale: str | None = None
    limit_key: str | None = None
    key: str = field(default_factory=new_key)


class Wait(msgspec.Struct, frozen=True):
    """How long it will take, as a range, and what the estimate rests on.

    `high_s` is None while nobody can promise an upper end.
    """

    low_s: float
    high_s: float | None
    basis: str


class Valid(msgspec.Struct, frozen=True):
    """Something that people have and keep, and until when; exclusive."""

    what: str
    until: datetime


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """The facts behind a message, for whoever tells them in words of their own."""

    what_to_do: str
    reason: str | None = None
    since: datetime | None = None
    come_back_at: datetime | None = None
    next_update_at: datetime | None = None
    still_valid: tuple[Valid, ...] = ()


class Coupon(msgspec.Struct, frozen=True):
    """A coupon: its code as people read it, its worth, if it may be used, and when it ends."""

    code: str
    value: Money
    valid_until: datetime
    state: Standing = Standing.ISSUED


class CouponNow(Coupon, frozen=True, kw_only=True):
    """A coupon in hand, with all that is to be known of it.

    `replayed`: what was asked for had been done before, under the same key.
    """

    coupon_id: str
    campaign: str
    issued_at: datetime
    reserved_until: datetime | None = None
    replayed: bool = False


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A claim as it was when the service answered.

    `replayed`: it was there already, by this key or this identity.
    """

    claim_id: str
    campaign: str
    user: str
    grant: str
    tier: str
    state: State
    accepted_at: datetime
    position: int | None = None
    wait: Wait | None = None
    poll_after_s: float | None = None
    coupon: Coupon | None = None
    message: str | None = None
    language: str | None = None
    patience: Patience | None = None
    replayed: bool = False

    @property
    def done(self) -> bool:
        """Return whether this is how the claim ended: it will never change again."""
        return self.state in TERMINAL


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one of the account's claims ended.

    Remember `after` once this is dealt with: resumed there, nothing is missed, and at worst
    outcomes of the same `number` come again.
    """

    number: int
    after: int
    at: datetime
    kind: str
    claim: Claim


class Outcomes(msgspec.Struct, frozen=True, kw_only=True):
    """A page of outcomes; the next one is behind `after`, at once or in `poll_after_s`."""

    outcomes: tuple[Outcome, ...]
    after: int
    poll_after_s: float
