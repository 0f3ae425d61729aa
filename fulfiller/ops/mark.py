"""The command that marks a moment, for whoever looks at charts, audit and report later."""

from contextlib import closing

import click

from fulfiller.domain.mode import SERVICE
from fulfiller.ops.deeds import UNKNOWN
from fulfiller.ops.ending import checked
from fulfiller.ops.exits import Failed
from fulfiller.ops.group import examples
from fulfiller.ops.modes import named
from fulfiller.ops.moments import stamp
from fulfiller.ops.person import operator
from fulfiller.ops.show import json_option, show
from fulfiller.service.mark import mark as set_mark
from fulfiller.settings import load
from fulfiller.wiring import open_truth


@examples(
    "fulfiller mark 'deploy 1.4.2'",
    "fulfiller mark 'the partner opens its shops' --campaign spring-festival",
)
@click.command()
@click.argument("text")
@click.option("--campaign", help="On this campaign alone; else on all of them.")
@json_option
def mark(text: str, campaign: str | None, *, as_json: bool) -> None:
    """Mark this moment with TEXT, on charts, in the audit and in reports. It changes nothing.

    One that begins with `deploy` is drawn as a deploy.
    """
    said, scope = checked(text, "TEXT"), campaign or SERVICE
    with closing(open_truth(load(), application="cli")) as store:
        now = store.now()
        if not set_mark(scope, said, actor=operator(), at=now, store=store):
            raise Failed(UNKNOWN.format(scope))
    answer = {"campaign": campaign, "at": stamp(now), "text": said}
    show(answer, f"Marked {named(scope)} at {stamp(now)}: {said}", as_json=as_json)
