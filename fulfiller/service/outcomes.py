"""Outcomes: how an account's claims ended, in sealed order, to be resumed at any point.

Sealed numbers only grow and are never given twice, so whoever remembers the last number it
has dealt with misses nothing and, at worst, hears the outcomes of one number again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.event import Kind
from fulfiller.service.log import Sealed
from fulfiller.service.port import ClaimView, Store

ENDINGS = (Kind.CLAIM_ISSUED, Kind.CLAIM_DECLINED, Kind.CLAIM_CANCELLED)
EVENTS_MAX = 50
"""Events read at a time."""
CLAIMS_MAX = 1_000
"""Claims of one's own on a page, unless a single event has more."""
SCAN_MAX = 10_000
"""Claims of anybody that are looked through for a page, unless a single event has more."""
STEPS_MAX = 20
"""Times that events are read for a page."""


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
    """Return the next outcomes of an account's claims behind a sealed number.

    What is others' is passed over, but only so much of it: then the page is empty, and says
    where to go on at once.
    """
    # Read first: what is sealed from here on has a higher number and belongs to the next page.
    last = store.last_seal()
    newest = after if last is None else max(after, last.number)
    scanned = 0
    for _ in range(STEPS_MAX):
        step = _step(account, after, SCAN_MAX - scanned, store)
        reached = max([after, *(sealed.number for sealed in step.taken)])
        after = reached if step.more else max(reached, newest)
        scanned += step.scanned
        if any(step.mine) or not step.more or scanned >= SCAN_MAX:
            break
    return Page(outcomes=_told(step, store), after=after, more=step.more)


@dataclass(frozen=True, slots=True)
class _Step:
    """Events that were read at one go, and which of their claims are the account's."""

    taken: tuple[Sealed, ...]
    mine: tuple[tuple[ClaimId, ...], ...]
    scanned: int
    more: bool


def _step(account: str, after: int, scan_max: int, store: Store) -> _Step:
    found = store.sealed(after=after, kinds=ENDINGS, limit=EVENTS_MAX)
    near = tuple(_within(found, scan_max, [len(sealed.event.ids) for sealed in found]))
    ids = [claim_id for sealed in near for claim_id in sealed.event.ids]
    owned = store.of_account(account, ids)
    mine = tuple(tuple(i for i in sealed.event.ids if i in owned) for sealed in near)
    taken = tuple(_within(near, CLAIMS_MAX, [len(each) for each in mine]))
    more = len(taken) < len(found) or len(found) == EVENTS_MAX
    return _Step(taken, mine[: len(taken)], len(ids), more)


def _within(found: Sequence[Sealed], claims_max: int, claims: Sequence[int]) -> Iterator[Sealed]:
    """Yield events until their claims are as many as may be, the first in any case, all whole."""
    for number, (sealed, total) in enumerate(zip(found, accumulate(claims), strict=True)):
        if number and total > claims_max:
            return
        yield sealed


def _told(step: _Step, store: Store) -> tuple[Ended, ...]:
    ids = [claim_id for each in step.mine for claim_id in each]
    views = store.view(ids) if ids else {}
    pairs = zip(step.taken, step.mine, strict=True)
    return tuple(ended for sealed, mine in pairs for ended in _ended(sealed, mine, views))


def _ended(
    sealed: Sealed, ids: Sequence[ClaimId], views: Mapping[ClaimId, ClaimView]
) -> Iterator[Ended]:
    for left, claim_id in zip(range(len(ids) - 1, -1, -1), ids, strict=True):
        yield Ended(
            number=sealed.number,
            after=sealed.number if left == 0 else sealed.number - 1,
            at=sealed.event.at,
            kind=sealed.event.kind,
            view=views[claim_id],
        )
