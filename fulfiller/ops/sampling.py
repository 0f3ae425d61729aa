"""Which claims are spoken of where there are too many to speak of all: a sample by claim id.

The end of an id is random, so that of claims whose end lies below a cut there is one in so many.
All processes cut at the same places, and the smaller of two samples is part of the larger: a
claim that one process picks from a flood is picked by the others, too, and its whole path is seen.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

END = 4
"""Hexadecimal digits of an id that are looked at."""
ENDS = 16**END
HALVINGS_MAX = 4 * END
ALL = "g"
"""The cut above every end: this is how text compares, and it is a tenth of what a number costs."""
WINDOW_S = 1.0
Id = TypeVar("Id", bound=str)


def cut_at(one_in: int) -> str:
    """Return the cut below which lie the ends of one in so many ids; 1 to 65,536."""
    return ALL if one_in <= 1 else f"{max(1, ENDS // one_in):0{END}x}"


def below(cut: str, ids: Sequence[Id]) -> list[Id]:
    """Return the ids whose end lies below a cut."""
    return [each for each in ids if each[-END:] < cut]


class Sampler:
    """Picks claims, at most so many in a second and all while there are no more; for one thread.

    Its sample is the share that would have done for the second before; in the second in which a
    flood begins those are picked that come first.
    """

    def __init__(
        self, per_s: int, monotonic: Callable[[], float], tell: Callable[[int, int], None]
    ) -> None:
        """Tell, in the second after, how many were left out and of how many."""
        self._per_s = per_s
        self._monotonic = monotonic
        self._tell = tell
        self._until = float("-inf")
        self._seen = 0
        self._left = per_s
        self._cut = ALL

    def pick(self, ids: Sequence[Id]) -> list[Id]:
        """Return those of these ids that are spoken of."""
        if (now := self._monotonic()) >= self._until:
            self._turn(now)
        self._seen += len(ids)
        picked = below(self._cut, ids)
        del picked[self._left :]
        self._left -= len(picked)
        return picked

    def skips(self, claim_id: str) -> bool:
        """Return whether a claim is left out; counted then, and if not, it has to be picked."""
        wanted = self._left and claim_id[-END:] < self._cut
        if wanted or self._monotonic() >= self._until:
            return False
        self._seen += 1
        return True

    def close(self) -> None:
        """Tell what has not been told."""
        self._settle()

    def _turn(self, now: float) -> None:
        """Begin another second."""
        rate = self._seen if now < self._until + WINDOW_S else 0
        self._settle()
        enough = (n for n in range(HALVINGS_MAX) if rate >> n <= self._per_s)
        halvings = next(enough, HALVINGS_MAX)
        self._cut = cut_at(1 << halvings)
        self._until = now + WINDOW_S

    def _settle(self) -> None:
        left_out = self._seen - (self._per_s - self._left)
        if left_out:
            self._tell(left_out, self._seen)
        self._seen, self._left = 0, self._per_s
