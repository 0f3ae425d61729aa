"""S12, pace: over every window of time at most `rate * window + burst` claims are issued.

Each stretch in which a rate stood still is judged on its own, by the generic cell rate
algorithm on exact integers: that finds a window exactly if there is one. What was issued
around a change is left out, since nobody can tell by which rate it was.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from fulfiller.chaos.index import Index
from fulfiller.chaos.report import Docket, Limits
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.pace import CLOCK_BACK, EVERY_KEY, EVERYWHERE, HOUR, Rate, RateScope
from fulfiller.domain.validity import SECOND

NO_LIMIT = "no limit"


@dataclass(frozen=True, slots=True)
class Change:
    """A rate from a position of the log on, -1 from the beginning; None lets everything pass."""

    position: int
    at: int
    rate: Rate | None
    known: bool = True


Changes = Mapping[RateScope, list[Change]]


def changes(index: Index) -> Changes:
    """Return the rates of every scope that ever had one, in the order of the log.

    Terms say a campaign's rate as it is in the end. If that was ever changed, what it was
    before is not known.
    """
    books = index.books
    limit_keys: defaultdict[str, set[str]] = defaultdict(set)
    for claim in index.claims.values():
        if claim.limit_key is not None:
            limit_keys[claim.campaign].add(claim.limit_key)
    found: defaultdict[RateScope, list[Change]] = defaultdict(list)
    for position, event in enumerate(books.events):
        if event.kind is Kind.RATE_CHANGED:
            keys, rate, known = read(event, limit_keys[event.campaign])
            for key in keys:
                change = Change(position, event.at, rate, known)
                found[event.campaign, key].append(change)
    for name, campaign in books.campaigns.items():
        scope = (name, EVERY_KEY)
        if campaign.issuing_rate is not None and scope not in found:
            found[scope] = [Change(-1, 0, Rate.parse(campaign.issuing_rate))]
    return found


def read(event: Event, limit_keys: Iterable[str]) -> tuple[list[str], Rate | None, bool]:
    """Return whose rate an event has changed, to what, and whether that can be told.

    Limit keys and reasons are free text: of several keys that it may mean, none is judged.
    """
    detail = event.detail
    words = NO_LIMIT if detail.startswith(NO_LIMIT) else detail.split(" ")[0].rstrip(":")
    rest = detail[len(words) :]
    rate = None if words == NO_LIMIT else Rate.parse(words)
    if rest.startswith(":"):
        return [EVERY_KEY], rate, True
    keys = [key for key in limit_keys if rest.startswith(f" at {key}: ")]
    return keys, rate, len(keys) == 1


def judge_pace(index: Index, docket: Docket, limits: Limits) -> None:
    """S12: judge every rate by the coupons that were issued under it."""
    slack = int(limits.clock_s * SECOND)

    def charge(offence: str) -> None:
        docket.charge("S12", offence)

    clerks = {scope: Clerk(scope, known, slack, charge) for scope, known in changes(index).items()}
    if not clerks:
        return
    for position, event in enumerate(index.books.events):
        if event.kind is Kind.CLAIM_ISSUED:
            docket.judged("S12", len(event.ids))
            _deal_out(position, event, index, clerks)
    for clerk in clerks.values():
        clerk.close()


def _deal_out(
    position: int, event: Event, index: Index, clerks: Mapping[RateScope, "Clerk"]
) -> None:
    """Count the coupons of an event against the rates that they had to keep."""
    campaign = event.campaign
    wide = [clerks.get((EVERYWHERE, EVERY_KEY)), clerks.get((campaign, EVERY_KEY))]
    for claim_id in event.ids:
        coupon, claim = index.coupons.get(claim_id), index.claims.get(claim_id)
        if coupon is None or claim is None:
            continue
        for clerk in wide:
            if clerk is not None:
                clerk.take(position, coupon.issued_at)
        if claim.limit_key is not None:
            own = clerks.get((campaign, claim.limit_key))
            if own is not None:
                own.take(position, coupon.issued_at)


class Clerk:
    """Gathers what was issued under one rate while it stood still, and then judges that."""

    def __init__(
        self, scope: RateScope, known: list[Change], slack: int, charge: Callable[[str], None]
    ) -> None:
        """Begin before the first change."""
        self._name = _name(scope)
        self._known = known
        self._slack = slack
        self._charge = charge
        self._next = 0
        self._top = 0
        self._issued: list[int] = []

    def take(self, position: int, at: int) -> None:
        """Count a coupon that stands at a position of the log."""
        while self._next < len(self._known) and self._known[self._next].position < position:
            self._judge()
            self._next += 1
        if not self._counts(at):
            return
        if at < self._top - CLOCK_BACK:
            # The store's clock was set back, which gives one burst: see `Pace.ahead`.
            self._judge()
            self._top = at
        self._top = max(self._top, at)
        self._issued.append(at)

    def close(self) -> None:
        """Judge what has been gathered last."""
        self._judge()

    def _rate(self) -> Rate | None:
        current = self._known[self._next - 1] if self._next else None
        return current.rate if current is not None and current.known else None

    def _counts(self, at: int) -> bool:
        """Return whether it is certain that this was issued by the current rate."""
        if self._rate() is None:
            return False
        current = self._known[self._next - 1]
        if current.position >= 0 and at < current.at + self._slack:
            return False
        later = self._known[self._next] if self._next < len(self._known) else None
        return later is None or at <= later.at - self._slack

    def _judge(self) -> None:
        rate, issued = self._rate(), sorted(self._issued)
        self._issued.clear()
        if rate is None:
            return
        # In units in which the rate gives one claim per HOUR, so that nothing is rounded.
        per_hour, span = rate.per_hour, rate.burst_span
        tat, start, number = 0, 0, 0
        for at in issued:
            if at * per_hour >= tat:
                tat, start, number = at * per_hour, at, 0
            tat += HOUR
            number += 1
            if tat > (at + span) * per_hour:
                within = (at - start) / SECOND
                text = f"{self._name}: {number} claims were issued within {within:.3f} s"
                self._charge(f"{text} at {rate}, which has a burst of {rate.burst}")
                return


def _name(scope: RateScope) -> str:
    campaign, limit_key = scope
    whose = "the service" if campaign == EVERYWHERE else campaign
    return f"{whose} at {limit_key}" if limit_key != EVERY_KEY else whose
