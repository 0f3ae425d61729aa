"""Commands that amend a campaign while it runs: its thresholds, its tiers' weights, its end."""

from collections.abc import Callable
from contextlib import closing

import click

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.error import Raced
from fulfiller.domain.tier import Tier
from fulfiller.ops.deeds import UNKNOWN
from fulfiller.ops.ending import checked, reasoned
from fulfiller.ops.exits import Failed, Misused
from fulfiller.ops.group import examples
from fulfiller.ops.person import operator
from fulfiller.ops.show import json_option, remark, show
from fulfiller.service.amend import (
    Amended,
    Amendment,
    end,
    set_thresholds,
    set_weights,
    thresholds,
)
from fulfiller.service.rates import By
from fulfiller.service.turns import share
from fulfiller.settings import load
from fulfiller.wiring import Truth, open_truth

BY_HAND = "set by hand"
UNSET = "unset"
"""How a threshold is left to what follows from promise and rate."""
SOON = "Intakes go by it from their next claim on, the keeper within a second."
Work = Callable[[By, Truth], Amended]


@examples(
    "fulfiller campaign thresholds spring-festival",
    "fulfiller campaign thresholds spring-festival --backlog 10000 --reason 'two more workers'",
    "fulfiller campaign thresholds spring-festival --backlog unset --resume unset",
)
@click.command(name="thresholds", short_help="Show or set the backlog that pauses and resumes.")
@click.argument("name", metavar="CAMPAIGN")
@click.option("--backlog", help="Claims above which it pauses, or unset.")
@click.option("--resume", help="Claims at which it is clear again, or unset.")
@reasoned(BY_HAND)
@json_option
def thresholds_of(
    name: str, backlog: str | None, resume: str | None, reason: str, *, as_json: bool
) -> None:
    """Show the thresholds of CAMPAIGN, or set them in claims; what is not said stays.

    An unset backlog threshold is the promise times the issuing rate, an unset resume threshold
    half of the other. Intakes go by it from their next claim on, the keeper within a second.
    """
    said = {"backlog_threshold": backlog, "resume_threshold": resume}
    stated = {term: read_threshold(term, text) for term, text in said.items() if text is not None}
    if stated:
        done = _amended(reason, lambda by, store: set_thresholds(name, stated, by, store=store))
    else:
        done = _read(name)
    campaign = _known(done, name)
    told = {**thresholds(campaign), "changed": _is_changed(done)}
    show({"campaign": name, **told}, threshold_line(campaign), as_json=as_json)
    _remark(done)


@examples(
    "fulfiller campaign weights spring-festival",
    "fulfiller campaign weights spring-festival p0=8 p1=6 --reason 'members wait too long'",
)
@click.command(name="weights", short_help="Show or set how tiers share what is issued.")
@click.argument("name", metavar="CAMPAIGN")
@click.argument("stated", metavar="[TIER=WEIGHT]...", nargs=-1)
@reasoned(BY_HAND)
@json_option
def weights_of(name: str, stated: tuple[str, ...], reason: str, *, as_json: bool) -> None:
    """Show the weights of CAMPAIGN's tiers, or set some; tiers that are not named stay.

    By weight a tier gets its share of what is issued; none weighs less than a tier below it.
    """
    wanted = dict(map(read_weight, stated))
    if wanted:
        done = _amended(reason, lambda by, store: set_weights(name, wanted, by, store=store))
    else:
        done = _read(name)
    campaign = _known(done, name)
    told = {str(tier): terms.weight for tier, terms in campaign.tiers.items()}
    answer = {"campaign": name, "weights": told, "changed": _is_changed(done)}
    show(answer, "\n".join(weight_lines(campaign)), as_json=as_json)
    _remark(done)


@examples("fulfiller campaign end spring-festival --reason 'the partner has withdrawn'")
@click.command(name="end", short_help="Close it for newcomers, at once and for good.")
@click.argument("name", metavar="CAMPAIGN")
@reasoned()
@json_option
def end_campaign(name: str, reason: str, *, as_json: bool) -> None:
    """End CAMPAIGN at once and for good: newcomers hear that it is over.

    Whoever was accepted or waits is still honored, and coupons stay valid as they are.
    """
    done = _amended(reason, lambda by, store: end(name, by, store=store))
    _known(done, name)
    answer = {"campaign": name, "publication": "ended", "changed": _is_changed(done)}
    text = f"{name} is over: it takes nobody in, and honors whom it has taken in."
    show(answer, text, as_json=as_json)
    _remark(done)


def read_threshold(term: str, text: str) -> int | None:
    """Return a threshold that an operator wrote, in claims, or None for unset."""
    if text == UNSET:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise Misused(f"--{term.partition('_')[0]}: {text!r} is neither claims nor {UNSET!r}")
    return int(text)


def read_weight(text: str) -> tuple[Tier, int]:
    """Return a tier and the weight that an operator wrote, as `p1=4`."""
    name, _, number = text.partition("=")
    if not (number.isascii() and number.isdecimal()):
        raise Misused(f"WEIGHT: {text!r} is no weight of a tier, write p1=4")
    try:
        return Tier.parse(name), int(number)
    except ValueError as flaw:
        raise Misused(f"WEIGHT: {flaw}") from None


def threshold_line(campaign: Campaign) -> str:
    """Return a campaign's thresholds as a sentence."""
    high, low = campaign.backlog_threshold, campaign.resume_threshold
    pauses = f"what it issues in {campaign.promise_s} s" if high is None else f"{high:,} claims"
    clear = "half of that" if low is None else f"{low:,} claims"
    return f"{campaign.id} pauses above {pauses}, and is clear again at {clear}"


def weight_lines(campaign: Campaign) -> list[str]:
    """Return the weights of a campaign's tiers, with the share that each is sure of."""
    return [
        f"{tier} weighs {terms.weight}: at least {share(tier, campaign.tiers):.0%} if it needs it"
        for tier, terms in campaign.tiers.items()
    ]


def _amended(reason: str, work: Work) -> Amended:
    """Do it in the operator's name."""
    why = checked(reason)
    with closing(open_truth(load(), application="cli")) as store:
        try:
            return work(By(reason=why, actor=operator(), now=store.now()), store)
        except Raced as lost:
            raise Failed(f"{lost}: try again") from lost


def _read(name: str) -> Amended:
    """Look at a campaign and change nothing."""
    with closing(open_truth(load(), application="cli")) as store:
        campaign = store.campaign(name)
    how = Amendment.UNKNOWN_CAMPAIGN if campaign is None else Amendment.ALREADY
    return Amended(how, campaign=campaign)


def _known(done: Amended, name: str) -> Campaign:
    if done.campaign is None:
        raise Failed(UNKNOWN.format(name))
    return done.campaign


def _is_changed(done: Amended) -> bool:
    return done.how is Amendment.AMENDED


def _remark(done: Amended) -> None:
    """Say when it holds, or that nothing was to be done; who only looked has no before."""
    if _is_changed(done):
        remark(SOON)
    elif done.before is not None:
        remark("It was so already.")


AMENDING = (thresholds_of, weights_of, end_campaign)
