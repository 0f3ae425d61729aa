"""Bars: shares of a width in percent, each with the words that stand beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from fulfiller.domain.mode import Gauge
from fulfiller.domain.money import Money

HEADROOM = 1.25
"""The threshold stands at four fifths of the bar, so that what lies above it shows."""
SLIVER = 0.4
"""Percent: what there is little of is still seen."""


@dataclass(frozen=True, slots=True)
class Part:
    """A share of a bar."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Purseful:
    """Money of one kind: its share of the bar, and the amount in words."""

    part: Part
    money: Money

    @property
    def said(self) -> str:
        """Return the amount with its thousands set apart: `3,000.00 CNY`."""
        number, _, currency = str(self.money).partition(" ")
        major, dot, minor = number.partition(".")
        return f"{int(major):,}{dot}{minor} {currency}"


def backlog_bar(backlog: int, gauge: Gauge) -> tuple[Part, ...]:
    """Return the backlog, then the marks of where it pauses and where it is clear again."""
    high = gauge.threshold
    full = max(backlog, int((high or 0) * HEADROOM), 1)
    above = high is not None and backlog > high
    filled = Part("above" if above else "below", 0.0, _share(backlog, full))
    marks = (("threshold", high), ("resume", gauge.resume_at))
    return (
        filled,
        *(Part(kind, _share(at, full, 0.0), 0.0) for kind, at in marks if at is not None),
    )


def money_bar(purses: Sequence[tuple[str, Money]]) -> tuple[Purseful, ...]:
    """Return amounts side by side, in the order in which they are given."""
    full = max(1, sum(money.amount for _, money in purses))
    laid: list[Purseful] = []
    x = 0.0
    for kind, money in purses:
        width = _share(money.amount, full)
        laid.append(Purseful(Part(kind, round(x, 3), width), money))
        x += width
    return tuple(laid)


def _share(amount: int, full: int, least: float = SLIVER) -> float:
    return round(max(least, 100 * amount / full), 3) if amount else 0.0
