"""The command that says who did what, and that nobody has changed the log since."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing

import click

from fulfiller.domain.event import Event
from fulfiller.domain.mode import SERVICE
from fulfiller.ops.acts import Entry, Trail, Wanted
from fulfiller.ops.exits import Exit, Misused
from fulfiller.ops.group import examples
from fulfiller.ops.moments import earlier, stamp
from fulfiller.ops.show import json_option, remark, show, table
from fulfiller.settings import Settings, load
from fulfiller.store.chain import Walk
from fulfiller.store.laws import Finding
from fulfiller.store.snapshot import snapshot
from fulfiller.wiring import open_truth

COLUMNS = ("#", "time", "actor", "act", "campaign", "change", "reason")
WIDTH = 60
"""Symbols of a change; all of it is in the JSON."""
SHOWN = 500
SECOND = 1_000_000
BROKEN = "BROKEN: {}; whoever reaches the database has changed it: fulfiller verify"


@examples(
    "fulfiller audit",
    "fulfiller audit --campaign spring-festival --since 2h",
    "fulfiller audit --actor keeper",
    "fulfiller audit --all --since 2026-02-06 --json",
)
@click.command()
@click.option("--campaign", help="Acts on this campaign alone; * is the service.")
@click.option("--actor", help="Acts of li, or of keeper, intake, account:shop.")
@click.option("--since", help="Not before: 2h, 1d, a day, or RFC 3339.")
@click.option("--all", "everybody", is_flag=True, help="Also what the service did by itself.")
@click.option(
    "--limit", type=click.IntRange(1), default=SHOWN, show_default=True, help="Show the newest."
)
@json_option
@click.pass_context
def audit(
    ctx: click.Context, /, *, since: str | None, limit: int, as_json: bool, **words: object
) -> None:
    """Show who did what, newest last, and check the chain of the log; exit 1 if it is broken.

    Each act of an operator is there with its reason, and with what it changed where the log
    knows it. The whole log is read for this, in one snapshot, at some ten thousand events a second.
    """
    settings = load()
    wanted = Wanted(since=_instant(since, settings), **words)  # type: ignore[arg-type]
    newest: deque[Entry] = deque(maxlen=limit)
    count = 0
    with snapshot(settings.store_url, unpacked=False) as seen:
        walk = Walk(seen)
        for entry in Trail().told(_numbered(walk), wanted):
            newest.append(entry)
            count += 1
        chain = walk.finding()
    if hidden := count - len(newest):
        remark(f"{hidden:,} older ones are not shown: --limit {count}")
    answer = {"acts": [each.as_json() for each in newest], "chain": _told(chain)}
    show(answer, text(newest, chain), as_json=as_json)
    ctx.exit(Exit.OK if chain.ok else Exit.FAILED)


def text(entries: Sequence[Entry], chain: Finding) -> str:
    """Return the acts as a table, and what was found of the chain in the last line."""
    shown = table(COLUMNS, map(_row, entries)) if entries else "Nobody has done anything."
    verdict = f"ok: {chain.law}: {chain.detail}" if chain.ok else BROKEN.format(chain.detail)
    return f"{shown}\n\n{verdict}"


def _numbered(walk: Walk) -> Iterator[tuple[int | None, Event]]:
    """Yield all events, those without a number behind the others."""
    for sealed in walk.events():
        yield sealed.number, sealed.event
    for event in walk.unsealed():
        yield None, event


def _row(entry: Entry) -> tuple[object, ...]:
    change = entry.change
    return (
        *("unsealed" if entry.number is None else f"{entry.number:,}",),
        *(stamp(entry.at // SECOND * SECOND), entry.actor, entry.kind),
        "the service" if entry.campaign == SERVICE else entry.campaign,
        change if len(change) <= WIDTH else f"{change[: WIDTH - 1]}…",
        entry.reason,
    )


def _told(chain: Finding) -> dict[str, object]:
    return {"ok": chain.ok, "law": chain.law, "detail": chain.detail}


def _instant(text: str | None, settings: Settings) -> int:
    if text is None:
        return 0
    with closing(open_truth(settings, application="cli")) as store:
        now = store.now()
    try:
        return earlier(text, now=now)
    except ValueError as wrong:
        raise Misused(f"--since: {wrong}") from None
