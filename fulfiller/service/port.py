"""The contract of the world: what the verbs need from a store.

A store port is dumb: each method is one step, one round trip, and decides nothing. The
verbs read everything, decide in Python, and write everything; constraints alone guard the
write. Every step may raise `StoreUnavailable`, after which the verb may simply run again.
Instants are microseconds since 1970 by the store's clock.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from msgspec import Struct

from fulfiller.domain.act import Act
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import Claim, ClaimId, OpenClaim, Stage, State
from fulfiller.domain.coupon import Coupon
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.identity import Prior
from fulfiller.domain.mode import ModeRow
from fulfiller.domain.outcome import Outcome
from fulfiller.domain.pace import Pace, Rate, RateScope
from fulfiller.domain.stripe import Delta, Stripe, StripeKey
from fulfiller.service.dispatch import Dispatch
from fulfiller.service.helm import Helm
from fulfiller.service.log import Seal, Sealed, Unsealed
from fulfiller.service.refused import Refused
from fulfiller.service.roster import Roster

Key = tuple[str, str]
"""An account and its idempotency key."""
Person = tuple[str, str]
"""A campaign and a user of it."""
Row_co = TypeVar("Row_co", covariant=True)


class KeyBinding(Struct, frozen=True, gc=False):
    """An idempotency key and the claim it stands for; `fingerprint` digests the body."""

    account: str
    key: str
    claim_id: ClaimId
    fingerprint: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Ask:
    """What a group of requests must know before it can be decided."""

    campaigns: tuple[str, ...]
    keys: tuple[Key, ...]
    people: tuple[Person, ...]
    limit_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """The answer to an Ask. Stripes carry `available` and the gauges, which is all it takes.

    `modes` holds the service's row and one per campaign that exists; `rated` whose rates there
    are among the service, the campaigns and their limit keys that were asked for.
    """

    campaigns: Mapping[str, Campaign]
    modes: Mapping[str, ModeRow]
    stripes: Mapping[str, tuple[Stripe, ...]]
    keys: Mapping[Key, KeyBinding]
    priors: Mapping[Person, tuple[Prior, ...]]
    rated: Collection[RateScope] = frozenset()


@dataclass(frozen=True, slots=True)
class StripeMove:
    """A change of one stripe; with `guard`, only if the mode generations still sum to it."""

    key: StripeKey
    delta: Delta
    guard: int | None = None


@dataclass(frozen=True, slots=True)
class PaceMove:
    """Claims that count against a rate at an instant, only if that leaves it kept.

    It is not kept, and the write fails with Raced, when others were first or the rate changed.
    """

    scope: RateScope
    rate: Rate
    claims: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """Everything a transaction writes, in the order in which a store writes it.

    `exhausted`: campaigns that are sold out from here on. `woken`: campaigns to which money
    came back. `paces`: what counts against rates. `fence`: the lease epoch of a keeper;
    the write fails with Deposed on another.
    Stripes come last, ascending, so that their locks are held for the shortest time.
    """

    claims: tuple[Claim, ...] = ()
    opened: tuple[OpenClaim, ...] = ()
    keys: tuple[KeyBinding, ...] = ()
    coupons: tuple[Coupon, ...] = ()
    acts: tuple[Act, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    events: tuple[Event, ...] = ()
    fence: int | None = None
    paces: tuple[PaceMove, ...] = ()
    stripes: tuple[StripeMove, ...] = ()
    exhausted: tuple[str, ...] = ()
    woken: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is anything to write."""
        return any(getattr(self, name) for name in self.__slots__ if name != "fence")


class Unit(Protocol[Row_co]):
    """A transaction after its first step: rows taken or locked, nothing committed yet.

    Leaving its context without `commit` rolls it back.
    """

    @property
    def rows(self) -> Sequence[Row_co]:
        """The rows that the first step took or locked."""

    @property
    def paced(self) -> bool:
        """Whether any of these rows may have an issuing rate to keep."""

    def pace(self, scopes: Collection[RateScope], *, locked: bool) -> tuple[int, Sequence[Pace]]:
        """Return those of these rates that there are, maybe locked, with the store's time."""

    def commit(self, writes: Writes) -> None:
        """Write and commit; raise Raced when a constraint says that somebody was first."""


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim as it is now: its row, its state, and what it ended in."""

    claim: Claim
    state: State
    coupon: Coupon | None = None
    outcome: Outcome | None = None


class Store(Dispatch, Helm, Roster, Refused, Protocol):
    """The truth. Implementations: PostgreSQL, SQLite, memory; one contract suite for all."""

    def now(self) -> int:
        """Return the store's clock, in microseconds since 1970."""

    # Accepting

    def look(self, ask: Ask) -> Sight:
        """Read everything that deciding a group of requests takes."""

    def write(self, writes: Writes) -> None:
        """Write a whole transaction; raise Raced and write nothing when somebody was first."""

    # Moving open claims: whoever moves the open row decides

    def take(
        self, ids: Sequence[ClaimId], stages: Collection[Stage], *, unheld: bool = False
    ) -> AbstractContextManager[Unit[OpenClaim]]:
        """Delete the open rows that stand at one of these stages, and return them.

        With `unheld`, rows of held campaigns stay where they are.
        """

    def shift(
        self, ids: Sequence[ClaimId], old: Stage, new: Stage, *, ready_at: int | None = None
    ) -> AbstractContextManager[Unit[OpenClaim]]:
        """Move open rows from one stage to another and return them as they are now.

        With `ready_at`, they count as ready from then on, with no attempts and no offer.
        """

    def attempt(self, ids: Sequence[ClaimId], *, fence: int | None = None) -> Mapping[ClaimId, int]:
        """Count one more attempt at these accepted claims, commit, return the counts.

        With `fence` it is a keeper's write, and raises Deposed on another lease.
        """

    def lock(self, campaign: str) -> AbstractContextManager[Unit[Stripe]]:
        """Lock all stripes of a campaign, ascending, and return them whole."""

    # Reading

    def campaign(self, campaign_id: str) -> Campaign | None:
        """Return a campaign as it is now."""

    def terms(self, campaign_id: str) -> Campaign | None:
        """Return a campaign for what never changes of it: value, currency, validity rule.

        Anything else of it may be as old as the last survey, or this process.
        """

    def campaigns(self) -> Sequence[Campaign]:
        """Return all campaigns, by id."""

    def stripes(self, campaign: str) -> Sequence[Stripe]:
        """Return a campaign's stripes whole, in one snapshot."""

    def view(self, ids: Collection[ClaimId]) -> Mapping[ClaimId, ClaimView]:
        """Return these claims as they are now; unknown ids are left out."""

    def of_account(self, account: str, ids: Collection[ClaimId]) -> Collection[ClaimId]:
        """Return those of these claims that are an account's; unknown ids are none's."""

    def by_key(self, keys: Collection[Key]) -> Mapping[Key, ClaimId]:
        """Return the claims that these idempotency keys stand for; unbound ones are left out."""

    # Keeping

    def last_seal(self) -> Seal | None:
        """Return the newest seal."""

    def unsealed(self, *, after: tuple[int, int], limit: int) -> Sequence[Unsealed]:
        """Return events behind a position that no running transaction can still precede."""

    def sealed(self, *, after: int, kinds: Collection[Kind], limit: int) -> Sequence[Sealed]:
        """Return sealed events of these kinds behind a number, in order."""

    def seal(self, seals: Sequence[Seal], *, fence: int) -> None:
        """Append seals; raise Deposed when the lease has another epoch."""

    # Running

    def create_campaign(self, campaign: Campaign, stripes: Sequence[Stripe], event: Event) -> bool:
        """Store a new campaign, its mode row and its stripes; False if the id is taken."""

    def amend_campaign(self, old: Campaign, new: Campaign, event: Event) -> bool:
        """Replace a campaign's terms, one row; False if they are `old` no longer.

        Where its publication changes, its mode's generation moves, too: no claim is taken in
        that was decided on by the old one.
        """

    def close(self) -> None:
        """Give connections back."""
