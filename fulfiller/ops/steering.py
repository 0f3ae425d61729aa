"""Commands that steer modes by hand: pause, resume, hold and unhold, of a campaign or of all."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import click

from fulfiller.domain.error import Raced
from fulfiller.domain.mode import SERVICE, ModeRow
from fulfiller.ops.deeds import DEEDS, UNKNOWN, Deed, let_flow, zone_of
from fulfiller.ops.ending import checked, end_at, ending, reasoned
from fulfiller.ops.exits import Failed, Misused
from fulfiller.ops.group import examples
from fulfiller.ops.modes import named, overruling, said, told
from fulfiller.ops.person import operator
from fulfiller.ops.show import json_option, remark, show
from fulfiller.service.steer import Act
from fulfiller.settings import load
from fulfiller.wiring import open_truth

BOTH = (
    "Pause: newcomers keep a place in line instead of getting a promise, and workers go on"
    " issuing. Hold: workers stop issuing, and newcomers are still taken in until the threshold."
)
RESUME = (
    "Resume: newcomers are promised coupons again, first a few and soon all. It ramps up, those"
    " who wait come first, and it may pause again by itself; with --force it flows whatever its"
    " signals say, until that ends."
)
UNHOLD = "Unhold: workers go on issuing, whatever was accepted meanwhile."
RESUMED, UNHELD = "resumed by hand", "unheld by hand"


@examples(
    "fulfiller campaign pause spring-festival --reason 'the shops are full'",
    "fulfiller campaign pause spring-festival --reason 'stocktaking' --for 30m",
)
@click.command(
    name="pause", short_help="Let newcomers wait in line; workers go on issuing.", help=BOTH
)
@click.argument("campaign")
@reasoned()
@ending
@json_option
def pause_campaign(campaign: str, **rest: Any) -> None:
    """Pause a campaign."""
    _steer(campaign, DEEDS["pause"], **rest)


@examples(
    "fulfiller campaign resume spring-festival",
    "fulfiller campaign resume spring-festival --force --for 10m --reason 'the shops are ready'",
)
@click.command(
    name="resume", short_help="End a pause: it ramps up, and may pause again.", help=RESUME
)
@click.argument("campaign")
@reasoned(RESUMED)
@click.option("--force", is_flag=True, help="Flow whatever the signals say; needs an end.")
@ending
@json_option
def resume_campaign(campaign: str, *, force: bool, **rest: Any) -> None:
    """Resume a campaign."""
    _steer(campaign, _resuming(rest, force=force), **rest)


@examples(
    "fulfiller campaign hold spring-festival --reason 'wrong value on the coupons'",
    "fulfiller campaign hold spring-festival --reason 'till update' --until +2h",
)
@click.command(name="hold", short_help="Stop issuing; newcomers are still taken in.", help=BOTH)
@click.argument("campaign")
@reasoned()
@ending
@json_option
def hold_campaign(campaign: str, **rest: Any) -> None:
    """Hold a campaign."""
    _steer(campaign, DEEDS["hold"], **rest)


@examples("fulfiller campaign unhold spring-festival")
@click.command(name="unhold", short_help="Go on issuing.", help=UNHOLD)
@click.argument("campaign")
@reasoned(UNHELD)
@json_option
def unhold_campaign(campaign: str, **rest: Any) -> None:
    """Unhold a campaign."""
    _steer(campaign, DEEDS["unhold"], **rest)


OF_A_CAMPAIGN = (pause_campaign, resume_campaign, hold_campaign, unhold_campaign)


@examples("fulfiller pause --reason 'the database moves' --for 30m")
@click.command(help=f"For all campaigns at once. {BOTH}")
@reasoned()
@ending
@json_option
def pause(**rest: Any) -> None:
    """Pause the service."""
    _steer(SERVICE, DEEDS["pause"], **rest)


@examples(
    "fulfiller resume", "fulfiller resume --force --for 10m --reason 'the store is fine again'"
)
@click.command(help=f"For all campaigns at once. {RESUME}")
@reasoned(RESUMED)
@click.option("--force", is_flag=True, help="Flow whatever the signals say; needs an end.")
@ending
@json_option
def resume(*, force: bool, **rest: Any) -> None:
    """Resume the service."""
    _steer(SERVICE, _resuming(rest, force=force), **rest)


@examples("fulfiller hold --reason 'wrong codes came out' --for 1h")
@click.command(help=f"For all campaigns at once. {BOTH}")
@reasoned()
@ending
@json_option
def hold(**rest: Any) -> None:
    """Hold the service."""
    _steer(SERVICE, DEEDS["hold"], **rest)


@examples("fulfiller unhold")
@click.command(help=f"For all campaigns at once. {UNHOLD}")
@reasoned(UNHELD)
@json_option
def unhold(**rest: Any) -> None:
    """Unhold the service."""
    _steer(SERVICE, DEEDS["unhold"], **rest)


def _resuming(rest: Mapping[str, Any], *, force: bool) -> Deed:
    """Return the deed that is meant; only what is forced ends, and it has to."""
    ends = rest["lasts"] is not None or rest["until"] is not None
    if force and not ends:
        raise Misused("--force needs an end: add --for 10m or --until")
    if force and rest["reason"] == RESUMED:
        raise Misused("--force needs a reason: add --reason")
    if ends and not force:
        raise Misused("a resumed mode judges itself from then on: --for and --until need --force")
    return let_flow if force else DEEDS["resume"]


def _steer(
    scope: str,
    deed: Deed,
    *,
    reason: str,
    as_json: bool,
    lasts: str | None = None,
    until: str | None = None,
) -> None:
    """Do it in the operator's name, and show what became of the mode."""
    why = checked(reason)
    with closing(open_truth(load(), application="cli")) as store:
        zone, now = zone_of(scope, store), store.now()
        if zone is None:
            raise Failed(UNKNOWN.format(scope))
        end = end_at(lasts, until, zone=zone, now=now)
        act = Act(reason=why, actor=operator(), now=now, until=end)
        try:
            done = deed(scope, act, store)
        except Raced as lost:
            raise Failed(f"{lost}: try again") from lost
        service = store.modes()[SERVICE]
    if done.row is None:
        raise Failed(UNKNOWN.format(scope))
    _show(done.row, service, now, changed=done.changed, as_json=as_json)


def _show(row: ModeRow, service: ModeRow, now: int, *, changed: bool, as_json: bool) -> None:
    answer = {"campaign": _campaign(row.scope), **told(row), "changed": changed}
    show(answer, f"{named(row.scope)} is {said(row, now)}", as_json=as_json)
    if not changed:
        remark("It was so already.")
    if row.scope != SERVICE and (beside := overruling(service, now)):
        remark(beside)


def _campaign(scope: str) -> str | None:
    return None if scope == SERVICE else scope
