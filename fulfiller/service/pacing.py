"""Pacing inside the issue transaction: claims beyond a rate stay open, at no cost to them.

Release paces what is offered; this is what holds whatever happens to hints. The rows of the
rates are locked until the transaction ends, and the time is the store's.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from fulfiller.domain.claim import ClaimId, OpenClaim
from fulfiller.domain.flow import flow_of, limit_key_of
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE, Pace, RateScope
from fulfiller.service.port import Unit


@dataclass(frozen=True, slots=True)
class Portion:
    """What may be issued now, what stays open and is ready later, and the rates made use of."""

    going: tuple[OpenClaim, ...]
    late: tuple[OpenClaim, ...] = ()
    paces: tuple[Pace, ...] = ()


def scopes_of(campaign: str, limit_key: str | None) -> tuple[RateScope, ...]:
    """Return whose rates a claim has to keep: the service's, its campaign's, its limit key's."""
    own = () if limit_key is None else ((campaign, limit_key),)
    return (SERVICE_RATE, (campaign, EVERY_KEY), *own)


def within_rate(unit: Unit[OpenClaim], refused: Collection[ClaimId]) -> Portion:
    """Return which of a unit's rows may be issued; those that were refused cost no rate."""
    rows = tuple(unit.rows)
    if not unit.paced:
        return Portion(rows)
    scopes = {scope for row in rows for scope in scopes_of(row.campaign, row.limit_key)}
    now, paces = unit.pace(sorted(scopes))
    till = _Till(now, {pace.scope: pace for pace in paces})
    going = [row for row in rows if row.id in refused or till.takes(row)]
    gone = {row.id for row in going}
    late = [till.later(row) for row in rows if row.id not in gone]
    return Portion(tuple(going), tuple(late), tuple(till.used()))


class _Till:
    """Counts claims against the rates that they have to keep."""

    def __init__(self, now: int, paces: Mapping[RateScope, Pace]) -> None:
        self._now = now
        self._paces = paces
        self._room = {scope: pace.room(now) for scope, pace in paces.items()}
        self._taken = dict.fromkeys(paces, 0)

    def takes(self, row: OpenClaim) -> bool:
        """Count a row, unless one of its rates has nothing left or it stands in a wrong flow."""
        mine = self._mine(row)
        if self._strays(row) or any(self._room[scope] == self._taken[scope] for scope in mine):
            return False
        for scope in mine:
            self._taken[scope] += 1
        return True

    def later(self, row: OpenClaim) -> OpenClaim:
        """Return a row that is ready anew, so that offers from before count for nothing."""
        free = [self._after(scope).free_at(self._now) for scope in self._mine(row)]
        limited = row.limit_key if self._limited(row) else limit_key_of(row.flow)
        ready_at = max(self._now, row.ready_at + 1, *free)
        flow = flow_of(row.account, limited)
        return replace(row, ready_at=ready_at, offered_at=None, flow=flow)

    def used(self) -> Iterable[Pace]:
        """Return the rates that were made use of, as they are then."""
        return (self._after(scope) for scope, taken in self._taken.items() if taken)

    def _mine(self, row: OpenClaim) -> list[RateScope]:
        return [s for s in scopes_of(row.campaign, row.limit_key) if s in self._paces]

    def _limited(self, row: OpenClaim) -> bool:
        return row.limit_key is not None and (row.campaign, row.limit_key) in self._paces

    def _strays(self, row: OpenClaim) -> bool:
        """Return whether a limited row stands among the others: it came before its limit did.

        It may not go on from there, past those who wait for the same limit in their own flow.
        """
        return self._limited(row) and limit_key_of(row.flow) is None

    def _after(self, scope: RateScope) -> Pace:
        return self._paces[scope].after(self._taken[scope], self._now)
