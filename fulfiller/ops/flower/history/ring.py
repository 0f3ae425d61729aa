"""Rings: samples by resolution, each bounded, so that a day needs no more room than it has."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec.structs import replace

from fulfiller.ops.flower.history.sample import Sample, merged
from fulfiller.ops.flower.history.spread import Spread, joined
from fulfiller.ops.flower.history.told import UNJUDGED, Kept, added

SECOND = 1_000_000


class Range(StrEnum):
    """How far back a view reaches."""

    MINUTES = "5m"
    HOUR = "1h"
    DAY = "9h"
    ALL = "all"


SPANS_S = {Range.MINUTES: 300, Range.HOUR: 3_600, Range.DAY: 32_400}
STEPS_S = {Range.MINUTES: 1, Range.HOUR: 10, Range.DAY: 60, Range.ALL: 60}
KEPT_OF_ALL = 720


class Ring:
    """The newest samples, at most one per step and at most `kept` of them.

    A step that is over shows the worst of what waited in it, the step of now what is now.
    With `widens`, nothing is let go: when it is full, the step doubles and two become one.
    """

    def __init__(self, step_s: int, kept: int, *, widens: bool = False) -> None:
        """Have no sample yet."""
        self.step = step_s * SECOND
        self.kept = kept
        self._widens = widens
        self._slots: dict[int, Sample] = {}
        self._latest: Sample | None = None

    def put(self, sample: Sample) -> None:
        """Take a sample in, whenever it was; what shares its step becomes one with it."""
        number = sample.at // self.step
        if self._latest is None or sample.at >= self._latest.at:
            self._latest = sample
        last = next(reversed(self._slots), number)
        known = self._slots.get(number)
        if known is not None:
            earlier, later = sorted((known, sample), key=lambda each: each.at)
            sample = merged(earlier, later)
        self._slots[number] = sample
        if number < last:
            self._slots = dict(sorted(self._slots.items()))
        self._bound(max(number, last))

    def add_waits(self, at: int, waits: Spread, kept: Kept = UNJUDGED) -> None:
        """Add waits that ended at an instant to the sample there, or to the last one before."""
        number = at // self.step
        if number not in self._slots:
            number = max((each for each in self._slots if each < number), default=number)
        known = self._slots.get(number)
        if known is not None:
            both = joined(known.waits, waits)
            self._slots[number] = replace(known, waits=both, kept=added(known.kept, kept))

    def samples(self) -> Sequence[Sample]:
        """Return what there is, in order."""
        return self._shown(list(self._slots.values()))

    def last(self, count: int) -> Sequence[Sample]:
        """Return the newest samples, in order."""
        numbers = [number for number, _ in zip(reversed(self._slots), range(count), strict=False)]
        return self._shown([self._slots[number] for number in reversed(numbers)])

    def _shown(self, samples: list[Sample]) -> Sequence[Sample]:
        if samples and self._latest is not None:
            samples[-1] = replace(samples[-1], levels=self._latest.levels)
        return samples

    def _bound(self, newest: int) -> None:
        if self._widens:
            while len(self._slots) > self.kept:
                self._widen()
            return
        while (oldest := next(iter(self._slots))) <= newest - self.kept:
            del self._slots[oldest]

    def _widen(self) -> None:
        samples = tuple(self._slots.values())
        self.step *= 2
        self._slots = {}
        for sample in samples:
            self.put(sample)


class Rings:
    """One campaign's samples at all resolutions: some 2,000 of them at most, about a megabyte."""

    def __init__(self) -> None:
        """Have no sample yet."""
        self.of = {
            each: Ring(STEPS_S[each], span_s // STEPS_S[each]) for each, span_s in SPANS_S.items()
        }
        self.of[Range.ALL] = Ring(STEPS_S[Range.ALL], KEPT_OF_ALL, widens=True)

    def put(self, sample: Sample) -> None:
        """Take a sample in at each resolution."""
        for ring in self.of.values():
            ring.put(sample)

    def put_before(self, samples: Iterable[Sample]) -> None:
        """Take in what was before the first sample, by the minute: for the long ranges alone."""
        for sample in samples:
            self.of[Range.DAY].put(sample)
            self.of[Range.ALL].put(sample)

    def add_waits(self, at: int, waits: Spread, kept: Kept = UNJUDGED) -> None:
        """Add waits that ended at an instant, and how they compare with what was told."""
        for ring in self.of.values():
            ring.add_waits(at, waits, kept)
