"""The course of a run as the picture draws it: rates, levels and modes, each for a while."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Generic, TypeVar

from fulfiller.chaos.outcome import Sample

What = TypeVar("What")
Number = Callable[[Sample], int | None]


@dataclass(frozen=True, slots=True)
class Span(Generic[What]):
    """Something that was so for a while."""

    from_s: float
    to_s: float
    what: What


Course = Sequence[Span[float | None]]


def rates(samples: Sequence[Sample], number: Number, step_s: float) -> Course:
    """Return by how much a count grew a second; None where it is not known at either end."""
    ends = [*samples[:1], *(group[-1] for group in _steps(samples, step_s))]
    return [_rate(one, other, number) for one, other in pairwise(ends) if other.at_s > one.at_s]


def levels(samples: Sequence[Sample], number: Number, step_s: float) -> Course:
    """Return the highest that a number stood at; None where the store never answered."""
    groups = _steps(samples, step_s)
    ends = [*(group[0].at_s for group in groups[1:]), _end(groups, step_s)]
    return [
        Span(group[0].at_s, end, _highest(map(number, group)))
        for group, end in zip(groups, ends, strict=False)
    ]


def risen(course: Course) -> Course:
    """Return a course without its time at zero, save for the feet of what rises from there."""
    values = [span.what for span in course]
    beside = zip([None, *values], values, [*values[1:], None], strict=False)
    feet = [any(each for each in three) for three in beside]
    return [
        span if foot else Span(span.from_s, span.to_s, None)
        for span, foot in zip(course, feet, strict=True)
    ]


def modes(samples: Sequence[Sample], end_s: float) -> Sequence[Span[str | None]]:
    """Return which mode was seen, one span as long as it stays the same."""
    groups = [(mode, list(group)) for mode, group in groupby(samples, lambda each: each.mode)]
    ends = [*(group[0].at_s for _, group in groups[1:]), end_s]
    return [
        Span(group[0].at_s, end, mode) for (mode, group), end in zip(groups, ends, strict=False)
    ]


def silences(samples: Sequence[Sample], end_s: float) -> Sequence[Span[bool]]:
    """Return when the store did not answer."""
    groups = [list(group) for _, group in groupby(samples, lambda each: each.issued is None)]
    ends = [*(group[0].at_s for group in groups[1:]), end_s]
    spans = [Span(g[0].at_s, e, g[0].issued is None) for g, e in zip(groups, ends, strict=False)]
    return [span for span in spans if span.what]


def _steps(samples: Sequence[Sample], step_s: float) -> list[list[Sample]]:
    grouped = groupby(samples, lambda each: int(each.at_s / step_s))
    return [list(group) for _, group in grouped]


def _rate(one: Sample, other: Sample, number: Number) -> Span[float | None]:
    before, after, lasted_s = number(one), number(other), other.at_s - one.at_s
    if before is None or after is None:
        return Span(one.at_s, other.at_s, None)
    return Span(one.at_s, other.at_s, (after - before) / lasted_s)


def _end(groups: Sequence[Sequence[Sample]], step_s: float) -> float:
    return groups[-1][-1].at_s + step_s if groups else 0.0


def _highest(numbers: Iterator[int | None]) -> float | None:
    return max((number for number in numbers if number is not None), default=None)
