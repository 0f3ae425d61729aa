"""Which parked claims a command means: by id, or by all that is said of them."""

import re
import sys
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, TypeVar

import click

from fulfiller.domain.claim import CLAIM_PREFIX, ClaimId
from fulfiller.domain.tier import BY_NAME
from fulfiller.ops.exits import Misused
from fulfiller.ops.moments import span
from fulfiller.service.parked import Choice, Parked, named, parked
from fulfiller.wiring import Truth

MOVED_MAX = 1_000
"""Claims that one command moves unless it says otherwise."""
Command = TypeVar("Command", bound=Callable[..., Any])
_id = re.compile(f"(?:{CLAIM_PREFIX})?([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})")


def filters(command: Command) -> Command:
    """Give a command the options that say which parked claims are meant."""
    for option in (
        click.option("--older-than", help="Parked for longer than this: 30s, 10m, 2h, 1d."),
        click.option("--tier", type=click.Choice(list(BY_NAME)), help="Claims of this tier alone."),
        click.option("--campaign", help="Claims of this campaign alone."),
    ):
        command = option(command)
    return command


def moving(command: Command) -> Command:
    """Give a command the arguments and options of every move."""
    for option in (
        click.option("--yes", is_flag=True, help="Don't ask before moving more than one."),
        click.option("--dry-run", is_flag=True, help="Show what would be moved, and move nothing."),
        click.option("--limit", type=click.IntRange(1), default=MOVED_MAX, show_default=True),
        filters,
        click.argument("names", metavar="[CLAIM]...", nargs=-1),
    ):
        command = option(command)
    return command


def chosen(names: Sequence[str], *, limit: int, store: Truth, **words: str | None) -> list[Parked]:
    """Return the parked claims that are named, or to which all the words apply."""
    if bool(names) is any(word is not None for word in words.values()):
        raise Misused("name claims, or say which: --campaign, --tier, --older-than or a reason")
    if names:
        return named(tuple(map(bare, names)), store)
    return list(islice(parked(choice(store, **words), store), limit))


def choice(
    store: Truth,
    *,
    campaign: str | None,
    tier: str | None,
    older_than: str | None,
    parked_reason: str | None,
) -> Choice:
    """Return the choice that these words make."""
    try:
        before = None if older_than is None else store.now() - span(older_than)
    except ValueError as wrong:
        raise Misused(f"--older-than: {wrong}") from wrong
    return Choice(
        campaign=campaign,
        tier=None if tier is None else BY_NAME[tier],
        before=before,
        reason=parked_reason,
    )


def bare(text: str) -> ClaimId:
    """Return a claim's id as the store knows it, from how people write it."""
    match = _id.fullmatch(text)
    if match is None:
        raise Misused(f"{text!r} is no claim id, which looks like clm_0190…")
    return ClaimId(match[1])


def confirm(question: str, *, number: int, yes: bool) -> None:
    """Ask before more than one claim is moved; where nobody can answer, `--yes` has to."""
    if number <= 1 or yes:
        return
    if not sys.stdin.isatty():
        raise Misused(f"{question} Nobody is here to ask: add --yes")
    click.confirm(question, abort=True)
