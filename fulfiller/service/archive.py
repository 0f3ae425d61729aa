"""The port to what is known of a claim, for operators who look for it; every store has it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from fulfiller.domain.claim import Claim, ClaimId
from fulfiller.domain.event import Event


@dataclass(frozen=True, slots=True)
class Noted:
    """An event as the log has it; `number` is that of its seal, None before it has one."""

    number: int | None
    event: Event


class Archive(Protocol):
    """Claims by what people know of them, and what the event log says of one."""

    def of_user(self, campaigns: Collection[str], user: str, *, limit: int) -> Sequence[ClaimId]:
        """Return a user's claims in these campaigns, in the order of their ids."""

    def bound(self, key: str, *, limit: int) -> Sequence[ClaimId]:
        """Return the claims for which an idempotency key stands, whoever's key it is, by id."""

    def noted(self, claim: Claim, *, limit: int) -> Sequence[Noted]:
        """Return the events that name a claim, oldest first.

        They are looked for in what was logged since shortly before the claim came in.
        """
