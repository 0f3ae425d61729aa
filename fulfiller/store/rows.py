"""Rows to nouns and back: one small function per table."""

from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from fulfiller.domain.act import Act, Verb
from fulfiller.domain.breaker import Mode, Pressure
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import Claim, ClaimId, OpenClaim, Stage
from fulfiller.domain.coupon import Coupon, CouponState
from fulfiller.domain.event import Event, Kind, Packed, packed
from fulfiller.domain.identity import Prior
from fulfiller.domain.key import KeyRecord, Scope
from fulfiller.domain.mode import ModeRow
from fulfiller.domain.outcome import Ending, Outcome
from fulfiller.domain.pace import CLOCK_BACK, Pace, Rate, RateScope
from fulfiller.domain.pressure import Report
from fulfiller.domain.stripe import Count, Purse, Stripe, StripeKey, Tally
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import Pause
from fulfiller.service.port import PaceMove
from fulfiller.store import record
from fulfiller.store.hot import ACT, CLAIM, COUPON, MODE, NEW_COUPON, OPEN_CLAIM, OUTCOME
from fulfiller.store.link import Result
from fulfiller.store.steering import REPORT
from fulfiller.store.table import COUNTS, MONEY, ApiKeyRow

Cells = tuple[Any, ...]
"""A row as the driver returns it; typed by the function that reads it."""
TIERS = tuple(Tier)
STAGES = {stage.value: stage for stage in Stage}
COUNT_NAMES = {f"{tier}_{count}": (tier, count) for tier in Tier for count in Count}
PURSE_NAMES = {purse.value: purse for purse in Purse}

ATTRIBUTES = {"claim_id": "id", "tier": "tier.value", "stage": "stage.value"}
"""Columns that hold something else than the attribute of their name."""

claim_cells = attrgetter(*(ATTRIBUTES.get(name, name) for name in CLAIM))
open_cells = attrgetter(*(ATTRIBUTES.get(name, name) for name in OPEN_CLAIM))
coupon_cells = attrgetter(*("tier.value" if name == "tier" else name for name in NEW_COUPON))
act_cells = attrgetter(*ACT)
outcome_cells = attrgetter(*OUTCOME)
key_cells = attrgetter("account", "key", "claim_id", "fingerprint", "at")


def event_cells(event: Event) -> Cells:
    """Return an event as its row."""
    return (
        event.at,
        event.campaign,
        None if event.tier is None else event.tier.value,
        event.kind.value,
        packed(event.ids),
        event.amount,
        event.actor,
        event.detail,
    )


def event(cells: Cells) -> Event:
    """Return the event of a row."""
    at, campaign, tier, kind, ids, amount, actor, detail = cells
    return Event(
        at=at,
        campaign=campaign,
        tier=None if tier is None else TIERS[tier],
        kind=Kind(kind),
        ids=Packed(bytes(ids)),
        amount=amount,
        actor=actor,
        detail=detail,
    )


def claim(cells: Cells) -> Claim:
    """Return the claim of a row."""
    named = dict(zip(CLAIM, cells, strict=True))
    named["tier"] = TIERS[named["tier"]]
    return Claim(id=named.pop("claim_id"), **named)


def open_claim(cells: Cells) -> OpenClaim:
    """Return the open claim of a row."""
    claim_id, campaign, tier, account, user, grant, slot, stripe = cells[:8]
    amount, limit_key, stage, ready_at, offered_at, attempts, flow = cells[8:]
    return OpenClaim(
        id=claim_id,
        campaign=campaign,
        tier=TIERS[tier],
        account=account,
        user=user,
        grant=grant,
        slot=slot,
        stripe=stripe,
        amount=amount,
        limit_key=limit_key,
        stage=STAGES[stage],
        ready_at=ready_at,
        offered_at=offered_at,
        attempts=attempts,
        flow=flow,
    )


def coupon(cells: Cells) -> Coupon:
    """Return the coupon of a row."""
    named = dict(zip(COUPON, cells, strict=True))
    named |= {"tier": TIERS[named["tier"]], "state": CouponState(named["state"])}
    named |= {"lookup": bytes(named["lookup"]), "revision": named["revision"] or 0}
    return Coupon(**named)


def act(cells: Cells) -> Act:
    """Return what was done to a coupon, of a row."""
    named = dict(zip(ACT, cells, strict=True))
    named["verb"] = Verb(named["verb"])
    return Act(**named)


def outcome(cells: Cells) -> Outcome:
    """Return the outcome of a row."""
    named = dict(zip(OUTCOME, cells, strict=True))
    named["ending"] = Ending(named["ending"])
    return Outcome(**named)


def mode(cells: Cells) -> ModeRow:
    """Return the mode of a row."""
    named = dict(zip(MODE, cells, strict=True))
    named |= {"mode": Mode(named["mode"]), "held": bool(named["held"])}
    named |= {"exhausted": bool(named["exhausted"])}
    read = {"breaker": record.breaker, "hold": record.hold, "gauge": record.gauge}
    known = {name: reader(named[name]) for name, reader in read.items() if named[name]}
    return ModeRow(**named | known)


def pauses(spans: str) -> tuple[Pause, ...]:
    """Return the spans of pauses, such as "3-5 9-": one that lasts has no end."""
    ends = [span.split("-") for span in spans.split()]
    return tuple(Pause(int(start), int(end) if end else None) for start, end in ends)


def pace(cells: Cells) -> Pace:
    """Return a rate of its row."""
    campaign, limit_key, per_hour, tat = cells
    return Pace((campaign, limit_key), Rate(per_hour), tat)


def pace_move(move: PaceMove) -> dict[str, object]:
    """Return what counts against a rate as parameters."""
    campaign, limit_key = move.scope
    span, owed = move.rate.span(move.claims), move.at + move.rate.burst_span
    return {
        "campaign": campaign,
        "limit_key": limit_key,
        "per_hour": move.rate.per_hour,
        "at": move.at,
        "span": span,
        "latest": owed - span,
        "beyond": owed + CLOCK_BACK,
    }


def scopes(wanted: Iterable[RateScope]) -> dict[str, object]:
    """Return rate scopes as parameters: their campaigns, and their limit keys."""
    campaigns, limit_keys = zip(*wanted, strict=True)
    return {"campaigns": sorted(set(campaigns)), "limit_keys": sorted(set(limit_keys))}


def report(cells: Cells) -> Report:
    """Return a partner's report of its row."""
    named = dict(zip(REPORT, cells, strict=True))
    named["pressure"] = None if named["pressure"] is None else Pressure(named["pressure"])
    return Report(**named)


def tallies(cells: Iterable[Any]) -> dict[Tally, int]:
    """Return a campaign's counts by tier of a row of sums."""
    return {COUNT_NAMES[name]: int(cell) for name, cell in zip(COUNTS, cells, strict=True)}


def prior(cells: Cells) -> Prior:
    """Return what a user already has, of a row of LOOK_PRIORS."""
    claim_id, campaign, user, account, grant, slot, cancelled = cells
    return Prior(
        id=ClaimId(claim_id),
        campaign=campaign,
        user=user,
        account=account,
        grant=grant,
        slot=slot,
        cancelled=bool(cancelled),
    )


def by_person(found: Iterable[Prior]) -> dict[tuple[str, str], tuple[Prior, ...]]:
    """Return what users already have, by campaign and user."""
    people: dict[tuple[str, str], tuple[Prior, ...]] = {}
    for one in found:
        person = (one.campaign, one.user)
        people[person] = (*people.get(person, ()), one)
    return people


def stripe(names: tuple[str, ...], cells: Cells) -> Stripe:
    """Return the stripe of a row that has these columns."""
    named = dict(zip(names, cells, strict=True))
    return Stripe(
        key=StripeKey(named["campaign"], named["number"]),
        money={PURSE_NAMES[name]: named[name] for name in MONEY if name in named},
        counts={COUNT_NAMES[name]: named[name] for name in COUNTS if name in named},
    )


def stripe_cells(stripe: Stripe) -> dict[str, Any]:
    """Return a stripe as the columns of its row."""
    money = {purse.value: amount for purse, amount in stripe.money.items()}
    counts = {f"{tier}_{count}": number for (tier, count), number in stripe.counts.items()}
    return {"campaign": stripe.key.campaign, "number": stripe.key.number} | money | counts


def campaign_terms(campaign: Campaign) -> str:
    """Return a campaign as JSON."""
    return msgspec.json.encode(campaign).decode()


@lru_cache(maxsize=1024)
def campaign(terms: str) -> Campaign:
    """Return the campaign of its JSON; the same text is read once."""
    return msgspec.json.decode(terms, type=Campaign)


def grouped(rows: Result, names: tuple[str, ...]) -> dict[str, tuple[Stripe, ...]]:
    """Return stripes by campaign, in the order of the rows."""
    found: dict[str, tuple[Stripe, ...]] = {}
    for cells in rows:
        one = stripe(names, cells)
        found[one.key.campaign] = (*found.get(one.key.campaign, ()), one)
    return found


def key_record(row: ApiKeyRow) -> KeyRecord:
    """Return an API key of its row."""
    return KeyRecord(
        id=row.id,
        account=row.account,
        hash=row.hash,
        scopes=frozenset(map(Scope, row.scopes.split())),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        bound_campaign=row.bound_campaign,
        bound_limit_key=row.bound_limit_key,
    )
