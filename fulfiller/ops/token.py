"""The command that prints a signed order for `celery control`."""

from contextlib import closing
from secrets import token_hex

import click

from fulfiller.domain.mode import SERVICE
from fulfiller.ops.deeds import DEEDS, LASTING, UNKNOWN, zone_of
from fulfiller.ops.ending import checked, end_at, ending
from fulfiller.ops.exits import Failed, Misused
from fulfiller.ops.group import examples
from fulfiller.ops.modes import named
from fulfiller.ops.moments import stamp
from fulfiller.ops.order import GOOD_FOR, Order, signed
from fulfiller.ops.person import operator
from fulfiller.ops.show import json_option, remark, show
from fulfiller.settings import load
from fulfiller.wiring import open_truth, ops_key

ID_BYTES = 8


@examples(
    "fulfiller token pause spring-festival --reason 'the shops are full' --for 30m",
    "fulfiller token resume --service",
    "celery -A workers control pause $(fulfiller token pause spring-festival --reason 'full')",
)
@click.command()
@click.argument("verb", type=click.Choice(list(DEEDS)))
@click.argument("campaign", required=False)
@click.option("--service", is_flag=True, help="The whole service instead of one campaign.")
@click.option("--reason", help="Why; to pause and to hold it has to be said.")
@ending
@json_option
def token(
    *,
    verb: str,
    campaign: str | None,
    service: bool,
    reason: str | None,
    as_json: bool,
    **ends: str,
) -> None:
    """Print a signed order for `celery -A workers control`: one use, within five minutes."""
    if service is (campaign is not None):
        raise Misused("name a campaign, or say --service for all of them")
    settings = load()
    with closing(open_truth(settings, application="cli")) as store:
        scope = SERVICE if campaign is None else campaign
        zone, now = zone_of(scope, store), store.now()
    if zone is None:
        raise Failed(UNKNOWN.format(scope))
    end = end_at(ends["lasts"], ends["until"], zone=zone, now=now)
    if verb not in LASTING and end is not None:
        raise Misused(f"{verb} does not end: leave --for and --until out")
    order = Order(
        id=token_hex(ID_BYTES),
        verb=verb,
        scope=scope,
        reason=_reason(verb, reason),
        actor=operator(),
        issued_at=now,
        expires_at=now + GOOD_FOR,
        until=end,
    )
    _show(order, signed(order, ops_key(settings)), as_json=as_json)


def _reason(verb: str, said: str | None) -> str:
    if said is None and verb in LASTING:
        raise Misused(f"{verb} needs a --reason: people read it in the status")
    return f"{verb} by hand" if said is None else checked(said)


def _show(order: Order, text: str, *, as_json: bool) -> None:
    answer = {"token": text, "request_id": order.id, "expires_at": stamp(order.expires_at)}
    show(answer, text, as_json=as_json)
    scope = named(order.scope)
    remark(f"To {order.verb} {scope}: celery -A workers control {order.verb} TOKEN, within 5 min.")
