"""All that the page of one campaign says in words, made from one sight and its past."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from fulfiller.domain.estimate import Wait
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.money import Money
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE
from fulfiller.domain.stripe import Count, Purse
from fulfiller.ops.flower.bar import money_bar
from fulfiller.ops.flower.burn import LATELY, burn, issued_per_s, refused_per_s
from fulfiller.ops.flower.history.annals import Past
from fulfiller.ops.flower.history.chronicle import Mark
from fulfiller.ops.flower.history.sample import Sample
from fulfiller.ops.flower.history.told import UNJUDGED, added, newcomers_wait
from fulfiller.ops.flower.lookout import Sight
from fulfiller.ops.flower.panel import Panel
from fulfiller.ops.flower.proof import Law, proof
from fulfiller.ops.modes import clock, length
from fulfiller.service.traffic import Traffic

MARKS_SHOWN = 30
MOST_OF_IT = 9 * LATELY // 10
"""What counts as all of five minutes: samples stand a second apart, and some are late."""
KINDS = {
    "flowing": "Flowing",
    "paused": "Paused",
    "ramping": "Ramping",
    "held": "Held",
    "unheld": "Issuing again",
    "created": "Created",
    "changed": "Terms changed",
    "extended": "Validity extended",
    "ended": "Ended",
    "rate": "Rate changed",
    "patience": "Patience reworded",
    "workers": "Workers changed",
    "mark": "Mark",
    "deploy": "Deploy",
    "fault": "Chaos fault",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """A mark in words."""

    at: str
    kind: str
    tone: str
    whose: str
    by: str
    said: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A rate, how much of it is made use of in percent if that is known, and what waits for it."""

    name: str
    rate: str
    used: str
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One campaign, ready to be shown."""

    panel: Panel
    at: int
    slots: int
    told_wait: str
    kept: str
    issued: str
    refused: str
    budget_end: str
    left: str
    proof: Sequence[Law]
    limits: Sequence[Limit] | None
    happenings: Sequence[Happening]
    reasons: Sequence[tuple[str, str, int]]
    remembered: str


def detail(panel: Panel, sight: Sight, past: Past | None) -> Detail:
    """Return what there is to say of a campaign."""
    now = sight.survey.now
    samples = () if past is None else past.samples
    per_s = issued_per_s(samples, now)
    marks = () if past is None else past.marks
    reasons = {} if past is None else past.reasons
    return Detail(
        panel=panel,
        at=now,
        slots=sight.slots,
        told_wait=_told_wait(panel, sight),
        kept=_kept(samples),
        issued=_pace(per_s),
        refused=_pace(refused_per_s(samples, now)),
        budget_end=_budget_end(panel, past, now),
        left=_left(panel),
        proof=tuple(proof(panel)),
        limits=_limits(panel, sight, per_s),
        happenings=[_happening(mark, now) for mark in reversed(marks[-MARKS_SHOWN:])],
        reasons=_reasons(reasons),
        remembered=_remembered(past, now),
    )


def _told_wait(panel: Panel, sight: Sight) -> str:
    """Return what somebody is told who comes now and has to wait, in the usual tier."""
    wait = newcomers_wait(panel.campaign, sight.survey, panel.campaign.default_tier)
    return "nobody is taken in" if wait is None else _range(wait)


def _range(wait: Wait) -> str:
    if wait.high_s is None:
        return f"at least {wait.low_s:,.0f} s" if wait.low_s >= 1 else "no end can be told"
    return f"{wait.low_s:,.0f} to {wait.high_s:,.0f} s"


def _kept(samples: Sequence[Sample]) -> str:
    """Return how many of those who got their coupon lately waited no longer than they were told."""
    kept = reduce(added, (each.kept for each in samples), UNJUDGED)
    if not kept.judged:
        return "nobody yet to judge by"
    return f"{100 * kept.kept // kept.judged} of 100, of {kept.judged:,} in the last 5 min"


def _left(panel: Panel) -> str:
    left = panel.purses[Purse.AVAILABLE]
    return f"{left.amount // panel.campaign.value.amount:,} coupons, {_money(left)}"


def _budget_end(panel: Panel, past: Past | None, now: int) -> str:
    left = panel.purses[Purse.AVAILABLE].amount
    value = panel.campaign.value
    if left < value.amount:
        return "All of it is promised."
    going = burn(() if past is None else past.samples, left, now)
    if going.per_s is None:
        return "How fast it goes is not known yet."
    # No span that grows with each look: it would be news to all who look, each second.
    lately = "in the last five minutes" if going.over >= MOST_OF_IT else "since Flower looks"
    if going.ends_at is None:
        return f"Nothing was promised {lately}: no end is in sight."
    pace = f"{going.per_s / value.amount:,.1f} coupons/s"
    worth = _money(Money(int(going.per_s * 60), value.currency))
    end = f"{clock(going.ends_at, now)}, in {length(going.ends_at - now)}"
    return f"At {pace} ({worth} a minute), as {lately}, it lasts until {end}."


def _money(money: Money) -> str:
    (whole,) = money_bar([("", money)])
    return whole.said


def _limits(panel: Panel, sight: Sight, per_s: float | None) -> Sequence[Limit] | None:
    """Return the limits in use, None as long as they have not been read."""
    traffic = sight.traffic.get(panel.campaign.id)
    if traffic is None:
        return None
    return (*_rates(panel.campaign.id, traffic, per_s), *_of_keys(traffic), *_places(panel))


def _rates(campaign: str, traffic: Traffic, per_s: float | None) -> Iterator[Limit]:
    own = traffic.paces.get((campaign, EVERY_KEY))
    if own is not None:
        share = None if per_s is None else min(100.0, 100 * per_s / own.rate.per_s)
        used = "not known yet" if share is None else f"{share:.0f} % made use of"
        yield Limit("The campaign's rate", str(own.rate), used, share)
    service = traffic.paces.get(SERVICE_RATE)
    if service is not None:
        yield Limit("The service's rate", str(service.rate), "shared by all campaigns", None)


def _of_keys(traffic: Traffic) -> Iterator[Limit]:
    """Yield one line for all limit keys: merchants are many, and none is named here."""
    found = traffic.limited.values()
    if found:
        more = "or more " if any(each.more for each in found) else ""
        used = f"{sum(each.claims for each in found):,} {more}claims wait for them"
        yield Limit("Rates of limit keys", f"{len(found):,} in use", used, None)


def _places(panel: Panel) -> Iterator[Limit]:
    cap = panel.campaign.waitlist_cap
    if cap:
        share = min(100.0, 100 * panel.count(Count.WAITLISTED) / cap)
        yield Limit("Places in line", f"{cap:,}", f"{share:.0f} % taken", share)


def _happening(mark: Mark, now: int) -> Happening:
    kind = KINDS.get(mark.kind, mark.kind)
    whose = "the service" if mark.scope == SERVICE else "this campaign"
    return Happening(clock(mark.at, now), kind, mark.kind, whose, mark.actor, mark.said)


def _pace(per_s: float | None) -> str:
    return "unknown yet" if per_s is None else f"{per_s:,.1f}/s"


def _reasons(reasons: Mapping[tuple[str, str], int]) -> list[tuple[str, str, int]]:
    found = [(ending, reason, claims) for (ending, reason), claims in reasons.items()]
    return sorted(found, key=lambda each: (-each[2], each))


def _remembered(past: Past | None, now: int) -> str:
    if past is None:
        return "Nothing is remembered of this campaign: Flower keeps the last 50 to close."
    since = clock(past.since, now)
    return (
        f"Flower has looked since {since}. What lies before is put together by the minute from"
        " the last 20,000 events of the log: flows and waits, but no backlog, line or budget."
    )
