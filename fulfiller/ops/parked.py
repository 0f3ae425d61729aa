"""Commands for parked claims: which there are and why, try them again, or give them up."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice

import click

from fulfiller.domain.claim import ClaimId, public_id
from fulfiller.ops.choosing import bare, choice, chosen, confirm, filters, moving
from fulfiller.ops.exits import Failed, Misused
from fulfiller.ops.group import Forgiving, examples
from fulfiller.ops.person import operator
from fulfiller.ops.setback import COLUMNS, cells, history, shown, worth
from fulfiller.ops.show import json_option, remark, show, table
from fulfiller.service import move
from fulfiller.service.parked import PAGE, Parked, named
from fulfiller.service.parked import parked as find
from fulfiller.settings import load
from fulfiller.wiring import Truth, open_truth


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be done to parked claims: in a word, in the past, and to a page of ids."""

    verb: str
    past: str
    do: Callable[[Sequence[ClaimId]], tuple[ClaimId, ...]]


@examples(
    "fulfiller parked list --campaign spring-festival",
    "fulfiller parked replay --parked-reason 'no terms' --dry-run",
)
@click.group(cls=Forgiving)
def parked() -> None:
    """See, replay and abandon claims that ended alone again and again and keep their money."""


@examples("fulfiller parked list", "fulfiller parked list --older-than 1h --json")
@parked.command(name="list")
@filters
@click.option("--parked-reason", "--reason", help="A part of what they were parked for.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@json_option
def list_parked(limit: int, *, as_json: bool, **words: str | None) -> None:
    """List parked claims by campaign and tier, the oldest first."""
    with _store() as store:
        found = list(islice(find(choice(store, **words), store), limit))
        rows = [shown(each, store) for each in found]
    show(rows, _text(found) if found else "Nothing is parked.", as_json=as_json)
    if len(found) == limit:
        remark(f"The first {limit:,}: see more with --limit.")


@examples("fulfiller parked show clm_019c…", "fulfiller parked show clm_019c… --json")
@parked.command(name="show")
@click.argument("claim")
@json_option
def show_parked(claim: str, *, as_json: bool) -> None:
    """Show a claim, parked or not any more, and who did what to it."""
    claim_id = bare(claim)
    with _store() as store:
        view = store.view((claim_id,)).get(claim_id)
        if view is None:
            raise Failed(f"no claim {public_id(claim_id)}: see `fulfiller parked list`")
        facts: dict[str, object] = {"claim_id": public_id(claim_id), "state": view.state.value}
        for each in named((claim_id,), store):
            facts |= shown(each, store)
        past = history(view, store)
    lines = [f"{name:<10} {value}" for name, value in facts.items()]
    became = [f"{e['at']}  {e['what']} by {e['actor']}  {e['reason']}".rstrip() for e in past]
    show({**facts, "history": past}, "\n".join([*lines, "", *became]), as_json=as_json)


@examples(
    "fulfiller parked replay clm_019c…",
    "fulfiller parked replay --campaign spring-festival --older-than 10m --yes",
)
@parked.command()
@moving
@click.option("--parked-reason", "--reason", help="A part of what they were parked for.")
def replay(names: tuple[str, ...], *, dry_run: bool, yes: bool, limit: int, **words: str) -> None:
    """Let parked claims be issued after all, once what kept them from it is mended."""
    with _store() as store:
        found = chosen(names, limit=limit, store=store, **words)

        def again(ids: Sequence[ClaimId]) -> tuple[ClaimId, ...]:
            return move.replay(ids, store=store, now=store.now(), actor=operator())

        _carry_out(Deed("replay", "Replayed", again), found, store, dry_run=dry_run, yes=yes)
    _check(names, found)


@examples(
    "fulfiller parked abandon clm_019c… --reason 'claimed by a robot'",
    "fulfiller parked abandon --campaign trial --reason 'the trial is over' --yes",
)
@parked.command()
@moving
@click.option("--parked-reason", help="A part of what they were parked for.")
@click.option("--reason", required=True, help="Why: it stays with the claim and in the log.")
def abandon(
    names: tuple[str, ...], reason: str, *, dry_run: bool, yes: bool, limit: int, **words: str
) -> None:
    """Decline parked claims for good; their money is free again at once."""
    if not reason.strip() or not reason.isprintable():
        raise Misused("--reason must say something, in one line")
    with _store() as store:
        found = chosen(names, limit=limit, store=store, **words)

        def end(ids: Sequence[ClaimId]) -> tuple[ClaimId, ...]:
            return move.abandon(ids, reason, store=store, now=store.now(), actor=operator())

        _carry_out(Deed("abandon", "Abandoned", end), found, store, dry_run=dry_run, yes=yes)
    _check(names, found)


def _carry_out(
    deed: Deed, found: Sequence[Parked], store: Truth, *, dry_run: bool, yes: bool
) -> None:
    """Ask if it is many, do it in pages, print the ids that moved, and say what was done."""
    claims = "1 parked claim" if len(found) == 1 else f"{len(found):,} parked claims"
    about = f"{claims}, worth {worth(found, store)}" if found else "nothing: no parked claim"
    if dry_run:
        click.echo(_text(found))
        remark(f"Would {deed.verb} {about}.")
        return
    confirm(f"{deed.verb.capitalize()} {about}?", number=len(found), yes=yes)
    ids = [each.claim.id for each in found]
    number = 0
    for at in range(0, len(ids), PAGE):
        moved = deed.do(ids[at : at + PAGE])
        number += len(moved)
        click.echo("\n".join(map(public_id, moved)))
    part = "" if number == len(ids) else f"{number:,} of "
    remark(f"{deed.past} {part}{about}." + (" Somebody else moved the others." if part else ""))


def _check(names: Sequence[str], found: Sequence[Parked]) -> None:
    """Fail if a claim that was named is not parked, so that a script sees it."""
    missing = sorted(set(map(bare, names)) - {each.claim.id for each in found})
    if missing:
        raise Failed(f"not parked: {', '.join(map(public_id, missing))}")


def _text(found: Sequence[Parked]) -> str:
    return table(COLUMNS, map(cells, found))


@contextmanager
def _store() -> Iterator[Truth]:
    with closing(open_truth(load(), application="cli")) as store:
        yield store
