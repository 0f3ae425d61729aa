"""Scales: where seconds and numbers lie, and which of them are written at an axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, takewhile

EM = 0.6
"""How wide a character is at most on average, in its own height."""
BOLD = 1.1
"""How much wider bold text is."""
SIZE = 12.0
LEFT, RIGHT = 46.0, 12.0
STEPS_S = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400)
APART = 64.0
"""How far marks of seconds are apart at least."""
THOUSAND, MILLION = 1_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of this width that shows so many seconds."""

    width: float
    span_s: float

    @property
    def right(self) -> float:
        """Return where the plot ends."""
        return self.width - RIGHT

    @property
    def room(self) -> float:
        """Return the width of the plot."""
        return self.right - LEFT

    def x(self, at_s: float) -> float:
        """Return where a moment lies; what is outside is drawn at the edge."""
        return LEFT + self.room * min(max(at_s, 0.0), self.span_s) / self.span_s

    @property
    def step_s(self) -> float:
        """Return for how long a rate is taken together, so that each step can be seen."""
        return max(1.0, self.span_s / (self.room / 3))

    def marks(self) -> Sequence[float]:
        """Return the seconds that are written at the axis."""
        fits = (step for step in STEPS_S if self.room * step / self.span_s >= APART)
        step = next(fits, self.span_s)
        return list(takewhile(lambda at_s: at_s <= self.span_s, (n * step for n in count())))


def top(highest: float) -> float:
    """Return a round number that is not below the highest."""
    if highest <= 1:
        return 1.0
    power = 10.0 ** (len(str(int(highest))) - 1)
    return next(power * n for n in (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 20) if power * n >= highest)


def brief(number: float) -> str:
    """Return a number as an axis has room for it: 950, 1,500, 12k, 1.5M."""
    if number >= MILLION:
        return f"{number / MILLION:g}M"
    return f"{number / THOUSAND:g}k" if number >= 10 * THOUSAND else f"{number:,g}"


def wide(text: str, size: float = SIZE) -> float:
    """Return how wide a text is at most, about."""
    return len(text) * size * EM


def cut(text: str, room: float, size: float = SIZE) -> str:
    """Return as much of a text as there is room for."""
    most = max(1, int(room / (size * EM)))
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
