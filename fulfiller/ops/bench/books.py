"""What the store says of a measurement: how far it is, how long claims took, that it is true."""

from dataclasses import dataclass

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.error import FulfillerError
from fulfiller.domain.event import Kind
from fulfiller.domain.stripe import Count, counted
from fulfiller.ops.bench.histogram import Histogram
from fulfiller.store.proof import prove
from fulfiller.store.sqlstore import SqlStore
from fulfiller.store.statement import Call, Statement, statement

COUPONS = statement("select count(*) from coupon where campaign = {campaign:text}")
WAITS = statement(
    "select coupon.issued_at - claim.accepted_at as wait, count(*) from coupon"
    " join claim on claim.claim_id = coupon.claim_id where coupon.campaign = {campaign:text}"
    " group by wait"
)
EVENTS = statement(
    "select kind, count(*) from event where campaign = {campaign:text} group by kind"
)


class BooksBroken(FulfillerError):
    """What was measured is not what the store holds, so the figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Books:
    """The books of one campaign."""

    store: SqlStore
    campaign: Campaign

    def entered(self) -> int:
        """Return how many claims are committed."""
        return counted(self.store.stripes(self.campaign.id), Count.ENTERED)

    def issued(self) -> int:
        """Return how many coupons are committed, by the ledger."""
        return counted(self.store.stripes(self.campaign.id), Count.ISSUED)

    def waits(self) -> Histogram:
        """Return how long claims took from their accept's reading to their issue's writing."""
        found = Histogram()
        # Claims that are accepted and issued together have waited alike: few rows for many.
        for wait_us, number in self._rows(WAITS):
            found.add(int(str(wait_us)) / 1e6, int(str(number)))
        return found

    def per_commit(self) -> float:
        """Return how many claims were accepted together on average."""
        return self._per_event(Kind.CLAIM_ACCEPTED)

    def per_hint(self) -> float:
        """Return how many claims were issued together on average."""
        return self._per_event(Kind.CLAIM_ISSUED)

    def close(self, claims: int) -> None:
        """Check that exactly these claims came in, and that each has one coupon."""
        ((coupons,),) = self._rows(COUPONS)
        entered, issued = self.entered(), self.issued()
        if not claims == entered == issued == coupons:
            raise BooksBroken(
                f"{self.campaign.id}: {claims} claims, but {entered} entered and {issued} issued"
                f" by the ledger, with {coupons} coupons"
            )

    def close_unissued(self, claims: int) -> None:
        """Check that exactly these claims came in, and that none has a coupon."""
        ((coupons,),) = self._rows(COUPONS)
        entered, issued = self.entered(), self.issued()
        if claims != entered or issued or coupons:
            raise BooksBroken(
                f"{self.campaign.id}: {claims} claims and no coupon were promised, but {entered}"
                f" entered and {issued} issued by the ledger, with {coupons} coupons"
            )

    def _per_event(self, kind: Kind) -> float:
        events = {name: int(str(number)) for name, number in self._rows(EVENTS)}
        return self.entered() / max(1, events.get(kind.value, 0))

    def _rows(self, reading: Statement) -> list[tuple[object, ...]]:
        return self.store.link.read((Call(reading, {"campaign": self.campaign.id}),))[0]


def check_laws(store_url: str) -> None:
    """Prove every law over a whole database."""
    broken = [finding for finding in prove(store_url) if not finding.ok]
    if broken:
        raise BooksBroken("; ".join(f"{finding.law}: {finding.detail}" for finding in broken))
