"""The place of the broker: hints are laid down and picked up in the same process."""

from collections.abc import Mapping, Sequence

from fulfiller.domain.bucket import News
from fulfiller.domain.tier import Tier
from fulfiller.domain.waits import Waits
from fulfiller.service.dispatch import Hint


class Tray:
    """A queue that the keeper's release fills and the worker empties right after it."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._hints: list[Hint] = []

    def publish(self, hints: Sequence[Hint]) -> bool:
        """Take hints."""
        self._hints.extend(hints)
        return True

    def depths(self) -> Mapping[Tier, int] | None:
        """Nothing waits here when it is asked for."""
        return dict.fromkeys(Tier, 0)

    def intact(self, _epoch: str) -> bool | None:
        """Nothing is ever lost."""
        return True

    def mark(self, _epoch: str) -> bool:
        """Nothing need be seen to be lost."""
        return True

    def emptied(self) -> list[Hint]:
        """Return what was laid down, and keep none of it."""
        hints, self._hints = self._hints, []
        return hints


class Absent(Tray):
    """The broker as the intake sees it: away, so that it leaves all claims to the keeper.

    Else it would offer some by itself, a moment after it has answered, and whoever works at
    once would find nothing to do.
    """

    def publish(self, _hints: Sequence[Hint]) -> bool:
        """Take nothing."""
        return False

    def depths(self) -> Mapping[Tier, int] | None:
        """Answer nothing."""
        return None

    def lengths(self) -> Mapping[str, int] | None:
        """Answer nothing."""
        return None

    def quarantined(self) -> Mapping[str, int] | None:
        """Answer nothing."""
        return None

    def submitted(self) -> Mapping[str, int] | None:
        """Answer nothing."""
        return None

    def waits(self) -> Mapping[Tier, Waits] | None:
        """Answer nothing."""
        return None

    def tell_doors(self, _said: Mapping[str, bytes]) -> Sequence[News] | None:
        """There is one door, and nobody to tell."""
        return ()

    def close(self) -> None:
        """Nothing to give back."""
