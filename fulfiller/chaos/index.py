"""The books by claim: what every judge looks up."""

from fulfiller.chaos.books import Books
from fulfiller.domain.claim import Claim, ClaimId, OpenClaim, State
from fulfiller.domain.coupon import Coupon
from fulfiller.domain.outcome import Outcome
from fulfiller.service.port import KeyBinding


class Index:
    """The books, and their rows by claim; where there are several, the first one."""

    def __init__(self, books: Books) -> None:
        """Index everything once."""
        self.books = books
        self.claims: dict[ClaimId, Claim] = {}
        for claim in books.claims:
            self.claims.setdefault(claim.id, claim)
        self.coupons: dict[ClaimId, Coupon] = {}
        for coupon in books.coupons:
            self.coupons.setdefault(coupon.claim_id, coupon)
        self.opened: dict[ClaimId, OpenClaim] = {row.id: row for row in books.opened}
        self.outcomes: dict[ClaimId, Outcome] = {}
        for outcome in books.outcomes:
            self.outcomes.setdefault(outcome.claim_id, outcome)
        self.bindings: dict[tuple[str, str], KeyBinding] = {
            (binding.account, binding.key): binding for binding in books.bindings
        }

    def state(self, claim_id: ClaimId) -> State | None:
        """Return how a claim ended up, None if nothing is left of it."""
        if claim_id in self.coupons:
            return State.ISSUED
        outcome = self.outcomes.get(claim_id)
        if outcome is not None:
            return State(outcome.ending)
        row = self.opened.get(claim_id)
        return None if row is None else State(row.stage)
