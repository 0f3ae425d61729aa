"""Modes over time: when a campaign was paused, ramping or held, by its own mode or all's; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fulfiller.domain.breaker import Mode
from fulfiller.domain.event import Event, Kind

MODES = {
    Kind.MODE_FLOWING: Mode.FLOWING,
    Kind.MODE_PAUSED: Mode.PAUSED,
    Kind.MODE_RAMPING: Mode.RAMPING,
}
SWITCHES = {Kind.MODE_HELD: True, Kind.MODE_UNHELD: False}
FLOWING, HELD, PAUSED, RAMPING = Mode.FLOWING.value, "held", Mode.PAUSED.value, Mode.RAMPING.value


@dataclass(frozen=True, slots=True)
class Stretch:
    """From when to when it was so; the word is that of the graver of both scopes."""

    begins: int
    ends: int
    word: str


@dataclass(slots=True)
class Standing:
    """How campaign and service stand."""

    _modes: dict[str, Mode] = field(default_factory=dict)
    _held: dict[str, bool] = field(default_factory=dict)

    def moved(self, event: Event) -> None:
        """Take note of an event; others than those of modes change nothing."""
        if event.kind in MODES:
            self._modes[event.campaign] = MODES[event.kind]
        self._held[event.campaign] = SWITCHES.get(event.kind, self._held.get(event.campaign, False))

    @property
    def word(self) -> str:
        """Return the gravest that is so: nobody is admitted, nothing issued, or both slowly."""
        modes = self._modes.values()
        if Mode.PAUSED in modes:
            return PAUSED
        if any(self._held.values()):
            return HELD
        return RAMPING if Mode.RAMPING in modes else FLOWING


def stretches(events: Iterable[Event], begins: int, ends: int) -> Iterator[Stretch]:
    """Yield how it stood from one instant to another, without gaps."""
    standing, since = Standing(), begins
    for event in events:
        before = standing.word
        standing.moved(event)
        at = min(max(event.at, since), ends)
        if standing.word != before and at > since:
            yield Stretch(since, at, before)
            since = at
    if ends > since:
        yield Stretch(since, ends, standing.word)


def lasted(found: Iterable[Stretch], word: str) -> int:
    """Return for how many microseconds it was so."""
    return sum(each.ends - each.begins for each in found if each.word == word)
