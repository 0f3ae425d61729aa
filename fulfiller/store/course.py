"""The course of a campaign, out of its event log: counted by the minute, in one snapshot.

The database sums up, so that a campaign of millions of events takes as much memory here as it
has minutes. People are in none of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.stripe import Stripe
from fulfiller.domain.validity import SECOND
from fulfiller.store import hot, rows
from fulfiller.store.snapshot import Snapshot
from fulfiller.store.statement import listed

MINUTE = 60 * SECOND

COUNTED = f"""
  select at / {MINUTE} as minute, kind, cast(sum(length(ids)) / 16 as bigint) as claims,
    cast(sum(amount) as bigint) as amount
  from event where campaign = :campaign group by at / {MINUTE}, kind order by 1, 2"""

# As exact as anybody looks at: to 10 ms below a second, to 0.1 s below a minute.
WAITED = f"""
  select minute, wait, count(*) as claims from (
    select minute, case when us < {SECOND} then us / 10000 * 10000
      when us < {MINUTE} then us / 100000 * 100000 else us / {SECOND} * {SECOND} end as wait
    from (
      select o.issued_at / {MINUTE} as minute, o.issued_at - c.accepted_at as us
      from coupon o join claim c on c.claim_id = o.claim_id where o.campaign = :campaign
    ) spans
  ) waits group by minute, wait order by minute, wait"""

# What is rare: modes of the campaign and of the service, terms, rates, and acts by hand.
NOTABLE = f"""
  select {listed(hot.EVENT)} from event
  where campaign in (:campaign, '*') and (actor like 'operator:%' or actor like 'flower:%'
    or (kind not like 'claim.%' and kind not like 'coupon.%' and kind <> '{Kind.PRESSURE_REPORTED}'
      and kind <> '{Kind.BUDGET_GATHERED}'))
  order by id"""

# Why claims were parked; what follows a colon is a fault's own text, and may name somebody.
PARKED = f"""
  select detail, min(at) as since, cast(sum(length(ids)) / 16 as bigint) as claims
  from event where campaign = :campaign and kind = '{Kind.CLAIM_PARKED}'
  group by detail order by 2"""

REFUSED = """
  select code, sum(refused) as claims from refusal where campaign = :campaign
  group by code order by 2 desc, 1"""

TERMS = "select terms from campaign where id = :campaign"
STRIPES = f"select {listed(hot.STRIPE)} from stripe where campaign = :campaign order by number"


@dataclass(frozen=True, slots=True)
class Counted:
    """To how many claims something happened in a minute, and how much money they are worth."""

    minute: int
    kind: Kind
    claims: int
    amount: int


@dataclass(frozen=True, slots=True)
class Waited:
    """How many claims got their coupon in a minute after a wait in microseconds."""

    minute: int
    wait: int
    claims: int


@dataclass(frozen=True, slots=True)
class Course:
    """One campaign's course, as one snapshot has it."""

    seen: Snapshot
    campaign: str

    def terms(self) -> Campaign | None:
        """Return the campaign, None if there is none of this name."""
        for row in self.seen.rows(TERMS, campaign=self.campaign):
            return rows.campaign(row["terms"])
        return None

    def stripes(self) -> list[Stripe]:
        """Return its ledger."""
        found = self.seen.rows(STRIPES, campaign=self.campaign)
        return [rows.stripe(hot.STRIPE, tuple(row.values())) for row in found]

    def counted(self) -> Iterator[Counted]:
        """Yield what happened, minute by minute."""
        for row in self.seen.stream(COUNTED, campaign=self.campaign):
            yield Counted(row["minute"], Kind(row["kind"]), row["claims"], row["amount"])

    def waited(self) -> Iterator[Waited]:
        """Yield how long those waited who got a coupon, by minute, the shortest first."""
        for row in self.seen.stream(WAITED, campaign=self.campaign):
            yield Waited(row["minute"], row["wait"], row["claims"])

    def notable(self) -> Iterator[Event]:
        """Yield what moved the campaign or the service, and what was done by hand."""
        for row in self.seen.stream(NOTABLE, campaign=self.campaign):
            yield rows.event(tuple(row.values()))

    def parked(self) -> Iterator[tuple[int, str, int]]:
        """Yield since when claims were parked, for which kind of fault, and how many."""
        for row in self.seen.stream(PARKED, campaign=self.campaign):
            yield row["since"], row["detail"].partition(":")[0], row["claims"]

    def refused(self) -> dict[str, int]:
        """Return how many claims were refused, by code, as far as intakes told."""
        found = self.seen.rows(REFUSED, campaign=self.campaign)
        return {row["code"]: int(row["claims"]) for row in found}
