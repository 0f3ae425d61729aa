"""What is known of claims: that part of the in-memory store."""

from collections.abc import Collection, Sequence

from fulfiller.domain.claim import Claim, ClaimId
from fulfiller.service.archive import Noted
from fulfiller.store.memory_yard import MemoryYard


class MemoryArchive(MemoryYard):
    """Claims by what people know of them, on dictionaries."""

    def of_user(self, campaigns: Collection[str], user: str, *, limit: int) -> Sequence[ClaimId]:
        """Return a user's claims in these campaigns, in the order of their ids."""
        with self._latch:
            rows = self.shelves.claims.values()
            mine = [row.id for row in rows if row.user == user and row.campaign in campaigns]
        return sorted(mine)[:limit]

    def bound(self, key: str, *, limit: int) -> Sequence[ClaimId]:
        """Return the claims for which an idempotency key stands, whoever's key it is, by id."""
        with self._latch:
            mine = [row.claim_id for row in self.shelves.keys.values() if row.key == key]
        return sorted(mine)[:limit]

    def noted(self, claim: Claim, *, limit: int) -> Sequence[Noted]:
        """Return the events that name a claim, oldest first."""
        with self._latch:
            numbers = {seal.position[1]: seal.number for seal in self.shelves.seals}
            events = enumerate(self.shelves.events, start=1)
            mine = [Noted(numbers.get(n), event) for n, event in events if claim.id in event.ids]
        return mine[:limit]
