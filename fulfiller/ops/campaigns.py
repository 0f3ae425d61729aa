"""Commands for campaigns."""

import tomllib
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.error import InvalidCampaign
from fulfiller.domain.mode import SERVICE, ModeRow
from fulfiller.domain.terms import campaign_from_terms, last_instant, terms_from_campaign
from fulfiller.domain.validity import moment
from fulfiller.ops.amending import AMENDING
from fulfiller.ops.ending import checked, reasoned
from fulfiller.ops.exits import Failed, Misused
from fulfiller.ops.figures import figures
from fulfiller.ops.group import Forgiving, examples
from fulfiller.ops.listing import COLUMNS, row
from fulfiller.ops.modes import overruling
from fulfiller.ops.moments import spoken, stamp
from fulfiller.ops.person import operator
from fulfiller.ops.pressing import pressure
from fulfiller.ops.rating import rate_campaign
from fulfiller.ops.report.command import report
from fulfiller.ops.show import json_option, remark, show, table
from fulfiller.ops.steering import OF_A_CAMPAIGN
from fulfiller.ops.wording import patience, proofread
from fulfiller.service.create import create as create_campaign
from fulfiller.service.create import is_created
from fulfiller.service.extend import Extension, extend
from fulfiller.settings import load
from fulfiller.wiring import open_truth

EXTENDED = "extended by hand"


@examples(
    "fulfiller campaign create festival.toml --opens now --closes +1d --valid +30d",
    "fulfiller campaign list",
)
@click.group(cls=Forgiving)
def campaign() -> None:
    """Create, list, show, steer and extend campaigns."""


for each in (*OF_A_CAMPAIGN, *AMENDING, rate_campaign, patience, pressure, report):
    campaign.add_command(each)


@examples(
    "fulfiller campaign create festival.toml",
    "fulfiller campaign create festival.toml --id trial --opens now --closes +2h --valid +30d",
)
@campaign.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--id", "name", help="Another id than the file's.")
@click.option("--opens", help="now, +90m, +1d, or RFC 3339.")
@click.option("--closes", help="The same; exclusive.")
@click.option("--valid", help="The same, or a day such as 2026-02-28, which counts whole.")
@click.option("--budget", type=int, help="Minor units: 2500000 is 25,000.00 CNY.")
@click.option("--rate", help="Issue at most this over all workers: 500/s, 3000/m.")
def create(file: Path, **stated: str | int | None) -> None:
    """Create a campaign from the terms in FILE; options win over what stands there."""
    with closing(open_truth(load(), application="cli")) as store:
        now = store.now()
        new = campaign_from_terms(_terms(file) | _overrides(stated, now))
        proofread(new.patience, f"{file}: patience.")
        store.add_account(new.owner, at=now)
        if create_campaign(new, store=store, now=now, actor=operator()):
            remark(f"Created {new.id}: {new.coupons:,} coupons of {new.value}.")
        elif is_created(store.campaign(new.id), new):
            remark(f"{new.id} exists already, with these very terms.")
        else:
            raise Failed(f"{new.id} exists already with other terms; choose another with --id")


@examples("fulfiller campaign list", "fulfiller campaign list --json")
@campaign.command(name="list")
@json_option
def list_campaigns(*, as_json: bool) -> None:
    """List all campaigns with phase, mode, backlog and money."""
    with closing(open_truth(load(), application="cli")) as store:
        now = store.now()
        found, service = figures(store, now=now), store.modes()[SERVICE]
    text = table(COLUMNS, [row(each) for each in found]) if found else "No campaigns yet."
    show([each.as_json() for each in found], text, as_json=as_json)
    _remark_on(service, now)


@examples(
    "fulfiller campaign show spring-festival", "fulfiller campaign show spring-festival --json"
)
@campaign.command(name="show")
@click.argument("name", metavar="CAMPAIGN")
@json_option
def show_campaign(name: str, *, as_json: bool) -> None:
    """Show one campaign's terms and figures."""
    with closing(open_truth(load(), application="cli")) as store:
        found = store.campaign(name)
        if found is None:
            raise Failed(f"no campaign {name!r}: see `fulfiller campaign list`")
        (seen,) = figures(store, now=store.now(), campaigns=(found,))
        service = store.modes()[SERVICE]
    answer = {"figures": seen.as_json(), "terms": terms_from_campaign(found)}
    said = f"{name} is {seen.said}\n{seen.vitals} · waitlisted {seen.waitlisted:,}"
    lines = [said, "", *_lines(answer["figures"]), "", *_lines(answer["terms"])]
    show(answer, "\n".join(lines), as_json=as_json)
    _remark_on(service, seen.at)


@examples(
    "fulfiller campaign extend spring-festival --until 2026-02-28",
    "fulfiller campaign extend spring-festival --until 2026-02-28T18:00:00+08:00",
)
@campaign.command(name="extend")
@click.argument("name", metavar="CAMPAIGN")
@click.option("--until", required=True, help="A day, which counts whole; RFC 3339; or +30d.")
@reasoned(EXTENDED)
@json_option
def extend_campaign(name: str, until: str, reason: str, *, as_json: bool) -> None:
    """Let no coupon of CAMPAIGN end before then: one row written, true of all at once."""
    why = checked(reason)
    with closing(open_truth(load(), application="cli")) as store:
        now, known = store.now(), store.campaign(name)
        zone = "UTC" if known is None else known.zone
        end = _until(spoken(until, now=now), zone)
        done = extend(name, end, store=store, now=now, actor=operator(), reason=why)
    if done.how not in (Extension.EXTENDED, Extension.ALREADY):
        raise Failed(_UNEXTENDED[done.how].format(name=name, said=_local(done.campaign)))
    wrote = int(done.how is Extension.EXTENDED)
    answer = {
        "campaign": name,
        "floor": stamp(end),
        "rows_written": {"campaign": wrote, "event": wrote, "coupon": 0},
    }
    text = f"No coupon of {name} ends before {_local(done.campaign)} in {zone}."
    show(answer, text, as_json=as_json)
    remark("One campaign row and one event written." if wrote else "It was so already.")


def _remark_on(service: ModeRow, now: int) -> None:
    if beside := overruling(service, now):
        remark(beside)


_UNEXTENDED = {
    Extension.UNKNOWN_CAMPAIGN: "no campaign {name!r}: see `fulfiller campaign list`",
    Extension.SHORTER: "coupons of {name} are promised to be valid until {said}: later, or never",
    Extension.PAST: "that is past, and would extend no coupon of {name}",
}


def _until(text: str, zone: str) -> int:
    try:
        return last_instant(text, zone)
    except InvalidCampaign as flaw:
        raise Misused(f"--until: {flaw.problem}") from None


def _local(campaign: Campaign | None) -> str:
    """Return until when all coupons are valid, as a clock in the campaign's zone shows it."""
    if campaign is None:
        return ""
    promised = max(campaign.floor or 0, campaign.validity.until or 0)
    return f"{moment(promised).astimezone(ZoneInfo(campaign.zone)):%Y-%m-%d %H:%M}"


def _terms(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise Misused(f"{file} can't be read as TOML: {fault}") from fault


def _overrides(stated: Mapping[str, str | int | None], now: int) -> dict[str, object]:
    given = {name: value for name, value in stated.items() if value is not None}
    overrides = {term: given[name] for name, term in _PLAIN.items() if name in given}
    moments = {
        term: spoken(str(given[name]), now=now) for name, term in _MOMENTS.items() if name in given
    }
    # A campaign is valid either until an instant or for days, so the one replaces the other.
    return overrides | moments | ({"valid_days": None} if "valid" in given else {})


_PLAIN = {"name": "id", "budget": "budget", "rate": "issuing_rate"}
_MOMENTS = {"opens": "opens_at", "closes": "closes_at", "valid": "valid_until"}


def _lines(answer: Mapping[str, object]) -> list[str]:
    return [f"{name:<18} {_text(value)}" for name, value in answer.items() if value is not None]


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        stated = {name: inner for name, inner in value.items() if inner is not None}
        return "  ".join(f"{name} {_text(inner)}" for name, inner in stated.items())
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
