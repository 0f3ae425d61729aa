"""The books: everything a store holds once it has been drained, as the checker reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fulfiller.domain.act import Act
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import Claim, OpenClaim
from fulfiller.domain.code import CodeKey
from fulfiller.domain.coupon import Coupon
from fulfiller.domain.event import Event
from fulfiller.domain.mode import ModeRow
from fulfiller.domain.outcome import Outcome
from fulfiller.domain.stripe import Stripe
from fulfiller.service.log import Seal
from fulfiller.service.port import KeyBinding


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Every table that says what became of claims, coupons, money and modes.

    `events` are in the order of their seals, those without one behind; `places` are their
    positions. `in_commit_order`: events stand in the order in which they were committed, which
    a simulated store knows and a real one only nearly. `keys` are those that codes were made
    with; `at` is the store's time of the reading; `captured` is what was seen of broker, logs
    and metrics, where no code may ever be.
    """

    at: int
    campaigns: Mapping[str, Campaign]
    claims: Sequence[Claim]
    opened: Sequence[OpenClaim]
    coupons: Sequence[Coupon]
    outcomes: Sequence[Outcome]
    bindings: Sequence[KeyBinding]
    acts: Sequence[Act]
    stripes: Sequence[Stripe]
    events: Sequence[Event]
    places: Sequence[tuple[int, int]]
    seals: Sequence[Seal]
    modes: Mapping[str, ModeRow]
    keys: Mapping[int, CodeKey] = field(default_factory=dict)
    captured: Sequence[bytes] = ()
    in_commit_order: bool = False
