"""The figures of a panel in words, as the template shows them."""

from collections.abc import Callable
from dataclasses import dataclass

from fulfiller.domain.breaker import Signal, levels
from fulfiller.domain.campaign import policy
from fulfiller.domain.stripe import SHARES, Count, Purse
from fulfiller.ops.figures import seconds
from fulfiller.ops.flower.bar import Part, Purseful, backlog_bar, money_bar
from fulfiller.ops.flower.panel import Panel, TierLine

STACK = (Purse.REDEEMED, Purse.ISSUED, Purse.RESERVED, Purse.AVAILABLE)
"""Money in the order in which it leaves: what is spent for good stands first."""
SHOWN = (Count.ENTERED, *SHARES)
"""Counts of a tier, in the order in which they are shown."""
TONES = ("paused", "held", "ramping", "flowing")
"""States, the gravest first."""
MEANT = {
    Purse.REDEEMED: "Redeemed",
    Purse.ISSUED: "Issued",
    Purse.RESERVED: "Reserved",
    Purse.AVAILABLE: "Available",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A signal as a line: where it stands, where it pauses, and where it is clear again."""

    name: str
    now: str
    pauses_above: str
    clear_at: str


def tone(state: str) -> str:
    """Return which color goes with a state; the word itself always stands there, too."""
    return next(tone for tone in TONES if tone in state)


def age(span_s: float) -> str:
    """Return how old something is."""
    return seconds(span_s)


def claims(number: float) -> str:
    """Return a count with its thousands set apart."""
    return f"{number:,.0f}"


def counted(line: TierLine, name: str) -> str:
    """Return one count of a tier."""
    return claims(line.counts[Count(name)])


def backlog(panel: Panel) -> tuple[Part, ...]:
    """Return the bar of the backlog with its marks."""
    return backlog_bar(panel.reading.backlog, panel.gauge)


def budget(panel: Panel) -> tuple[Purseful, ...]:
    """Return the bar of the money."""
    return money_bar([(purse.value, panel.purses[purse]) for purse in STACK])


def meant(purse: str) -> str:
    """Return what a purse is called."""
    return MEANT[Purse(purse)]


def limit(panel: Panel) -> str:
    """Return the whole budget in words."""
    (whole,) = money_bar([(Purse.LIMIT.value, panel.purses[Purse.LIMIT])])
    return whole.said


def thresholds(panel: Panel) -> str:
    """Return where the backlog pauses and where it is clear, as these are in effect."""
    high, low = panel.gauge.threshold, panel.gauge.resume_at
    if high is None or low is None:
        return "the threshold follows from the promise and the issuing rate, which nobody knows yet"
    return f"pauses above {high:,}, clear again at {low:,}"


def rate(panel: Panel) -> str:
    """Return the issuing rate."""
    known = panel.reading.rate
    return "unknown" if known is None else f"{known:,.0f}/s"


def drain(panel: Panel) -> str:
    """Return how long the backlog takes at the issuing rate."""
    return seconds(panel.reading.drain_s)


def oldest(panel: Panel) -> str:
    """Return for how long the oldest accepted claim has been ready."""
    return "none" if panel.oldest_s is None else seconds(panel.oldest_s)


def books(panel: Panel) -> str:
    """Return where everybody is who entered; what is left over is said, and should be nothing."""
    entered = panel.count(Count.ENTERED)
    shares = [(count, panel.count(count)) for count in SHARES]
    told = " + ".join(f"{number:,} {count.value}" for count, number in shares)
    missing = entered - sum(number for _, number in shares)
    flaw = f"; {missing:,} are not accounted for: fulfiller verify" if missing else ""
    return f"{entered:,} entered = {told}{flaw}"


def judged(panel: Panel) -> list[Judged]:
    """Return the signals that can pause a campaign, with the numbers that are in effect."""
    found = levels(panel.reading, policy(panel.campaign))
    measured = [(name, found[signal], show) for signal, name, show in MEASURED if signal in found]
    reported = panel.reading.pressure
    return [
        *(
            Judged(name, show(level.value), show(level.trips_above), show(level.clear_at))
            for name, level, show in measured
        ),
        Judged("Partners say", reported.value if reported else "nothing", "full", "not full"),
    ]


MEASURED: tuple[tuple[Signal, str, Callable[[float], str]], ...] = (
    (Signal.BACKLOG, "Backlog", claims),
    (Signal.DRAIN, "Time to drain", seconds),
    (Signal.AGE, "Oldest claim", seconds),
)
