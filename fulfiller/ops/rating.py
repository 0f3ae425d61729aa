"""Commands that set how much is issued: of the whole service, a campaign, or one merchant of it."""

from collections.abc import Sequence
from contextlib import closing

import click

from fulfiller.domain.mode import SERVICE
from fulfiller.domain.pace import EVERY_KEY, Pace, Rate, RateScope
from fulfiller.ops.deeds import UNKNOWN
from fulfiller.ops.ending import checked, reasoned
from fulfiller.ops.exits import Failed, Misused
from fulfiller.ops.group import examples
from fulfiller.ops.modes import named
from fulfiller.ops.person import operator
from fulfiller.ops.show import json_option, remark, show
from fulfiller.service.rates import By, Change, Changed, set_rate
from fulfiller.settings import load
from fulfiller.wiring import Truth, open_truth

OFF = "off"
BY_HAND = "set by hand"
NO_RATE = "issues as fast as its workers can"


@examples(
    "fulfiller campaign rate spring-festival",
    "fulfiller campaign rate spring-festival 500/s --reason 'the tills keep up again'",
    "fulfiller campaign rate spring-festival 200/h --key shop-7",
    "fulfiller campaign rate spring-festival off",
)
@click.command(name="rate", short_help="Show or set how much is issued, over all workers.")
@click.argument("campaign")
@click.argument("rate", required=False)
@click.option("--key", "limit_key", help="Of claims with this limit_key alone: one merchant's.")
@reasoned(BY_HAND)
@json_option
def rate_campaign(
    campaign: str, rate: str | None, limit_key: str | None, reason: str, *, as_json: bool
) -> None:
    """Show the rates of a campaign, or set one: 500/s, 3000/m, 200/h, or off.

    It counts coupons over all workers, holds from the next one on, and delays nobody else.
    """
    if limit_key == EVERY_KEY:
        raise Misused("--key must not be empty: leave it out for the whole campaign")
    _rate((campaign, limit_key or EVERY_KEY), rate, reason, as_json=as_json)


@examples(
    "fulfiller rate", "fulfiller rate 2000/s --reason 'the database moves'", "fulfiller rate off"
)
@click.command(name="rate")
@click.argument("rate", required=False)
@reasoned(BY_HAND)
@json_option
def rate_service(rate: str | None, reason: str, *, as_json: bool) -> None:
    """Show or set how much all campaigns issue together, over all workers.

    It counts coupons and holds from the next one on: 500/s, 3000/m, 200/h, or off.
    """
    _rate((SERVICE, EVERY_KEY), rate, reason, as_json=as_json)


def read_rate(text: str) -> Rate | None:
    """Return the rate that an operator wrote, or None for off."""
    try:
        return None if text == OFF else Rate.parse(text)
    except ValueError as flaw:
        raise Misused(f"RATE: {flaw}, and not {OFF!r}") from None


def _rate(scope: RateScope, text: str | None, reason: str, *, as_json: bool) -> None:
    wanted = None if text is None else read_rate(text)
    why = checked(reason)
    with closing(open_truth(load(), application="cli")) as store:
        if scope[0] != SERVICE and store.campaign(scope[0]) is None:
            raise Failed(UNKNOWN.format(scope[0]))
        if text is None:
            _show(scope, store.rates(scope[0]), as_json=as_json)
        else:
            _set(scope, wanted, why, store, as_json=as_json)


def _set(scope: RateScope, rate: Rate | None, why: str, store: Truth, *, as_json: bool) -> None:
    by = By(reason=why, actor=operator(), now=store.now())
    done = set_rate(scope, rate, by, store=store)
    if done.how is Change.UNKNOWN_CAMPAIGN:
        raise Failed(UNKNOWN.format(scope[0]))
    show(_told(scope, rate, done), f"{_whose(scope)} {sentence(rate)}", as_json=as_json)
    if done.how is Change.ALREADY:
        remark("It was so already.")
    elif done.before is not None:
        remark(f"Before, it was {done.before}.")


def _told(scope: RateScope, rate: Rate | None, done: Changed) -> dict[str, object]:
    return {
        "campaign": None if scope[0] == SERVICE else scope[0],
        "limit_key": scope[1] or None,
        "rate": _text(rate),
        "before": _text(done.before),
        "changed": done.how is Change.CHANGED,
    }


def _show(scope: RateScope, paces: Sequence[Pace], *, as_json: bool) -> None:
    rates = {pace.scope[1]: pace.rate for pace in paces}
    own = rates.pop(EVERY_KEY, None)
    limits = {key: rate for key, rate in rates.items() if scope[1] in (EVERY_KEY, key)}
    lines = [f"{_whose((scope[0], EVERY_KEY))} {sentence(own)}"]
    lines += [f"  {key} issues at most {rate}" for key, rate in limits.items()]
    answer = {
        "campaign": None if scope[0] == SERVICE else scope[0],
        "rate": _text(own),
        "limits": {key: str(rate) for key, rate in limits.items()},
    }
    show(answer, "\n".join(lines), as_json=as_json)


def sentence(rate: Rate | None) -> str:
    """Return what a rate means, as the end of a sentence."""
    return NO_RATE if rate is None else f"issues at most {rate}, over all workers"


def _whose(scope: RateScope) -> str:
    return named(scope[0]) if scope[1] == EVERY_KEY else f"{scope[1]} in {scope[0]}"


def _text(rate: Rate | None) -> str | None:
    return None if rate is None else str(rate)
