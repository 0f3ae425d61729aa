"""A turnstile: how far a run's claims may be sent, raised from outside and passed by threads."""

from collections.abc import Sequence
from random import Random
from threading import Condition

IMPATIENT_SPAN = 100_000
"""Among how many of the last claims those are that somebody sends again."""


class Turnstile:
    """Hands the numbers of claims out in groups, never more than are let through.

    A share of what it hands out repeats numbers that it handed out before, as impatient
    people do. It keeps no list: memory does not grow with the claims. Safe to share by threads.
    """

    def __init__(self, claims: int, size: int, *, repeats: float = 0.0) -> None:
        """Let nothing through yet; `repeats` is a share of the claims, `size` that of a group."""
        self.repeated = 0
        self._claims = claims
        self._size = size
        self._repeats = repeats
        self._until = 0
        self._given = 0
        self._closed = False
        self._changed = Condition()
        self._dice = Random(claims)  # nosec B311 # noqa: S311 - who repeats, no secret

    def raise_to(self, until: int) -> None:
        """Let the first `until` claims through; less than before changes nothing."""
        with self._changed:
            self._until = max(self._until, min(until, self._claims))
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody through any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def next(self) -> Sequence[int]:
        """Wait for a full group, or for the last one, and return its numbers; none at the end."""
        with self._changed:
            self._changed.wait_for(self._stands_open)
            if self._closed:
                return ()
            fresh = range(self._given, min(self._given + self._group(), self._until))
            self._given = fresh.stop
            again = self._again(fresh)
            self.repeated += len(again)
            return (*fresh, *again)

    def _group(self) -> int:
        """Return how many fresh claims leave room for the repeats."""
        return max(1, round(self._size / (1 + self._repeats)))

    def _stands_open(self) -> bool:
        waiting = self._until - self._given
        return self._closed or waiting >= self._group() or self._until == self._claims

    def _again(self, fresh: range) -> list[int]:
        """Return the earlier claims that are sent again along with these fresh ones."""
        if not fresh.start:
            return []
        earliest = max(0, fresh.start - IMPATIENT_SPAN)
        impatient = sum(self._dice.random() < self._repeats for _ in fresh)
        return [self._dice.randrange(earliest, fresh.start) for _ in range(impatient)]
