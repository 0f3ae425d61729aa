"""The account that a report gives: all it shows, read in one snapshot and folded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fulfiller.chaos.verdict import numbered
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.stripe import Count, Purse, Stripe, counted, total
from fulfiller.domain.validity import SECOND
from fulfiller.ops.acts import Entry, Trail, Wanted
from fulfiller.ops.report.minutes import ENTERING, LEAVING, Minutes, folded
from fulfiller.ops.report.modes import Stretch, stretches
from fulfiller.store.course import Course
from fulfiller.store.laws import Finding
from fulfiller.store.proof import findings
from fulfiller.store.snapshot import Snapshot

INCIDENTS_MAX = 1_000
OPEN = (Count.WAITLISTED, Count.ACCEPTED, Count.PARKED)
AROUND = 3_600 * SECOND
"""What happened to the whole service so long before and after belongs to it."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that an operator wants to know of: when, by whom, what, and why."""

    at: int
    actor: str
    what: str
    why: str
    is_services: bool = False


@dataclass(frozen=True, slots=True)
class Balance:
    """A figure as the event log has it, and as the ledger has it; money if it is of a purse."""

    name: str
    logged: int
    kept: int
    is_money: bool = False

    @property
    def is_even(self) -> bool:
        """Return whether both are the same."""
        return self.logged == self.kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A campaign after its event; `hidden` incidents are not among those that are shown."""

    campaign: Campaign
    made_at: int
    minutes: Minutes | None
    stretches: Sequence[Stretch]
    incidents: Sequence[Incident]
    hidden: int
    balances: Sequence[Balance]
    findings: Sequence[Finding]
    refused: Mapping[str, int]

    @property
    def is_proven(self) -> bool:
        """Return whether log and ledger agree and no law is broken."""
        even = all(each.is_even for each in self.balances)
        return even and all(each.ok for each in self.findings)


def account(campaign_id: str, seen: Snapshot, now: int) -> Account | None:
    """Return a campaign's account, None if there is no campaign of this name."""
    course = Course(seen, campaign_id)
    campaign = course.terms()
    if campaign is None:
        return None
    minutes = folded(course.counted(), course.waited(), campaign.budget)
    begins, ends = (minutes.begins, minutes.ends) if minutes else (now, now)
    notable = _Notable(begins - AROUND, ends + AROUND)
    stood = list(stretches(notable.passing(course.notable()), begins, ends))
    incidents = sorted((*notable.incidents, *_parked(course)), key=lambda each: each.at)
    return Account(
        campaign=campaign,
        made_at=now,
        minutes=minutes,
        stretches=stood,
        incidents=incidents,
        hidden=notable.hidden,
        balances=list(_balances(minutes, course.stripes(), campaign.budget)),
        findings=findings(seen),
        refused=course.refused(),
    )


class _Notable:
    """Collects incidents while events pass, up to a number."""

    def __init__(self, since: int, until: int) -> None:
        self._since, self._until = since, until
        self._trail = Trail()
        self.incidents: list[Incident] = []
        self.hidden = 0

    def passing(self, events: Iterator[Event]) -> Iterator[Event]:
        """Yield the events on, and keep what is an incident."""
        everybody = Wanted(everybody=True)
        for event in events:
            for entry in self._trail.told([(None, event)], everybody):
                self._keep(entry)
            yield event

    def _keep(self, entry: Entry) -> None:
        near = self._since <= entry.at <= self._until
        if entry.campaign == SERVICE and not near:
            return
        if len(self.incidents) >= INCIDENTS_MAX:
            self.hidden += 1
            return
        self.incidents.append(_incident(entry))


def _incident(entry: Entry) -> Incident:
    if entry.kind == Kind.PATIENCE_WORDED:
        return Incident(entry.at, entry.actor, "new words for those who wait", "")
    count = numbered(entry.claims, "claim")
    change = count if entry.claims else _impersonal(entry.change)
    what = f"{entry.kind.replace('.', ' ')}{f': {change}' if change else ''}"
    return Incident(entry.at, entry.actor, what, entry.reason, entry.campaign == SERVICE)


def _impersonal(change: str) -> str:
    """Return a change without the limit key to which it applies, which may be a person's."""
    parts = [part.partition(" at ") for part in change.split(" → ")]
    return " → ".join(f"{rate} for one limit key" if key else rate for rate, _, key in parts)


def _parked(course: Course) -> Iterator[Incident]:
    for since, fault, claims in course.parked():
        yield Incident(since, "worker", f"{numbered(claims, 'claim')} parked from here on", fault)


def _balances(minutes: Minutes | None, stripes: Sequence[Stripe], budget: int) -> Iterator[Balance]:
    """Yield what the log adds up to beside what the ledger holds."""
    claims = minutes.claims if minutes else {}
    amounts = minutes.amounts if minutes else {}

    def claimed(*kinds: Kind) -> int:
        return sum(claims.get(kind, 0) for kind in kinds)

    def money(*kinds: Kind) -> int:
        return sum(amounts.get(kind, 0) for kind in kinds)

    entered, left = claimed(*ENTERING), claimed(*LEAVING)
    yield Balance("claims that entered", entered, counted(stripes, Count.ENTERED))
    yield Balance("issued", claimed(Kind.CLAIM_ISSUED), counted(stripes, Count.ISSUED))
    yield Balance("declined", claimed(Kind.CLAIM_DECLINED), counted(stripes, Count.DECLINED))
    yield Balance("cancelled", claimed(Kind.CLAIM_CANCELLED), counted(stripes, Count.CANCELLED))
    open_now = sum(counted(stripes, count) for count in OPEN)
    yield Balance("still open", entered - left, open_now)
    redeemed = money(Kind.COUPON_REDEEMED) - money(Kind.COUPON_ROLLED_BACK)
    promised = money(*ENTERING) - money(*LEAVING)
    issued = money(Kind.CLAIM_ISSUED) - money(Kind.COUPON_REVOKED) - redeemed
    purses = {Purse.RESERVED: promised, Purse.ISSUED: issued, Purse.REDEEMED: redeemed}
    purses[Purse.AVAILABLE] = budget - sum(purses.values())
    for purse, amount in purses.items():
        yield Balance(NAMED[purse], amount, total(stripes, purse), is_money=True)


NAMED = {
    Purse.RESERVED: "money reserved for open claims",
    Purse.ISSUED: "money in coupons not yet redeemed",
    Purse.REDEEMED: "money redeemed",
    Purse.AVAILABLE: "money left",
}
