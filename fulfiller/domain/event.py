"""The event log: what happened, one row per transaction, campaign, tier and kind.

Rows are appended without a chain head, so that writers never queue for one; the keeper
later *seals* them: it numbers them in commit-safe order and chains their digests.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import overload

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.tier import Tier

GENESIS = bytes(32)
"""The digest before the first event."""
ID_BYTES = 16


class Kind(StrEnum):
    """What happened, past tense."""

    CAMPAIGN_CREATED = "campaign.created"
    CAMPAIGN_CHANGED = "campaign.changed"
    CAMPAIGN_EXTENDED = "campaign.extended"
    CAMPAIGN_ENDED = "campaign.ended"
    BUDGET_GATHERED = "budget.gathered"
    CLAIM_ACCEPTED = "claim.accepted"
    CLAIM_WAITLISTED = "claim.waitlisted"
    CLAIM_ADMITTED = "claim.admitted"
    CLAIM_ISSUED = "claim.issued"
    CLAIM_DECLINED = "claim.declined"
    CLAIM_CANCELLED = "claim.cancelled"
    CLAIM_PARKED = "claim.parked"
    CLAIM_REPLAYED = "claim.replayed"
    COUPON_RESERVED = "coupon.reserved"
    COUPON_RELEASED = "coupon.released"
    COUPON_REDEEMED = "coupon.redeemed"
    COUPON_ROLLED_BACK = "coupon.rolled_back"
    COUPON_REVOKED = "coupon.revoked"
    MODE_FLOWING = "mode.flowing"
    MODE_PAUSED = "mode.paused"
    MODE_RAMPING = "mode.ramping"
    MODE_HELD = "mode.held"
    MODE_UNHELD = "mode.unheld"
    PRESSURE_REPORTED = "pressure.reported"
    PATIENCE_WORDED = "patience.worded"
    RATE_CHANGED = "rate.changed"
    MARK_SET = "mark.set"


SETBACKS = (Kind.CLAIM_PARKED, Kind.CLAIM_REPLAYED)
"""What an operator must know of a claim that is parked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to `ids` of one campaign and tier in one transaction.

    `amount` is the money that moved, in minor units; `actor` who did it (`intake`,
    `worker`, `keeper`, `operator:…`); `detail` a reason or a sum, as text.
    """

    at: int
    campaign: str
    kind: Kind
    tier: Tier | None = None
    ids: Sequence[ClaimId] = ()
    amount: int = 0
    actor: str = ""
    detail: str = ""


class Packed(Sequence[ClaimId]):
    """Ids as the store keeps them, taken apart only for whoever looks at one.

    Sealing and proving read all events of a campaign and none of the ids in them: to take them
    apart was a quarter of what the keeper did for a claim.
    """

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        """Keep what `packed` has packed."""
        self.raw = raw

    def __len__(self) -> int:
        """Return how many ids there are."""
        return len(self.raw) // ID_BYTES

    @overload
    def __getitem__(self, at: int) -> ClaimId: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[ClaimId, ...]: ...

    def __getitem__(self, at: int | slice) -> ClaimId | tuple[ClaimId, ...]:
        """Return an id, or some of them; the others stay packed."""
        places = range(len(self))[at]
        if isinstance(places, int):
            start = ID_BYTES * places
            return _dashed(self.raw[start : start + ID_BYTES].hex(), 0)
        text = self.raw.hex()
        return tuple([_dashed(text, 2 * ID_BYTES * place) for place in places])

    def __iter__(self) -> Iterator[ClaimId]:
        """Go through all of them, taken apart at once."""
        return iter(unpacked(self.raw))

    def __eq__(self, other: object) -> bool:
        """Return whether others are the same ids in the same order, packed or not."""
        if isinstance(other, Packed):
            return self.raw == other.raw
        return unpacked(self.raw) == other

    def __hash__(self) -> int:
        """Return the hash of the same ids as a tuple."""
        return hash(unpacked(self.raw))

    def __repr__(self) -> str:
        """Return what the same ids as a tuple look like."""
        return repr(unpacked(self.raw))


def packed(ids: Sequence[ClaimId]) -> bytes:
    """Return ids as their 16 bytes each, one after the other: half the size of their text."""
    return ids.raw if isinstance(ids, Packed) else bytes.fromhex("".join(ids).replace("-", ""))


def unpacked(raw: bytes) -> tuple[ClaimId, ...]:
    """Return the ids that `packed` packed."""
    text = raw.hex()
    return tuple([_dashed(text, at) for at in range(0, len(text), 2 * ID_BYTES)])


def digest(previous: bytes, number: int, event: Event) -> bytes:
    """Return the digest of a sealed event: SHA-256 over the one before it and all it says.

    Each text stands behind its length, so that no two events read the same.
    """
    said = (
        str(number),
        str(event.at),
        event.campaign,
        event.kind,
        "" if event.tier is None else str(event.tier),
        str(event.amount),
        event.actor,
        event.detail,
    )
    head = b"".join([b"%d:%b" % (len(text), text) for text in map(str.encode, said)])
    return sha256(previous + head + packed(event.ids)).digest()


def _dashed(text: str, at: int) -> ClaimId:
    """Return the id whose 32 digits begin at a place in a text."""
    return ClaimId(
        f"{text[at : at + 8]}-{text[at + 8 : at + 12]}-{text[at + 12 : at + 16]}"
        f"-{text[at + 16 : at + 20]}-{text[at + 20 : at + 32]}"
    )
