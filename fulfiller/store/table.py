"""The SQLModel tables; `claim`, `caller_key`, `event` and `outcome` are insert-only.

`open_claim` is the one mutable row per claim: it exists while something is still to be done,
and a claim's state is derived from which of open row, coupon or outcome exists. Instants are
microseconds since 1970, money is whole minor units, ids are UUIDv7.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import UUID
from sqlmodel import Field, SQLModel

from fulfiller.domain.event import SETBACKS
from fulfiller.domain.stripe import PARTS, SHARES, Count
from fulfiller.domain.tier import Tier

ID = String(36).with_variant(UUID(as_uuid=False), "postgresql")
SERIAL = BigInteger().with_variant(Integer, "sqlite")
BYTEWISE = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by its bytes in every database, whatever the locale."""
CHURNED = {"postgresql_with": {"fillfactor": 50}}
"""For rows that are updated for ever: room on the page keeps the updates heap-only."""


class AccountRow(SQLModel, table=True):
    """A caller."""

    __tablename__ = "account"
    id: str = Field(sa_column=Column(Text, primary_key=True))
    created_at: int = Field(sa_type=BigInteger)


class ApiKeyRow(SQLModel, table=True):
    """A key of an account: its keyed hash, never the key."""

    __tablename__ = "api_key"
    id: str = Field(sa_column=Column(Text, primary_key=True))
    account: str = Field(sa_type=Text, foreign_key="account.id", index=True)
    hash: bytes = Field(sa_type=LargeBinary)
    scopes: str = Field(sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int | None = Field(default=None, sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)
    bound_campaign: str | None = Field(default=None, sa_type=Text)
    bound_limit_key: str | None = Field(default=None, sa_type=Text)


class CampaignRow(SQLModel, table=True):
    """A campaign; `terms` is the whole of it as JSON."""

    __tablename__ = "campaign"
    id: str = Field(sa_column=Column(Text, primary_key=True))
    owner: str = Field(sa_type=Text)
    terms: str = Field(sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)


class ModeRecord(SQLModel, table=True):
    """The mode of a campaign, or of the service under the scope `*`."""

    __tablename__ = "mode"
    __table_args__ = (CHURNED,)
    scope: str = Field(sa_column=Column(Text, primary_key=True))
    mode: str = Field(default="flowing", sa_type=Text)
    held: bool = False
    exhausted: bool = False
    generation: int = Field(default=0, sa_type=BigInteger)
    money_generation: int = Field(default=0, sa_type=BigInteger)
    since: int = Field(default=0, sa_type=BigInteger)
    cause: str | None = Field(default=None, sa_type=Text)
    breaker: str | None = Field(default=None, sa_type=Text)
    hold: str | None = Field(default=None, sa_type=Text)
    switched_at: int = Field(
        default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"}
    )
    gauge: str | None = Field(default=None, sa_type=Text)
    pauses: str | None = Field(default=None, sa_type=Text)


def _sum(names: tuple[str, ...]) -> str:
    return " + ".join(f'"{name}"' for name in names)


MONEY = ("limit", *map(str, PARTS))
COUNTS = tuple(f"{tier}_{count}" for tier in Tier for count in Count)
NO_DEBT = " and ".join(f'"{name}" >= 0' for name in (*MONEY, *COUNTS))
BALANCE = f'"limit" = {_sum(tuple(map(str, PARTS)))}'
ALL_COUNTED = " and ".join(
    f'"{tier}_{Count.ENTERED}" = {_sum(tuple(f"{tier}_{share}" for share in SHARES))}'
    for tier in Tier
)


def _amount() -> int:
    return Field(default=0, sa_type=BigInteger, nullable=False)  # type: ignore[no-any-return]


class StripeRow(SQLModel, table=True):
    """One stripe of a campaign's ledger: money, and per tier totals and gauges."""

    __tablename__ = "stripe"
    __table_args__ = (
        CheckConstraint(NO_DEBT, name="stripe_no_debt"),
        CheckConstraint(BALANCE, name="stripe_balance"),
        CheckConstraint(ALL_COUNTED, name="stripe_counted"),
        CHURNED,
    )
    campaign: str = Field(sa_column=Column(Text, primary_key=True))
    number: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    limit: int = _amount()
    available: int = _amount()
    reserved: int = _amount()
    issued: int = _amount()
    redeemed: int = _amount()
    p0_entered: int = _amount()
    p0_issued: int = _amount()
    p0_declined: int = _amount()
    p0_cancelled: int = _amount()
    p0_waitlisted: int = _amount()
    p0_accepted: int = _amount()
    p0_parked: int = _amount()
    p1_entered: int = _amount()
    p1_issued: int = _amount()
    p1_declined: int = _amount()
    p1_cancelled: int = _amount()
    p1_waitlisted: int = _amount()
    p1_accepted: int = _amount()
    p1_parked: int = _amount()
    p2_entered: int = _amount()
    p2_issued: int = _amount()
    p2_declined: int = _amount()
    p2_cancelled: int = _amount()
    p2_waitlisted: int = _amount()
    p2_accepted: int = _amount()
    p2_parked: int = _amount()
    p3_entered: int = _amount()
    p3_issued: int = _amount()
    p3_declined: int = _amount()
    p3_cancelled: int = _amount()
    p3_waitlisted: int = _amount()
    p3_accepted: int = _amount()
    p3_parked: int = _amount()


class ClaimRow(SQLModel, table=True):
    """A claim as it came in; the unique keys decide who was first."""

    __tablename__ = "claim"
    __table_args__ = (
        UniqueConstraint("campaign", "user", "grant", "turn", name="claim_identity"),
        UniqueConstraint("campaign", "user", "slot", "slot_turn", name="claim_slot"),
    )
    claim_id: str = Field(sa_column=Column(ID, primary_key=True))
    campaign: str = Field(sa_type=Text)
    account: str = Field(sa_type=Text)
    user: str = Field(sa_type=Text)
    grant: str = Field(sa_type=Text)
    turn: int = Field(sa_type=SmallInteger)
    slot: int = Field(sa_type=SmallInteger)
    slot_turn: int = Field(sa_type=SmallInteger)
    tier: int = Field(sa_type=SmallInteger)
    amount: int = Field(sa_type=BigInteger)
    limit_key: str | None = Field(default=None, sa_type=Text)
    locale: str | None = Field(default=None, sa_type=Text)
    accepted_at: int = Field(sa_type=BigInteger)


ACCEPTED = text("stage = 'accepted'")


class OpenClaimRow(SQLModel, table=True):
    """What is still to be done for a claim: the one row of it that changes."""

    __tablename__ = "open_claim"
    __table_args__ = (
        Index("open_claim_lane", "campaign", "tier", "stage", "ready_at", "claim_id"),
        Index(
            "open_claim_flow",
            *("campaign", "tier", "flow", "ready_at", "claim_id"),
            postgresql_where=ACCEPTED,
            sqlite_where=ACCEPTED,
        ),
    )
    claim_id: str = Field(sa_column=Column(ID, primary_key=True))
    campaign: str = Field(sa_type=Text)
    tier: int = Field(sa_type=SmallInteger)
    account: str = Field(sa_type=Text)
    user: str = Field(sa_type=Text)
    grant: str = Field(sa_type=Text)
    slot: int = Field(sa_type=SmallInteger)
    stripe: int = Field(sa_type=SmallInteger)
    amount: int = Field(sa_type=BigInteger)
    limit_key: str | None = Field(default=None, sa_type=Text)
    stage: str = Field(sa_type=Text)
    ready_at: int = Field(sa_type=BigInteger)
    offered_at: int | None = Field(default=None, sa_type=BigInteger)
    attempts: int = Field(default=0, sa_type=SmallInteger)
    flow: str = Field(default="", sa_type=BYTEWISE, sa_column_kwargs={"server_default": ""})


class OutcomeRow(SQLModel, table=True):
    """How a claim ended without a coupon."""

    __tablename__ = "outcome"
    claim_id: str = Field(sa_column=Column(ID, primary_key=True))
    campaign: str = Field(sa_type=Text)
    ending: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInteger)


class CouponRow(SQLModel, table=True):
    """A coupon; its code is recomputed from claim, salt and key, never stored."""

    __tablename__ = "coupon"
    __table_args__ = (UniqueConstraint("lookup", name="coupon_lookup"),)
    claim_id: str = Field(sa_column=Column(ID, primary_key=True))
    campaign: str = Field(sa_type=Text)
    account: str = Field(sa_type=Text)
    stripe: int = Field(sa_type=SmallInteger)
    tier: int = Field(sa_type=SmallInteger)
    amount: int = Field(sa_type=BigInteger)
    key_id: int = Field(sa_type=SmallInteger)
    salt: int = Field(sa_type=SmallInteger)
    lookup: bytes = Field(sa_type=LargeBinary)
    issued_at: int = Field(sa_type=BigInteger)
    valid_until: int = Field(sa_type=BigInteger)
    state: str = Field(sa_type=Text)
    revision: int | None = Field(default=None, sa_type=Integer)
    held_until: int | None = Field(default=None, sa_type=BigInteger)
    checkout: str | None = Field(default=None, sa_type=Text)


class CouponActRow(SQLModel, table=True):
    """What was done to a coupon under an account's key, for ever."""

    __tablename__ = "coupon_act"
    account: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    verb: str = Field(sa_column=Column(Text, primary_key=True))
    claim_id: str = Field(sa_type=ID)
    revision: int = Field(sa_type=Integer)
    at: int = Field(sa_type=BigInteger)


class CallerKeyRow(SQLModel, table=True):
    """An idempotency key of an account, and the claim it stands for, for ever."""

    __tablename__ = "caller_key"
    account: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    claim_id: str = Field(sa_type=ID)
    fingerprint: bytes = Field(sa_type=LargeBinary)
    at: int = Field(sa_type=BigInteger)


FEW = text(f"kind in ({', '.join(repr(str(kind)) for kind in SETBACKS)})")


class EventRow(SQLModel, table=True):
    """What happened; `xid` is the writing transaction, so that readers can be commit-safe."""

    __tablename__ = "event"
    __table_args__ = (
        Index("event_position", "xid", "id"),
        Index("event_setback", "campaign", "tier", "id", postgresql_where=FEW, sqlite_where=FEW),
    )
    id: int | None = Field(default=None, sa_column=Column(SERIAL, primary_key=True))
    xid: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    at: int = Field(sa_type=BigInteger)
    campaign: str = Field(sa_type=Text)
    tier: int | None = Field(default=None, sa_type=SmallInteger)
    kind: str = Field(sa_type=Text)
    ids: bytes = Field(sa_type=LargeBinary)
    amount: int = Field(sa_type=BigInteger)
    actor: str = Field(sa_type=Text)
    detail: str = Field(sa_type=Text)


class SealRow(SQLModel, table=True):
    """An event's number in the sealed log, and the digest that chains it."""

    __tablename__ = "seal"
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    xid: int = Field(sa_type=BigInteger)
    event_id: int = Field(sa_type=BigInteger, unique=True)
    digest: bytes = Field(sa_type=LargeBinary)
