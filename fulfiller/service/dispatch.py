"""The contract of dispatching: what stands in line, and the queue that offers it to workers.

Part of the contract of the world, see `service.port`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from msgspec import Struct

from fulfiller.domain.claim import ClaimId, Stage
from fulfiller.domain.pace import Pace, RateScope
from fulfiller.domain.tier import Tier


@dataclass(frozen=True, slots=True)
class Lane:
    """The claims of one campaign and tier: what may travel in one hint."""

    campaign: str
    tier: Tier


@dataclass(frozen=True, slots=True)
class LaneSight:
    """A lane with claims accepted and not yet done, of a campaign that is not held."""

    lane: Lane
    accepted: int


@dataclass(frozen=True, slots=True)
class Flow:
    """The accepted claims of a lane that are served in one order: see `domain.flow`."""

    lane: Lane
    name: str


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a flow: what stands behind `(ready_at, id)`, oldest first, up to a limit."""

    flow: Flow
    after: tuple[int, ClaimId]
    limit: int


NOTHING: Mapping[Flow, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What serving the lanes of some campaigns takes to know.

    `flows` are those that have accepted claims, each with when its oldest became ready; `paces`
    the rates of the service, of the campaigns, and of limit keys that flows wait for; `slots`
    the tasks that workers run at once, 0 when unknown.
    """

    flows: Mapping[Flow, int]
    paces: Mapping[RateScope, Pace]
    slots: int


class Ready(Struct, frozen=True, gc=False):
    """An open claim in line, and not before it is ready."""

    id: ClaimId
    ready_at: int
    offered_at: int | None
    attempts: int


class Dispatch(Protocol):
    """What a store knows of claims in line. All of it is read only."""

    def lanes(self) -> Sequence[LaneSight]:
        """Return the lanes that have accepted claims, without those of held campaigns."""

    def ready(
        self,
        lane: Lane,
        *,
        after: tuple[int, ClaimId],
        limit: int,
        stage: Stage = Stage.ACCEPTED,
    ) -> Sequence[Ready]:
        """Return open claims of a lane at a stage behind `(ready_at, id)`, oldest first."""

    def board(self, campaigns: Collection[str], known: Mapping[Flow, int] = NOTHING) -> Board:
        """Return what there is to know for serving the lanes of these campaigns.

        For flows of which it is `known` well enough when their oldest claim became ready, that
        is told again instead of being looked for.
        """

    def pages(self, pages: Sequence[Page]) -> Sequence[Sequence[Ready]]:
        """Return stretches of flows, all in one round trip."""


@dataclass(frozen=True, slots=True)
class Hint:
    """An offer of one to 1,000 claims of one lane."""

    lane: Lane
    ids: tuple[ClaimId, ...]


class Queue(Protocol):
    """The broker: it may be away, frozen or empty at any moment, and nothing here raises."""

    def publish(self, hints: Sequence[Hint]) -> bool:
        """Offer claims to the workers; False when the broker did not take all of it."""

    def depths(self) -> Mapping[Tier, int] | None:
        """Return the tasks waiting per tier, or None when the broker does not answer."""

    def intact(self, epoch: str) -> bool | None:
        """Return whether the broker still knows this epoch; None when it does not answer."""

    def mark(self, epoch: str) -> bool:
        """Leave an epoch with the broker, so that its total loss can be seen."""
