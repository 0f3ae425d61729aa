"""Govern: read, step the breakers, move the modes, show what was read.

The leading keeper governs each second. An intake governs by itself only in one thing: when
the claim before it would take the backlog over the threshold, it trips the breaker by the
same step and the same compare-and-set, so that a missing keeper can't let a backlog run away.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fulfiller.domain.breaker import Breaker, Mode, Policy, Reading, step, thresholds
from fulfiller.domain.campaign import Campaign, policy
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE, Gauge, ModeRow, admitted_share, held
from fulfiller.domain.pace import Rate
from fulfiller.domain.pressure import pressure
from fulfiller.domain.stripe import Count, Tally
from fulfiller.domain.tier import Tier
from fulfiller.domain.verdict import Verdict, cause, written
from fulfiller.service.helm import Survey
from fulfiller.service.meter import LATELY_S, Meter
from fulfiller.service.port import Store

KINDS = {
    Mode.FLOWING: Kind.MODE_FLOWING,
    Mode.PAUSED: Kind.MODE_PAUSED,
    Mode.RAMPING: Kind.MODE_RAMPING,
}
NEVER_S = 1e9
CLAIMS_SEEN = 3
"""Claims that a rate must have had the time for before their absence means anything."""
MEASURED_MAX_S = 240.0
"""A rate that is slower than that to see is taken as it is stated."""
SERVICE_POLICY = Policy(promise_s=NEVER_S, oldest_s=NEVER_S)
"""The service as a whole is judged by its store alone; each campaign by all the rest."""
SECOND = 1_000_000


@dataclass(slots=True)
class Chair:
    """What a governing keeper remembers: a meter per campaign, and how the store behaves.

    `waitlisted` is how many wait in all, `admitting` whether any of them may be admitted now.
    """

    meters: dict[str, Meter] = field(default_factory=dict)
    held: dict[str, bool] = field(default_factory=dict)
    store_s: float = 0.0
    waitlisted: int = 0
    admitting: bool = False

    def forget(self) -> None:
        """Start over."""
        self.meters.clear()
        self.held.clear()
        self.store_s = 0.0


@dataclass(frozen=True, slots=True)
class Governed:
    """What governing did: the scopes whose mode moved, as they are now."""

    moved: tuple[ModeRow, ...] = ()


def govern(chair: Chair, *, store: Store, fence: int) -> Governed:
    """Step every breaker once; raises Deposed on a lost lease."""
    survey = store.survey()
    chair.waitlisted = sum(count_of(sums, Count.WAITLISTED) for sums in survey.sums.values())
    moved: list[ModeRow] = []
    gauges: dict[str, Gauge] = {}
    for scope, row in survey.modes.items():
        rules = _policy(survey, scope)
        if rules is None:
            continue
        gauge = _gauge(scope, row, rules, survey, chair)
        if (after := move(row, gauge.reading, rules, survey.now, "keeper")) is not None:
            new, event = after
            if store.move_mode(row, new, event, fence=fence):
                moved.append(new)
        if _switch_is_over(row, survey.now):
            store.move_mode(row, *_unheld(row, survey.now), fence=fence)
        if _worth_showing(row, gauge):
            gauges[scope] = gauge
    chair.admitting = bool(moved) or any(
        count_of(sums, Count.WAITLISTED) and _admits(survey, name)
        for name, sums in survey.sums.items()
    )
    if gauges:
        store.show_gauges(gauges, fence=fence)
    return Governed(tuple(moved))


def move(
    row: ModeRow, reading: Reading, rules: Policy, now: int, actor: str
) -> tuple[ModeRow, Event] | None:
    """Return a scope's row after a step, with the event that says why; None if nothing moves."""
    before = row.state
    after = step(before, reading, rules, now)
    if after is before:
        return None
    why = cause(reading, rules) if after.mode is Mode.PAUSED else None
    return _row(row, after, why or row.cause), Event(
        at=now,
        campaign=row.scope,
        kind=KINDS[after.mode],
        actor=actor,
        detail=written(Verdict(before, reading, rules, after)),
    )


def ceiling(campaign: Campaign, modes: Mapping[str, ModeRow]) -> float | None:
    """Return the backlog above which a campaign that flows is to be tripped.

    By what an intake knows; None where no backlog trips it.
    """
    row = modes[campaign.id]
    if row.state.forced is not None:
        return None
    high, _ = thresholds(_seen(row, 0), policy(campaign))
    return high


def trip(campaign: Campaign, row: ModeRow, backlog: int, *, store: Store, now: int) -> bool:
    """Pause a campaign because of its backlog; False if somebody else moved it meanwhile."""
    after = move(row, _seen(row, backlog), policy(campaign), now, "intake")
    return after is not None and store.move_mode(row, *after)


def count_of(sums: Mapping[Tally, int], count: Count) -> int:
    """Return one count of a campaign over all tiers."""
    return sum(sums.get((tier, count), 0) for tier in Tier)


def _row(row: ModeRow, after: Breaker, why: str | None) -> ModeRow:
    return replace(
        row,
        mode=after.mode,
        breaker=after,
        since=after.since,
        cause=None if after.mode is Mode.FLOWING else why,
        generation=row.generation + 1,
    )


def _switch_is_over(row: ModeRow, now: int) -> bool:
    return row.hold is not None and row.hold.until is not None and now >= row.hold.until


def _unheld(row: ModeRow, now: int) -> tuple[ModeRow, Event]:
    """Return a scope whose hold has run out."""
    new = replace(row, held=False, hold=None, switched_at=now, generation=row.generation + 1)
    event = Event(
        at=now, campaign=row.scope, kind=Kind.MODE_UNHELD, actor="keeper", detail="it ran out"
    )
    return new, event


def _seen(row: ModeRow, backlog: int) -> Reading:
    """Return what an intake knows: the backlog at first hand, the rate as last shown."""
    last = row.gauge.reading if row.gauge is not None else Reading()
    return Reading(backlog=backlog, rate=last.rate, pressure=last.pressure, held=row.held)


def _admits(survey: Survey, campaign: str) -> bool:
    open_for_some = admitted_share(survey.modes, campaign, survey.now) > 0
    return open_for_some and not held(survey.modes, campaign)


def _policy(survey: Survey, scope: str) -> Policy | None:
    if scope == SERVICE:
        return SERVICE_POLICY
    campaign = survey.campaigns.get(scope)
    return None if campaign is None else policy(campaign)


def _gauge(scope: str, row: ModeRow, rules: Policy, survey: Survey, chair: Chair) -> Gauge:
    if scope == SERVICE:
        return Gauge(at=survey.now, reading=Reading(store_s=chair.store_s))
    limit = _limit(survey.campaigns[scope], survey.ceiling)
    meter = _metered(scope, survey, chair, _lately_s(limit))
    rate = _rate(meter, limit, row)
    reading = _reading(scope, rate, survey)
    high, low = thresholds(reading, rules)
    bounds = meter.bounds() or (rate, rate)
    return Gauge(
        at=survey.now,
        reading=reading,
        threshold=None if high is None else int(high),
        resume_at=None if low is None else int(low),
        rate_low=bounds[0],
        rate_high=bounds[1],
    )


def _rate(meter: Meter, limit: Rate | None, row: ModeRow) -> float | None:
    """Return the issuing rate: measured, else as planned, else what the last leader knew."""
    if limit is not None and (meter.rate is None or _lately_s(limit) > MEASURED_MAX_S):
        return limit.per_s
    if meter.rate is None and row.gauge is not None:
        # But not that there was no progress: that is for each leader to see.
        known = row.gauge.reading.rate
        return max(known, meter.floor) if known else None
    return meter.rate


def _limit(campaign: Campaign, ceiling: Rate | None) -> Rate | None:
    own = None if campaign.issuing_rate is None else Rate.parse(campaign.issuing_rate)
    rates = [rate for rate in (own, ceiling) if rate is not None]
    return min(rates, key=lambda rate: rate.per_hour, default=None)


def _lately_s(limit: Rate | None) -> float:
    """Return the seconds that a rate is taken over: some claims long where few are allowed."""
    return LATELY_S if limit is None else max(LATELY_S, CLAIMS_SEEN / limit.per_s)


def _metered(scope: str, survey: Survey, chair: Chair, lately_s: float) -> Meter:
    meter = chair.meters.setdefault(scope, Meter())
    meter.lately_s = lately_s
    sums, stopped = survey.sums[scope], held(survey.modes, scope)
    if stopped or chair.held.get(scope):
        meter.forget_last()
    chair.held[scope] = stopped
    if not stopped:
        issued = count_of(sums, Count.ISSUED) + count_of(sums, Count.DECLINED)
        meter.read(survey.now, issued, count_of(sums, Count.ACCEPTED))
    return meter


def _reading(scope: str, rate: float | None, survey: Survey) -> Reading:
    oldest = survey.oldest.get(scope)
    # While issuing was switched off nothing aged: else the end of a hold would pause at once.
    since = max(oldest or 0, *(survey.modes[each].switched_at for each in (scope, SERVICE)))
    return Reading(
        backlog=count_of(survey.sums[scope], Count.ACCEPTED),
        rate=rate,
        oldest_s=0.0 if oldest is None else max(0, survey.now - since) / SECOND,
        pressure=pressure(survey.reports, scope, survey.now),
        held=held(survey.modes, scope),
    )


def _worth_showing(row: ModeRow, gauge: Gauge) -> bool:
    """Return whether a gauge tells anything: campaigns at rest cost nothing."""
    shown = row.gauge
    if shown is None:
        return True
    return replace(shown, at=0) != replace(gauge, at=0)
