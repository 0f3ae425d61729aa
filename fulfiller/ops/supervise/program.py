"""A program to supervise: what to run, how to tell that it is ready, how it is ended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from signal import Signals

from fulfiller.domain.error import FulfillerError


class CannotStart(FulfillerError):
    """The stack, or a part of it, did not come up; the message says what to change."""


def says_ready(name: str) -> Callable[[str], bool]:
    """Return whether a line announces this process: `ready <name> <detail>`."""
    start = f"ready {name} "
    return lambda line: (line.rstrip() + " ").startswith(start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process of the stack, as it is started, and started again when it dies.

    `is_ready` reads its lines; `answers`, where given, asks it instead. Its environment is
    whole and never shown: it carries what must not stand in `argv`.
    """

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    is_ready: Callable[[str], bool]
    answers: Callable[[], bool] | None = None
    ready_within_s: float = 60.0
    end_signal: Signals = Signals.SIGTERM
    end_within_s: float = 10.0
