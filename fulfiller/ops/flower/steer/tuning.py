"""The controls of how fast and how fair: issuing rate, thresholds, weights of tiers."""

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.error import InvalidCampaign
from fulfiller.domain.event import Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.pace import EVERY_KEY, Rate
from fulfiller.domain.tier import Tier
from fulfiller.ops.amending import (
    SOON,
    UNSET,
    read_threshold,
    threshold_line,
    weight_lines,
)
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
from fulfiller.ops.rating import OFF, read_rate, sentence
from fulfiller.service import amend
from fulfiller.service.amend import Amended, Amendment
from fulfiller.service.rates import By, Change, set_rate
from fulfiller.wiring import Truth

KEY_MAX = 128


def _rate_plan(form: Form, scene: Scene) -> Plan:
    why, text, limit_key = reason(form), form.get("rate", ""), form.get("key", "")
    if len(limit_key) > KEY_MAX or not limit_key.isprintable():
        raise Misused(f"--key must be a name of at most {KEY_MAX} symbols")
    rate = read_rate(text)
    whose = f"{limit_key} in {scene.scope}" if limit_key else scene.called
    before = _rate(scene, limit_key)
    words = ("--key", limit_key) if limit_key else ()

    def work(store: Truth, by: By) -> Done:
        done = set_rate((scene.scope, limit_key or EVERY_KEY), rate, by, store=store)
        return Done(f"{whose} {sentence(rate)}.", done.how is Change.CHANGED)

    return Plan(
        says=f"{whose} {_so_far(before)}. From then on it {sentence(rate)}.",
        command=command_line(scene, "rate", text, *words, why=why),
        kind=Kind.RATE_CHANGED,
        basis=str(before),
        work=work,
    )


def _rate(scene: Scene, limit_key: str) -> Rate | None:
    return next((pace.rate for pace in scene.rates if pace.scope[1] == limit_key), None)


def _so_far(rate: Rate | None) -> str:
    return "has no rate so far" if rate is None else f"issues at most {rate} so far"


def _rates(scene: Scene) -> str:
    """Return the rate of all in words; merchants are many, and none is named to who only looks."""
    own = f"{scene.called} {sentence(_rate(scene, EVERY_KEY))}"
    limits = sum(1 for pace in scene.rates if pace.scope[1] != EVERY_KEY)
    return f"{own}; limit keys with a rate of their own: {limits:,}." if limits else f"{own}."


def _rate_fields(scene: Scene) -> tuple[Field, ...]:
    rate = _rate(scene, EVERY_KEY)
    said = Field(
        name="rate",
        label="Rate",
        hint=f"Coupons over all workers: 500/s, 3000/m, 200/h, or {OFF}.",
        value=OFF if rate is None else str(rate),
        required=True,
    )
    key = Field(name="key", label="Key", hint="Of one merchant (limit key) alone; else of all.")
    return (said,) if scene.scope == SERVICE else (said, key)


def _thresholds_plan(form: Form, scene: Scene) -> Plan:
    why, campaign = reason(form), scene.terms
    said = {
        "backlog_threshold": form.get("backlog", ""),
        "resume_threshold": form.get("resume", ""),
    }
    stated = {term: read_threshold(term, text or UNSET) for term, text in said.items()}
    new = _valid(campaign, stated)
    words = ("--backlog", said["backlog_threshold"] or UNSET)
    more = ("--resume", said["resume_threshold"] or UNSET)
    return Plan(
        says=f"So far {threshold_line(campaign)}. From then on {threshold_line(new)}.",
        command=command_line(scene, "thresholds", *words, *more, why=why),
        kind=Kind.CAMPAIGN_CHANGED,
        basis=str(amend.thresholds(campaign)),
        work=lambda store, by: _amended(
            amend.set_thresholds(scene.scope, stated, by, store=store), f"{threshold_line(new)}."
        ),
    )


def _threshold_fields(scene: Scene) -> tuple[Field, ...]:
    campaign = scene.terms
    return (
        Field(
            name="backlog",
            label="Backlog",
            hint=f"Claims above which it pauses; {UNSET}: the promise times the issuing rate.",
            value=_number(campaign.backlog_threshold),
        ),
        Field(
            name="resume",
            label="Resume",
            hint=f"Claims at which it is clear again; {UNSET}: half of the other.",
            value=_number(campaign.resume_threshold),
        ),
    )


def _weights_plan(form: Form, scene: Scene) -> Plan:
    why, campaign = reason(form), scene.terms
    stated = {tier: _weight(tier, form.get(str(tier), "")) for tier in campaign.tiers}
    new = _valid(campaign, None, stated)
    words = [f"{tier}={number}" for tier, number in stated.items()]
    after = "; ".join(weight_lines(new))
    return Plan(
        says=f"So far {'; '.join(weight_lines(campaign))}. From then on {after}.",
        command=command_line(scene, "weights", *words, why=why),
        kind=Kind.CAMPAIGN_CHANGED,
        basis=str(amend.weights(campaign)),
        work=lambda store, by: _amended(
            amend.set_weights(scene.scope, stated, by, store=store), f"{after}."
        ),
    )


def _weight(tier: Tier, text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise Misused(f"--{tier}: {text!r} is no weight, write a whole number of at least 1")
    return int(text)


def _weight_fields(scene: Scene) -> tuple[Field, ...]:
    return tuple(
        Field(name=str(tier), label=str(tier), value=str(terms.weight), required=True)
        for tier, terms in scene.terms.tiers.items()
    )


def _valid(
    campaign: Campaign, stated: amend.Knobs | None, weights: dict[Tier, int] | None = None
) -> Campaign:
    """Return the campaign as it would be; raise Misused, naming the field, if that can't be."""
    try:
        changed = amend.changed(campaign, stated or {})
        return amend.weighed(changed, weights or {})
    except InvalidCampaign as flaw:
        raise Misused(str(flaw)) from None


def _amended(done: Amended, says: str) -> Done:
    return Done(says, done.how is Amendment.AMENDED)


def _number(value: int | None) -> str:
    return UNSET if value is None else str(value)


RATE = Control(
    name="rate",
    title="Issuing rate",
    about="How much is issued at most, over all workers.",
    effect="Workers go by it from their next coupon on.",
    now=_rates,
    fields=_rate_fields,
    plan=_rate_plan,
    verb="Set the rate",
)
TUNING = (
    RATE,
    Control(
        name="thresholds",
        title="Thresholds",
        about="The backlog that pauses it, and the one at which that is over.",
        effect=SOON,
        now=lambda scene: f"{threshold_line(scene.terms)}.",
        fields=_threshold_fields,
        plan=_thresholds_plan,
        verb="Set the thresholds",
    ),
    Control(
        name="weights",
        title="Weights of tiers",
        about="How tiers share what is issued while all of them have a backlog.",
        effect="The keeper goes by it within a second.",
        now=lambda scene: f"{'; '.join(weight_lines(scene.terms))}.",
        fields=_weight_fields,
        plan=_weights_plan,
        verb="Set the weights",
    ),
)
