"""Pacing inside the issue transaction: claims beyond a rate stay open, at no cost to them.

Release paces what is offered; this is what holds whatever happens to hints. Rates that have
plenty of room are read, and counted against in the end by a write that fails if they are not
kept; all others are locked first. The time is the store's, read before, and is the time at
which the coupons count as issued. Whichever transaction ends first, over every window of that
time a rate is kept: each leaves `tat <= its time + the span of a burst`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from msgspec import structs

from fulfiller.domain.claim import ClaimId, OpenClaim
from fulfiller.domain.flow import flow_of, limit_key_of
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE, Pace, RateScope
from fulfiller.service.port import PaceMove, Unit

Kind = tuple[str, str | None]
"""A campaign and a limit key: claims that agree in both have the same rates to keep."""
AMPLE = 4
"""A rate with room for so many times what a transaction takes need not be locked.

Locking costs a drain an eighth, for whoever waits for the lock holds a processor idle.
"""


@dataclass(frozen=True, slots=True)
class Portion:
    """What may be issued now, what stays open and is ready later, what counts against rates.

    `at` is the instant for which that was decided, None where there is no rate to keep.
    """

    going: tuple[OpenClaim, ...]
    late: tuple[OpenClaim, ...] = ()
    paces: tuple[PaceMove, ...] = ()
    at: int | None = None


def scopes_of(campaign: str, limit_key: str | None) -> tuple[RateScope, ...]:
    """Return whose rates a claim has to keep: the service's, its campaign's, its limit key's."""
    own = () if limit_key is None else ((campaign, limit_key),)
    return (SERVICE_RATE, (campaign, EVERY_KEY), *own)


def within_rate(unit: Unit[OpenClaim], refused: Collection[ClaimId]) -> Portion:
    """Return which of a unit's rows may be issued; those that were refused cost no rate."""
    rows = tuple(unit.rows)
    if not unit.paced:
        return Portion(rows)
    kinds = Counter((row.campaign, row.limit_key) for row in rows)
    scopes = sorted({scope for kind in kinds for scope in scopes_of(*kind)})
    now, paces = unit.pace(scopes, locked=False)
    if not paces:
        # Others have a rate, such as another merchant of this campaign.
        return Portion(rows)
    till = _Till(now, paces, kinds)
    if not till.ample_for(kinds):
        till = _Till(*unit.pace(scopes, locked=True), kinds)
    going = [row for row in rows if row.id in refused or till.takes(row)]
    gone = {row.id for row in going}
    late = [till.later(row) for row in rows if row.id not in gone]
    return Portion(tuple(going), tuple(late), tuple(till.moves()), till.now or None)


class _Till:
    """Counts claims against the rates that they have to keep, the same ones for each of a kind."""

    def __init__(self, now: int, paces: Collection[Pace], kinds: Iterable[Kind]) -> None:
        self.now = now
        self._paces = {pace.scope: pace for pace in paces}
        self._room = {scope: pace.room(now) for scope, pace in self._paces.items()}
        self._taken = dict.fromkeys(self._paces, 0)
        self._mine = {kind: [s for s in scopes_of(*kind) if s in self._paces] for kind in kinds}

    def ample_for(self, kinds: Mapping[Kind, int]) -> bool:
        """Return whether every rate has room for a multiple of what so many take of it."""
        taking = dict.fromkeys(self._paces, 0)
        for kind, claims in kinds.items():
            for scope in self._mine[kind]:
                taking[scope] += claims
        return all(AMPLE * taken <= self._room[scope] for scope, taken in taking.items())

    def takes(self, row: OpenClaim) -> bool:
        """Count a row, unless one of its rates has nothing left or it stands in a wrong flow.

        Loops and no expressions: this runs for each claim, and is three times as fast.
        """
        mine = self._mine[row.campaign, row.limit_key]
        for scope in mine:
            if self._room[scope] == self._taken[scope]:
                return False
        if row.limit_key is not None and self._strays(row):
            return False
        for scope in mine:
            self._taken[scope] += 1
        return True

    def later(self, row: OpenClaim) -> OpenClaim:
        """Return a row that is ready anew, so that offers from before count for nothing."""
        mine = self._mine[row.campaign, row.limit_key]
        free = [self._after(scope).free_at(self.now) for scope in mine]
        limited = row.limit_key if self._limited(row) else limit_key_of(row.flow)
        ready_at = max(self.now, row.ready_at + 1, *free)
        flow = flow_of(row.account, limited)
        return structs.replace(row, ready_at=ready_at, offered_at=None, flow=flow)

    def moves(self) -> Iterable[PaceMove]:
        """Return what counts against which rates."""
        for scope, taken in self._taken.items():
            if taken:
                yield PaceMove(scope, self._paces[scope].rate, taken, self.now)

    def _limited(self, row: OpenClaim) -> bool:
        return row.limit_key is not None and (row.campaign, row.limit_key) in self._paces

    def _strays(self, row: OpenClaim) -> bool:
        """Return whether a limited row stands among the others: it came before its limit did.

        It may not go on from there, past those who wait for the same limit in their own flow.
        """
        return self._limited(row) and limit_key_of(row.flow) is None

    def _after(self, scope: RateScope) -> Pace:
        return self._paces[scope].after(self._taken[scope], self.now)
