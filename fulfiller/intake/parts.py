"""What the intake is made of: everything from outside comes in here, as ports and callables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from fulfiller.domain.bucket import Bucket, News
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import CodeKey
from fulfiller.domain.tier import Tier
from fulfiller.domain.waits import Waits
from fulfiller.intake.tally import Tally
from fulfiller.intake.trail import Trail, Untold
from fulfiller.service.dispatch import Queue
from fulfiller.service.keyring import Keyring
from fulfiller.service.port import Store
from fulfiller.service.serving import HINT_MAX
from fulfiller.service.speech.library import Library
from fulfiller.service.till import Till
from fulfiller.service.waitlist import Waitlist


class Truth(Store, Keyring, Till, Waitlist, Protocol):
    """The store with the keys, the till and the waitlist in it."""


class Broker(Queue, Protocol):
    """The queue, and what there is to see of it; None while it does not answer."""

    def lengths(self) -> Mapping[str, int] | None:
        """Return how many messages wait, by queue."""

    def quarantined(self) -> Mapping[str, int] | None:
        """Return how many messages were set aside, by flaw."""

    def submitted(self) -> Mapping[str, int] | None:
        """Return how many claims came in through the broker, by what became of them."""

    def waits(self) -> Mapping[Tier, Waits] | None:
        """Return how long claims waited for their coupon so far, by tier."""

    def tell_doors(self, said: Mapping[str, bytes]) -> Sequence[News] | None:
        """Tell other intakes whom each door limit let in here, and return what they told."""

    def close(self) -> None:
        """Give the connection back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is taken at once, how long anybody waits, how much is remembered."""

    group_max: int = 500
    """Claims committed together."""
    hint_max: int = HINT_MAX
    """Claims in one hint."""
    inbox_max: int = 10_000
    """Claims that may wait for the committer: about two seconds of a busy intake."""
    deadline_s: float = 5.0
    """Every request is answered by then, if only to say that the store did not."""
    body_max: int = 16 * 1024
    batch_body_max: int = 1024 * 1024
    batch_max: int = 1_000
    waiters_max: int = 2_000
    """Long polls at a time; beyond them a poll is answered at once."""
    wait_max_s: float = 30.0
    tick_s: float = 0.05
    """Pause between two looks at the claims that somebody waits for."""
    key_ttl_s: float = 5.0
    """How long an API key is trusted, or refused, without asking the store again."""
    keys_max: int = 10_000
    campaign_ttl_s: float = 1.0
    metrics_ttl_s: float = 1.0
    """How long one reading of store and broker serves all scrapers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorLimits:
    """How often anybody may come; None is no limit. `key` is behind the digests of who came."""

    account: Bucket | None = None
    user: Bucket | None = None
    address: Bucket | None = None
    key: bytes = b""
    kept_max: int = 100_000
    """Buckets remembered of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeParts:
    """The parts of one intake process.

    `open_store` and `open_queue` are called in each thread that needs one of its own, and
    must not connect yet. `now` is the store's time; it may ask the store, must be safe to
    share by threads, and is never called where it could hold up the event loop.
    """

    open_store: Callable[[], Truth]
    open_queue: Callable[[], Broker]
    now: Callable[[], int]
    monotonic: Callable[[], float]
    new_claim_id: Callable[[int], ClaimId]
    code_key: CodeKey
    pepper: bytes
    library: Library
    limits: Limits = field(default_factory=Limits)
    door: DoorLimits = field(default_factory=DoorLimits)
    tally: Tally = field(default_factory=Tally)
    trail: Trail = field(default_factory=Untold)
