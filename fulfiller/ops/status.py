"""The command that shows everything on one screen, once or over and over."""

from contextlib import closing

import click

from fulfiller.ops.board import as_json as told
from fulfiller.ops.board import text
from fulfiller.ops.exits import Exit
from fulfiller.ops.group import examples
from fulfiller.ops.pulse import Word, look
from fulfiller.ops.show import json_option, show
from fulfiller.settings import load
from fulfiller.wiring import open_broker, open_truth


@examples("fulfiller status", "fulfiller status --watch", "fulfiller status --json | jq .campaigns")
@click.command()
@click.option("--watch", is_flag=True, help="Look again each second, until Ctrl-C.")
@json_option
@click.pass_context
def status(ctx: click.Context, *, watch: bool, as_json: bool) -> None:
    """Show in a word how the service is, and why; exit 4 while it is paused."""
    settings = load()
    with (
        closing(open_truth(settings, application="cli")) as store,
        closing(open_broker(settings)) as queue,
    ):
        if watch:
            from fulfiller.ops.watching import keep_watching

            keep_watching(store, queue, as_json=as_json)
            return
        pulse = look(store, queue)
    show(told(pulse), text(pulse), as_json=as_json)
    ctx.exit(Exit.PAUSED if pulse.word is Word.PAUSED else Exit.OK)
