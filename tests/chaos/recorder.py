"""A recorder: a clock that is wound by hand, and every call of clients as a history has it."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from fulfiller.chaos.history import Ask, Line, Phase
from fulfiller.domain.validity import SECOND

Told = tuple[Phase, Mapping[str, Any]]
"""How a call ended, and what was told."""
STEP = SECOND // 100


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self, start: int) -> None:
        """Begin at an instant."""
        self.start = self.at = start

    def __call__(self) -> int:
        """Return the instant."""
        return self.at

    def on(self, seconds: float) -> None:
        """Move on."""
        self.at += int(seconds * SECOND)


class Recorder:
    """Writes down what clients ask for and are told.

    Each call takes two hundredths of a second, and there is one between them.
    """

    def __init__(self, clock: Clock) -> None:
        """Start an empty history."""
        self.clock = clock
        self.history: list[Line] = []
        self._numbers = count(1)

    def call(self, ask: Ask, act: Callable[[], Told | None], **asked: Any) -> int:
        """Ask, act and write down what was told; None leaves the call without an end."""
        number, proc = next(self._numbers), asked.pop("proc", "client")
        self.clock.at += STEP
        self._line(number, proc, Phase.INVOKE, ask, asked)
        self.clock.at += STEP
        told = act()
        self.clock.at += STEP
        if told is not None:
            phase, said = told
            self._line(number, proc, phase, ask, said)
        return number

    def _line(
        self, call: int, proc: str, phase: Phase, ask: Ask, fields: Mapping[str, Any]
    ) -> None:
        mono = (self.clock.at - self.clock.start) / SECOND
        line = Line(
            call=call, proc=proc, phase=phase, ask=ask, mono=mono, wall=self.clock.at, **fields
        )
        self.history.append(line)
