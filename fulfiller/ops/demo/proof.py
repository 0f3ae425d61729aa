"""The proof: the upstream's own record, the API and the store must tell one story."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.money import Money
from fulfiller.domain.stripe import Count, Purse, Stripe, counted, total
from fulfiller.ops.demo.outcome import Outcome
from fulfiller.ops.demo.watch import bare
from fulfiller.wiring import Truth

PAGE = 500
RECOVERY_MAX_S = 15.0
PUNCTUAL = 0.8
"""Share of those in line whose wait must have been as they were told."""
SOONER_S = 1.0
"""Whoever is served this much sooner than told does not complain."""
ENDS = {
    Count.ISSUED: "issued",
    Count.DECLINED: "declined",
    Count.CANCELLED: "cancelled",
    Count.PARKED: "parked",
    Count.WAITLISTED: "waitlisted",
    Count.ACCEPTED: "accepted, still open",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that must hold, whether it does, and the figures."""

    law: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the demonstration saw, beside the store itself.

    `record` is the upstream's list of promises; `checked` what it found asking again.
    """

    campaign: Campaign
    outcome: Outcome
    record: Path
    checked: Mapping[str, int]
    store_url: str


def proof(evidence: Evidence, store: Truth) -> list[Line]:
    """Return every line of the proof, in the order in which a reader asks."""
    stripes = store.stripes(evidence.campaign.id)
    return [
        _accounted(stripes),
        _kept(evidence, store),
        _punctual(evidence, store),
        _single(evidence),
        _budget(stripes, evidence.campaign),
        _ledger(stripes),
        _answered(evidence),
        _agreed(evidence),
        _recovered(evidence),
        _laws(evidence),
    ]


def _accounted(stripes: Sequence[Stripe]) -> Line:
    entered = counted(stripes, Count.ENTERED)
    parts = {count: counted(stripes, count) for count in ENDS}
    words = " + ".join(f"{n:,} {ENDS[count]}" for count, n in parts.items())
    open_claims = sum(parts[count] for count in (Count.ACCEPTED, Count.PARKED, Count.WAITLISTED))
    fine = entered == sum(parts.values()) and not open_claims
    return Line("every claim is accounted for", fine, f"{entered:,} entered = {words}")


def _kept(evidence: Evidence, store: Truth) -> Line:
    """Compare the upstream's record with the store, claim by claim."""
    promises = _promises(evidence.record)
    kept = 0
    codes: set[bytes] = set()
    for start in range(0, len(promises), PAGE):
        page = {bare(promise.claim_id): promise for promise in promises[start : start + PAGE]}
        for claim_id, view in store.view(page).items():
            promise = page[claim_id]
            mine = (view.claim.user, view.claim.grant) == (promise.user, promise.grant)
            if mine and view.coupon is not None:
                kept += 1
                codes.add(view.coupon.lookup)
    lost, doubled = len(promises) - kept, kept - len(codes)
    issued = counted(store.stripes(evidence.campaign.id), Count.ISSUED)
    return Line(
        "nobody's promise is lost, nobody's coupon doubled",
        not lost and not doubled and issued == len(promises),
        f"{len(promises):,} promised, {issued:,} coupons, {lost} lost, {doubled} doubled",
    )


def _punctual(evidence: Evidence, store: Truth) -> Line:
    """Compare the waits that people in line were told with how long it took."""
    told = {bare(p.claim_id): p.wait for p in _promises(evidence.record) if p.wait is not None}
    kept = 0
    for claim_id, view in store.view(told).items():
        low_s, high_s = told[claim_id]
        issued_at = None if view.coupon is None else view.coupon.issued_at
        took_s = None if issued_at is None else (issued_at - view.claim.accepted_at) / 1_000_000
        kept += took_s is not None and low_s <= took_s + SOONER_S and took_s <= high_s
    share = kept / len(told) if told else 1.0
    detail = f"{kept:,} of {len(told):,} waits as told ({share:.0%}, {PUNCTUAL:.0%} asked)"
    return Line("who waited was told how long", share >= PUNCTUAL, detail)


def _single(evidence: Evidence) -> Line:
    broken = evidence.outcome.broken
    detail = f"{evidence.outcome.tally.repeated:,} repeats, {len(broken)} with another claim"
    return Line("who asks again gets the same claim", not broken, _first(detail, broken))


def _budget(stripes: Sequence[Stripe], campaign: Campaign) -> Line:
    spent = sum(total(stripes, purse) for purse in (Purse.RESERVED, Purse.ISSUED, Purse.REDEEMED))
    over = max(0, spent - campaign.budget)
    currency = campaign.value.currency
    return Line(
        "no money beyond the budget",
        over == 0,
        f"{Money(spent, currency)} of {Money(campaign.budget, currency)}, "
        f"overspend {Money(over, currency)}",
    )


def _ledger(stripes: Sequence[Stripe]) -> Line:
    flaws = [f"stripe {s.key.number}: {flaw}" for s in stripes if (flaw := s.broken())]
    return Line(
        "the ledger balances", not flaws, _first(f"{len(stripes)} stripes, each to the fen", flaws)
    )


def _answered(evidence: Evidence) -> Line:
    tally = evidence.outcome.tally
    fine = tally.answered == tally.sent and not tally.failed
    detail = f"{tally.sent:,} sent, {tally.answered:,} answered, {tally.failed} failed"
    return Line("every request has its answer", fine, _first(detail, list(evidence.outcome.faults)))


def _agreed(evidence: Evidence) -> Line:
    asked, agreed = evidence.checked["asked"], evidence.checked["agreed"]
    return Line(
        "the API shows what was promised",
        agreed == asked,
        f"{asked:,} claims looked at again, {agreed:,} with their coupon",
    )


def _recovered(evidence: Evidence) -> Line:
    took_s = evidence.outcome.recovered_s
    fine = took_s is not None and took_s <= RECOVERY_MAX_S
    said = "not seen" if took_s is None else f"issued {took_s:.1f} s after the kill"
    return Line(
        "a killed worker's claims are issued", fine, f"{said}, {RECOVERY_MAX_S:.0f} allowed"
    )


def _laws(evidence: Evidence) -> Line:
    from fulfiller.store.proof import prove

    findings = prove(evidence.store_url)
    broken = [f"{finding.law}: {finding.detail}" for finding in findings if not finding.ok]
    return Line(
        "`fulfiller verify` agrees",
        not broken,
        _first(f"{len(findings)} laws checked, {len(broken)} broken", broken),
    )


def _first(detail: str, flaws: Sequence[str]) -> str:
    return f"{detail}: {flaws[0]}" if flaws else detail


@dataclass(frozen=True, slots=True)
class _Promise:
    claim_id: str
    user: str
    grant: str
    wait: tuple[float, float] | None


def _promises(record: Path) -> list[_Promise]:
    lines = record.read_text("utf-8").splitlines()
    return [_Promise(*fields) for fields in map(json.loads, lines)]
