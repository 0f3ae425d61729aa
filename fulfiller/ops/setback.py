"""How a parked claim is shown: in a line, as JSON, and with all that became of it."""

from collections.abc import Iterator, Sequence

from fulfiller.domain.claim import ClaimId, public_id
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.money import Money
from fulfiller.ops.moments import stamp
from fulfiller.service.dispatch import Lane
from fulfiller.service.parked import Parked
from fulfiller.service.port import ClaimView, Store
from fulfiller.wiring import Truth

COLUMNS = ("claim", "campaign", "tier", "user", "parked since", "attempts", "reason")
UNKNOWN = "unknown"
"""The currency of a campaign whose terms are gone, which may be why its claims are parked."""
WORDS = {Kind.CLAIM_PARKED: "parked", Kind.CLAIM_REPLAYED: "replayed"}


def cells(each: Parked) -> tuple[object, ...]:
    """Return a parked claim's line in a table of COLUMNS."""
    claim = each.claim
    since = stamp(each.since)
    name = public_id(claim.id)
    return (name, claim.campaign, str(claim.tier), claim.user, since, claim.attempts, each.reason)


def shown(each: Parked, store: Store) -> dict[str, object]:
    """Return a parked claim for programs: money in minor units."""
    claim = each.claim
    return {
        "claim_id": public_id(claim.id),
        "campaign": claim.campaign,
        "tier": str(claim.tier),
        "account": claim.account,
        "user": claim.user,
        "grant": claim.grant,
        "amount": claim.amount,
        "currency": _currency(claim.campaign, store),
        "parked_at": stamp(each.since),
        "parked_by": each.actor,
        "attempts": claim.attempts,
        "reason": each.reason,
    }


def worth(chosen: Sequence[Parked], store: Store) -> str:
    """Return what claims are worth in words, each currency by itself."""
    sums: dict[str, int] = {}
    for each in chosen:
        currency = _currency(each.claim.campaign, store)
        sums[currency] = sums.get(currency, 0) + each.claim.amount
    return " and ".join(_money(amount, currency) for currency, amount in sorted(sums.items()))


def history(view: ClaimView, store: Truth) -> list[dict[str, object]]:
    """Return what became of a claim since it came in: when, what, by whom, and why."""
    return [
        {"at": stamp(at), "what": what, "actor": actor, "reason": reason}
        for at, what, actor, reason in _became(view, store)
    ]


def _became(view: ClaimView, store: Truth) -> Iterator[tuple[int, str, str, str]]:
    claim = view.claim
    yield claim.accepted_at, "accepted", claim.account, ""
    for event in store.setbacks(Lane(claim.campaign, claim.tier), [ClaimId(claim.id)]):
        yield _setback(event)
    if view.coupon is not None:
        yield view.coupon.issued_at, "issued", "worker", ""
    if view.outcome is not None:
        end = view.outcome
        yield end.at, end.ending.value, end.actor, end.reason


def _setback(event: Event) -> tuple[int, str, str, str]:
    return event.at, WORDS[event.kind], event.actor, event.detail


def _currency(campaign: str, store: Store) -> str:
    terms = store.terms(campaign)
    return UNKNOWN if terms is None else terms.value.currency


def _money(amount: int, currency: str) -> str:
    return f"{amount} {currency}" if currency == UNKNOWN else str(Money(amount, currency))
