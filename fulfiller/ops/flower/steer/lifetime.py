"""The controls of how long a campaign lasts: for how long its coupons are valid, and its end."""

from zoneinfo import ZoneInfo

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.error import InvalidCampaign
from fulfiller.domain.event import Kind
from fulfiller.domain.terms import last_instant
from fulfiller.domain.validity import moment
from fulfiller.ops.exits import Misused
from fulfiller.ops.flower.steer.control import (
    Control,
    Done,
    Field,
    Form,
    Plan,
    Scene,
    command_line,
    reason,
)
from fulfiller.ops.moments import spoken
from fulfiller.service.amend import OVER, Amendment, end
from fulfiller.service.extend import Extension, extend
from fulfiller.service.rates import By
from fulfiller.wiring import Truth


def _extend_plan(form: Form, scene: Scene) -> Plan:
    why, campaign, text = reason(form), scene.terms, form.get("until", "")
    try:
        until = last_instant(spoken(text, now=scene.now), scene.zone)
    except InvalidCampaign as flaw:
        raise Misused(f"--until: {flaw.problem}") from None
    if until <= scene.now:
        raise Misused("--until is past, and would extend no coupon")
    if until < _promised(campaign):
        raise Misused(f"--until: coupons are valid until {_local(campaign)}: later, or never")
    when = f"{_clock(until, campaign)} in {campaign.zone}"

    def work(store: Truth, by: By) -> Done:
        done = extend(scene.scope, until, store=store, now=by.now, actor=by.actor, reason=by.reason)
        wrote = done.how is Extension.EXTENDED
        return Done(f"No coupon of {scene.scope} ends before {when}.", wrote)

    return Plan(
        says=f"No coupon of {scene.scope} will end before {when}: true of all at once, for good.",
        command=command_line(scene, "extend", "--until", text, why=why),
        kind=Kind.CAMPAIGN_EXTENDED,
        basis=str(campaign.floor),
        work=work,
    )


def _validity(scene: Scene) -> str:
    campaign = scene.terms
    days = campaign.validity.days
    own = "" if days is None else f"Each coupon is valid for {days} days. "
    if not _promised(campaign):
        return f"{own}None was extended."
    return f"{own}No coupon ends before {_local(campaign)} in {campaign.zone}."


def _promised(campaign: Campaign) -> int:
    return max(campaign.floor or 0, campaign.validity.until or 0)


def _local(campaign: Campaign) -> str:
    return _clock(_promised(campaign), campaign)


def _clock(instant: int, campaign: Campaign) -> str:
    return f"{moment(instant).astimezone(ZoneInfo(campaign.zone)):%Y-%m-%d %H:%M}"


def _end_plan(form: Form, scene: Scene) -> Plan:
    why, campaign = reason(form), scene.terms
    return Plan(
        says=(
            f"{campaign.id} will be over at once and for good: newcomers hear that it has ended,"
            " and whoever was accepted or waits is still honored. Nobody can take this back."
        ),
        command=command_line(scene, "end", why=why),
        kind=Kind.CAMPAIGN_ENDED,
        basis=campaign.publication,
        work=lambda store, by: Done(
            f"{campaign.id} is over.",
            end(scene.scope, by, store=store).how is Amendment.AMENDED,
        ),
        typed=campaign.id,
    )


def _window(scene: Scene) -> str:
    campaign = scene.terms
    if campaign.publication in OVER:
        return f"It is {campaign.publication}."
    return f"It ends by itself at {_clock(campaign.closes_at, campaign)} in {campaign.zone}."


EXTEND = Control(
    name="extend",
    title="Extend validity",
    about="Coupons that were issued, and those to come, are valid at least until then.",
    effect="It is true of all coupons at once; intakes say so within a second.",
    now=_validity,
    fields=lambda _: (
        Field(
            name="until",
            label="Until",
            hint="A day such as 2026-02-28, which counts whole; an instant; or +30d.",
            required=True,
        ),
    ),
    plan=_extend_plan,
)
END = Control(
    name="end",
    title="End",
    about="Closes it for newcomers at once and for good.",
    effect="Intakes go by it from their next claim on.",
    now=_window,
    fields=lambda _: (),
    plan=_end_plan,
    verb="End it for good",
)
