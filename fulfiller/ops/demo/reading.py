"""What the demonstration knows at one moment, and the track that it has left so far."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from fulfiller.domain.breaker import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the load process has sent and been told; `refused` by problem code."""

    sent: int = 0
    accepted: int = 0
    repeated: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    failed: int = 0

    @property
    def answered(self) -> int:
        """Return how many requests have their answer."""
        return self.accepted + self.repeated + sum(self.refused.values()) + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One moment. Coupons are counted whole; `left` of them can still be had."""

    elapsed_s: float
    tally: Tally = Tally()
    issued: int = 0
    backlog: int = 0
    waiting: int = 0
    mode: Mode = Mode.FLOWING
    cause: str | None = None
    left: int = 0
    coupons: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    workers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened, in a sentence."""

    at_s: float
    text: str
    alarm: bool = False


@dataclass(slots=True)
class Track:
    """All readings so far, and what happened on the way."""

    readings: list[Reading] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def last(self) -> Reading:
        """Return the newest reading."""
        return self.readings[-1] if self.readings else Reading(elapsed_s=0.0)

    def pace(self, name: str, over_s: float = 1.5) -> float:
        """Return how fast `sent` or `issued` grew lately, per second."""
        now = self.last
        since = next(
            (r for r in reversed(self.readings) if now.elapsed_s - r.elapsed_s >= over_s), None
        )
        before, start_s = (0, 0.0) if since is None else (figure(since, name), since.elapsed_s)
        span_s = now.elapsed_s - start_s
        return (figure(now, name) - before) / span_s if span_s > 0 else 0.0

    def grown(self, name: str, axis_s: float, columns: int) -> list[float]:
        """Return by how much a figure grew in each of `columns` equal parts of the axis."""
        marks = [self._at(name, axis_s * number / columns) for number in range(columns + 1)]
        return [after - before for before, after in pairwise(marks)]

    def stood(self, name: str, axis_s: float, columns: int) -> list[float]:
        """Return where a figure stood in the middle of each part of the axis; 0 in the future."""
        width_s = axis_s / columns
        middles = [(number + 0.5) * width_s for number in range(columns)]
        now_s = self.last.elapsed_s
        return [self._at(name, at_s) if at_s <= now_s else 0.0 for at_s in middles]

    def modes(self, axis_s: float, columns: int) -> list[Mode]:
        """Return the mode in the middle of each part of the axis, as far as there were readings."""
        middles = [(number + 0.5) * axis_s / columns for number in range(columns)]
        spots = [bisect_left(self.readings, at, key=lambda r: r.elapsed_s) for at in middles]
        return [self.readings[spot].mode for spot in spots if spot < len(self.readings)]

    def _at(self, name: str, at_s: float) -> float:
        """Return a figure at a moment, on the line between the readings around it."""
        after = bisect_left(self.readings, at_s, key=lambda reading: reading.elapsed_s)
        if after == len(self.readings):
            return float(figure(self.last, name))
        later = self.readings[after]
        sooner = self.readings[after - 1] if after else Reading(elapsed_s=0.0)
        gap_s = later.elapsed_s - sooner.elapsed_s
        part = (at_s - sooner.elapsed_s) / gap_s if gap_s > 0 else 1.0
        return figure(sooner, name) + part * (figure(later, name) - figure(sooner, name))


def figure(reading: Reading, name: str) -> int:
    """Return one figure of a reading by its name."""
    return reading.tally.sent if name == "sent" else int(getattr(reading, name))


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which this share of the values lies; None without any."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
