"""Outcomes: how an account's claims ended, in sealed order, to be resumed at any point.

Sealed numbers only grow and are never given twice, so whoever remembers the last number it
has dealt with misses nothing and, at worst, hears the outcomes of one number again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.event import Kind
from fulfiller.service.log import Sealed
from fulfiller.service.port import ClaimView, Store

ENDINGS = (Kind.CLAIM_ISSUED, Kind.CLAIM_DECLINED, Kind.CLAIM_CANCELLED)
EVENTS_MAX = 50
CLAIMS_MAX = 1_000
"""Claims looked at for one page, unless a single event has more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one claim ended; `after` is the number to resume behind once this is dealt with."""

    number: int
    after: int
    at: int
    kind: Kind
    view: ClaimView


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some outcomes, the number to go on behind, and whether there is more right now."""

    outcomes: tuple[Ended, ...]
    after: int
    more: bool


def outcomes(account: str, after: int, *, store: Store) -> Page:
    """Return the next outcomes of an account's claims behind a sealed number."""
    # Read first: what is sealed from here on has a higher number and belongs to the next page.
    last = store.last_seal()
    newest = after if last is None else max(after, last.number)
    found = store.sealed(after=after, kinds=ENDINGS, limit=EVENTS_MAX)
    taken = tuple(_within(found))
    more = len(taken) < len(found) or len(found) == EVENTS_MAX
    views = store.view([claim_id for sealed in taken for claim_id in sealed.event.ids])
    mine = {i: view for i, view in views.items() if view.claim.account == account}
    return Page(
        outcomes=tuple(ended for sealed in taken for ended in _ended(sealed, mine)),
        after=taken[-1].number if more else newest,
        more=more,
    )


def _within(found: Sequence[Sealed]) -> Iterator[Sealed]:
    """Yield events until their claims fill a page; an event is never cut."""
    claims = 0
    for sealed in found:
        claims += len(sealed.event.ids)
        if claims > CLAIMS_MAX and claims > len(sealed.event.ids):
            return
        yield sealed


def _ended(sealed: Sealed, mine: dict[ClaimId, ClaimView]) -> Iterator[Ended]:
    ids = [claim_id for claim_id in sealed.event.ids if claim_id in mine]
    for left, claim_id in zip(range(len(ids) - 1, -1, -1), ids, strict=True):
        yield Ended(
            number=sealed.number,
            after=sealed.number if left == 0 else sealed.number - 1,
            at=sealed.event.at,
            kind=sealed.event.kind,
            view=mine[claim_id],
        )
