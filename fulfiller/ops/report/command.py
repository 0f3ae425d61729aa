"""The command that writes a campaign's report."""

from contextlib import closing
from pathlib import Path

import click

from fulfiller.ops.deeds import UNKNOWN
from fulfiller.ops.exits import Exit, Failed, Misused
from fulfiller.ops.group import examples
from fulfiller.ops.show import remark
from fulfiller.settings import load
from fulfiller.wiring import open_truth


@examples(
    "fulfiller campaign report spring-festival",
    "fulfiller campaign report spring-festival --out reports/6-february.html",
)
@click.command()
@click.argument("name", metavar="CAMPAIGN")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Instead of CAMPAIGN.html here."
)
@click.pass_context
def report(ctx: click.Context, name: str, out: Path | None) -> None:
    """Write CAMPAIGN's report, one HTML file: how it went by the minute, and proof of the books.

    It is folded from the event log, in one snapshot of the store, while the service goes on.
    Nobody's name, key or code is in it. Exit 1 if the books don't balance.
    """
    from fulfiller.ops.report.account import account
    from fulfiller.ops.report.page import page
    from fulfiller.store.snapshot import snapshot

    settings = load()
    with closing(open_truth(settings, application="cli")) as store:
        if store.campaign(name) is None:
            raise Failed(UNKNOWN.format(name))
        now = store.now()
    with snapshot(settings.store_url) as seen:
        told = account(name, seen, now)
    if told is None:
        raise Failed(UNKNOWN.format(name))
    place = out or Path(f"{name}.html")
    try:
        place.write_text(page(told), encoding="utf-8")
    except OSError as fault:
        raise Misused(f"--out: {place} can't be written: {fault.strerror}") from fault
    click.echo(str(place))
    if not told.is_proven:
        remark("The books don't balance: fulfiller verify")
    ctx.exit(Exit.OK if told.is_proven else Exit.FAILED)
