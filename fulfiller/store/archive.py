"""The archive over a link: claims by what people know of them, and their events."""

from collections.abc import Collection, Sequence

from fulfiller.domain.claim import Claim, ClaimId
from fulfiller.domain.event import packed
from fulfiller.domain.validity import SECOND
from fulfiller.service.archive import Noted
from fulfiller.store import hot, rows
from fulfiller.store.statement import listed, statement
from fulfiller.store.yard import Yard

APART = 60 * SECOND
"""By how much an event may look older than those before it: what processes' clocks differ by."""

OF_USER = statement(
    'select claim_id from claim where campaign {in:campaigns:text} and "user" = {user:text}'
    " order by claim.claim_id limit {limit:bigint}"
)

# An account comes first in the index, and there are few: step from one to the next.
BOUND = statement(
    "with recursive one(account) as (select min(account) from caller_key union all"
    " select (select min(k.account) from caller_key k where k.account > one.account)"
    " from one where one.account is not null)"
    " select claim_id from caller_key where account in (select account from one)"
    " and key = {key:text}"
    " order by caller_key.claim_id limit {limit:bigint}"
)

# An event packs its claims, 16 bytes each; no index knows them, so the stretch has to be short.
NOTED = statement(
    f"select s.number, {listed(hot.EVENT, 'e')} from event e"
    " left join seal s on s.event_id = e.id"
    " where e.id >= {first:bigint} and e.campaign = {campaign:text} and e.tier = {tier:smallint}"
    " and <place> > 0 order by e.id limit {limit:bigint}",
    place="instr(e.ids, :claim)",
)

NEXT_EVENT = statement("select id, at from event where id >= {first:bigint} order by id limit 1")
LAST_EVENT = statement("select coalesce(max(id), 0) from event")


class Archive(Yard):
    """What is known of claims in one database."""

    def of_user(self, campaigns: Collection[str], user: str, *, limit: int) -> Sequence[ClaimId]:
        """Return a user's claims in these campaigns, in the order of their ids."""
        found = self._one(OF_USER, campaigns=tuple(campaigns), user=user, limit=limit)
        return [ClaimId(str(claim_id)) for (claim_id,) in found]

    def bound(self, key: str, *, limit: int) -> Sequence[ClaimId]:
        """Return the claims for which an idempotency key stands, whoever's key it is, by id."""
        found = self._one(BOUND, key=key, limit=limit)
        return [ClaimId(str(claim_id)) for (claim_id,) in found]

    def noted(self, claim: Claim, *, limit: int) -> Sequence[Noted]:
        """Return the events that name a claim, oldest first."""
        args = {
            "first": self._first(claim.accepted_at - APART),
            "campaign": claim.campaign,
            "tier": claim.tier.value,
            "claim": packed((claim.id,)),
            "limit": limit,
        }
        found = self._one(NOTED, **args)
        return [Noted(cells[0], rows.event(cells[1:])) for cells in found]

    def _first(self, instant: int) -> int:
        """Return the id of the first event of an instant or later, found by halving the log."""
        low, high = 1, int(self._one(LAST_EVENT)[0][0])
        while low < high:
            middle = (low + high) // 2
            # Ids have gaps where transactions were rolled back.
            found = self._one(NEXT_EVENT, first=middle)
            if found and int(found[0][1]) < instant:
                low = int(found[0][0]) + 1
            else:
                high = middle
        return low
