"""The command that reports pressure for a partner who can't do so over HTTP."""

from contextlib import closing

import click

from fulfiller.domain.breaker import Pressure
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.pressure import WHOLE, Report
from fulfiller.ops.deeds import UNKNOWN
from fulfiller.ops.ending import checked, end_at, reasoned
from fulfiller.ops.exits import Failed, Misused
from fulfiller.ops.group import examples
from fulfiller.ops.moments import stamp
from fulfiller.ops.person import operator
from fulfiller.ops.show import json_option, show
from fulfiller.settings import load
from fulfiller.wiring import open_truth

NONE = "none"
LASTS = "5m"
KEY_MAX = 128


@examples(
    "fulfiller campaign pressure spring-festival full --reason 'the shops are full' --for 20m",
    "fulfiller campaign pressure spring-festival slow --key shop-7 --reason 'one till down'",
    "fulfiller campaign pressure spring-festival none --reason 'all is well again'",
)
@click.command(short_help="Report that those behind it are full or slow.")
@click.argument("name", metavar="CAMPAIGN")
@click.argument("state", type=click.Choice([*map(str, Pressure), NONE]))
@reasoned()
@click.option("--key", "limit_key", default=WHOLE, help="A merchant of it; else all of it.")
@click.option("--for", "lasts", default=LASTS, show_default=True, help="How long it stands.")
@json_option
def pressure(
    name: str, state: str, *, reason: str, limit_key: str, lasts: str, as_json: bool
) -> None:
    """Report how those behind CAMPAIGN are: full pauses it, slow halves what it may let wait.

    A single merchant that is full counts as slow; three at once count as full.
    """
    if len(limit_key) > KEY_MAX or not limit_key.isprintable():
        raise Misused(f"--key must be a name of at most {KEY_MAX} symbols")
    why, actor = checked(reason), operator()
    with closing(open_truth(load(), application="cli")) as store:
        now = store.now()
        if store.campaign(name) is None:
            raise Failed(UNKNOWN.format(name))
        end = end_at(lasts, None, zone="UTC", now=now) or now
        report = Report(
            campaign=name,
            limit_key=limit_key,
            pressure=None if state == NONE else Pressure(state),
            reason=why,
            account=actor,
            at=now,
            expires_at=end,
        )
        about = f"{limit_key} " if limit_key else ""
        event = Event(
            at=now,
            campaign=name,
            kind=Kind.PRESSURE_REPORTED,
            actor=actor,
            detail=f"{about}{state} until {stamp(end)}: {why}",
        )
        store.report(report, event)
    answer = {"campaign": name, "limit_key": limit_key or None, "pressure": state}
    stands = "" if state == NONE else f" until {stamp(end)}"
    text = f"{limit_key or name} is {state}{stands}."
    show(answer | {"expires_at": None if state == NONE else stamp(end)}, text, as_json=as_json)
