"""Why an operator does something, and until when: options, and what they mean."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from fulfiller.domain.error import InvalidCampaign
from fulfiller.domain.terms import last_instant
from fulfiller.ops.exits import Misused
from fulfiller.ops.moments import span, spoken
from fulfiller.service.steer import REASON_MAX

Command = TypeVar("Command", bound=Callable[..., Any])


def reasoned(default: str | None = None) -> Callable[[Command], Command]:
    """Give a command `--reason`, which is required unless there is a sensible default."""
    about = "Why: people read it in the status, and the log keeps it."
    if default is None:
        # A default of None, once said, counts as one.
        return click.option("--reason", required=True, help=about)
    return click.option("--reason", default=default, show_default=True, help=about)


def ending(command: Command) -> Command:
    """Give a command the options that say when what it does ends by itself."""
    for option in (
        click.option("--until", help="+90m, RFC 3339, or a day, which counts whole."),
        click.option("--for", "lasts", help="End by itself after this: 30s, 10m, 2h, 1d."),
    ):
        command = option(command)
    return command


def end_at(lasts: str | None, until: str | None, *, zone: str, now: int) -> int | None:
    """Return when it ends by itself, or None if it does not."""
    if lasts is not None and until is not None:
        raise Misused("--for and --until say the same thing: give one of them")
    if lasts is None and until is None:
        return None
    end = _until(until, zone, now) if until is not None else now + _length(lasts or "")
    if end <= now:
        raise Misused("--until is past: it would have ended before it began")
    return end


def checked(reason: str, name: str = "--reason") -> str:
    """Return a reason that says something, in one line that is not too long."""
    if not reason.strip() or not reason.isprintable() or len(reason) > REASON_MAX:
        raise Misused(f"{name} must say something, in one line of at most {REASON_MAX} symbols")
    return reason.strip()


def _length(lasts: str) -> int:
    try:
        length = span(lasts)
    except ValueError as wrong:
        raise Misused(f"--for: {wrong}") from None
    if not length:
        raise Misused("--for: it must last at least 1s")
    return length


def _until(text: str, zone: str, now: int) -> int:
    try:
        return last_instant(spoken(text, now=now), zone)
    except InvalidCampaign as flaw:
        raise Misused(f"--until: {flaw.problem}") from None
