"""The store of a service in memory: it rings when claims come in, and shows them all."""

from collections.abc import Callable

from fulfiller.domain.claim import Claim, ClaimId
from fulfiller.domain.code import CodeKey
from fulfiller.service.port import Writes
from fulfiller.service.view import PublicClaim, claim_now
from fulfiller.store.memory import MemoryStore


class Shelf(MemoryStore):
    """The in-memory store, and what tests want to see of it."""

    def __init__(self, now: Callable[[], int]) -> None:
        """Ring nowhere yet."""
        super().__init__(now)
        self.ring: Callable[[], None] = lambda: None

    def write(self, writes: Writes) -> None:
        """Write a whole transaction, then ring if claims came in with it."""
        super().write(writes)
        if writes.claims:
            self.ring()

    def claims(self, campaign: str) -> list[Claim]:
        """Return a campaign's claims, first come first."""
        everyone = list(self.shelves.claims.values())
        return [claim for claim in everyone if claim.campaign == campaign]


def shown(campaign: str, shelf: Shelf, key: CodeKey, without: str) -> list[PublicClaim]:
    """Return a campaign's claims as their callers see them now, without those of an account."""
    found = shelf.campaign(campaign)
    if found is None:
        raise LookupError(f"there is no campaign {campaign}")
    ids: list[ClaimId] = [each.id for each in shelf.claims(campaign) if each.account != without]
    views, pauses = shelf.view(ids), shelf.pauses(campaign) if found.pause_credit else ()
    now = shelf.now()
    return [claim_now(views[each], found, key=key, now=now, pauses=pauses) for each in ids]
