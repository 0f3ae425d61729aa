"""The port by which an intake tells where claims go: to a log, and to whoever traces them."""

from collections.abc import Sequence
from typing import Protocol

from fulfiller.domain.claim import ClaimId
from fulfiller.intake.exchange import Asked
from fulfiller.service.dispatch import Hint
from fulfiller.service.view import PublicClaim


class Trail(Protocol):
    """Hears of claims at each step and speaks of some; it never waits, and nothing depends on it.

    `on` is whether it wants to hear of anything, `traced` whether of commits, too: whoever
    finds them false need not even call. `began` is when a step began, by `clock.monotonic`. Each
    method is for one thread, but `committed`, which two may call at once.
    """

    on: bool
    traced: bool

    def entered(
        self, claims: Sequence[PublicClaim], asked: Asked, began: float, *, repeated: bool
    ) -> None:
        """Claims were taken in by a request, or it repeated them."""

    def committed(self, ids: Sequence[ClaimId], began: float) -> None:
        """Claims were committed together."""

    def offered(self, hints: Sequence[Hint], began: float) -> None:
        """Claims were offered to the workers."""


class Untold:
    """Where nobody wants to hear of it."""

    on = False
    traced = False

    def entered(
        self, claims: Sequence[PublicClaim], asked: Asked, began: float, *, repeated: bool
    ) -> None:
        """Say nothing."""

    def committed(self, ids: Sequence[ClaimId], began: float) -> None:
        """Say nothing."""

    def offered(self, hints: Sequence[Hint], began: float) -> None:
        """Say nothing."""
