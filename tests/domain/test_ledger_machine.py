"""The ledger: whatever is done to claims and coupons, each stripe says what they add up to.

A second set of books is kept by hand, claim by claim: on which stripe its money lies and where
the claim or its coupon stands. From it follows what every answer must be, and every purse.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from fulfiller.domain.act import Verb
from fulfiller.domain.breaker import Mode
from fulfiller.domain.claim import Claim, ClaimId, State
from fulfiller.domain.coupon import CouponState
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.outcome import Accepted, Refused, Repeated, Why
from fulfiller.domain.stripe import Count, Purse, Stripe, total
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY, SECOND
from fulfiller.service.admit import Usher, admit
from fulfiller.service.consolidate import consolidate
from fulfiller.service.extend import Extension, extend
from fulfiller.service.keep import LEASE
from fulfiller.service.move import abandon, park, replay
from fulfiller.service.redeem import Handled, Order, handle
from tests.domain.festival import OPENING, VALUE, festival
from tests.service.stall import Stall, wish

USERS = st.sampled_from(["li", "wu", "he", "ma", "xu", "yu"])
CANCELLABLE = (State.WAITLISTED, State.ACCEPTED)
PURSES = {
    State.WAITLISTED: Purse.RESERVED,
    State.ACCEPTED: Purse.RESERVED,
    State.PARKED: Purse.RESERVED,
    CouponState.ISSUED: Purse.ISSUED,
    CouponState.RESERVED: Purse.ISSUED,
    CouponState.REDEEMED: Purse.REDEEMED,
}
"""Where a claim's money lies; where none is named it has gone back."""
HOLD_S = 600
CLOSING = OPENING + 10_000 * DAY


@dataclass(slots=True)
class Entry:
    """What is known of a claim: its stripe, its tier, and where it or its coupon stands."""

    claim: Claim
    stripe: int
    at: State | CouponState
    key: str = ""
    until: int = 0

    @property
    def tally(self) -> tuple[int, Tier, Count]:
        """Where it is counted."""
        state = State.ISSUED if isinstance(self.at, CouponState) else self.at
        return (self.stripe, self.claim.tier, Count(state.value))


class Ledger(RuleBasedStateMachine):
    """A small budget, a few people, and everything that moves money."""

    claims = Bundle("claims")
    coupons = Bundle("coupons")

    @initialize(
        target=claims,
        coupons=st.integers(1, 4),
        rest=st.integers(0, VALUE - 1),
        stripes=st.integers(1, 3),
    )
    def open(self, coupons: int, rest: int, stripes: int) -> Any:
        """Open a campaign whose budget need not come out even, and take in the first."""
        budget = coupons * VALUE + rest
        self.stall = Stall(festival(budget=budget, stripes=stripes, closes_at=CLOSING))
        self.fence = self.stall.store.lease(LEASE, "keeper", ttl_s=10**9)
        self.budget, self.book = budget, dict[ClaimId, Entry]()
        self.floor = 0
        return self.accept("li", Tier.P2, 0)

    @rule(target=claims, user=USERS, tier=st.sampled_from(Tier), start=st.integers(0, 3))
    def ask(self, user: str, tier: Tier, start: int) -> Any:
        """Ask for a coupon: one each, as long as the money lasts."""
        return self.accept(user, tier, start)

    def accept(self, user: str, tier: Tier, start: int) -> Any:
        """Ask, and check the answer against the second set of books."""
        key = f"key {next(self.stall.numbers)}"
        (answer,) = self.stall.accept(wish(user, key=key, tier=tier), start=start)
        mine = [e for e in self.book.values() if e.claim.user == user]
        mine = [entry for entry in mine if entry.at is not State.CANCELLED]
        if mine:
            assert answer == Repeated(mine[0].claim.id)
            return multiple()
        if self._left() < VALUE:
            assert answer == Refused(Why.SOLD_OUT)
            return multiple()
        assert isinstance(answer, Accepted)
        assert answer.state is (State.WAITLISTED if self._queues(tier) else State.ACCEPTED)
        self.book[answer.claim.id] = Entry(answer.claim, answer.stripe, answer.state)
        return answer.claim.id

    @rule(target=coupons, picked=st.lists(claims, min_size=1, max_size=3), again=st.booleans())
    def issue(self, picked: list[ClaimId], *, again: bool) -> Any:
        """Run a hint; of whatever is not accepted nothing becomes."""
        wanted = self._at(picked, State.ACCEPTED)
        assert sorted(self.stall.issue(*picked, redelivered=again).issued) == wanted
        self._move(wanted, CouponState.ISSUED)
        return multiple(*wanted)

    @rule(claim=claims)
    def cancel(self, claim: ClaimId) -> None:
        """Cancel, unless it is too late."""
        open_still = self.book[claim].at in CANCELLABLE
        assert self.stall.cancel(claim) is open_still
        self._move([claim] if open_still else [], State.CANCELLED)

    @rule(picked=st.lists(claims, min_size=1, max_size=3))
    def park(self, picked: list[ClaimId]) -> None:
        """Set accepted claims aside, with their money."""
        wanted = self._at(picked, State.ACCEPTED)
        assert sorted(park(picked, "why", **self._by())) == wanted
        self._move(wanted, State.PARKED)

    @rule(picked=st.lists(claims, min_size=1, max_size=3))
    def replay(self, picked: list[ClaimId]) -> None:
        """Make parked claims ready again."""
        wanted = self._at(picked, State.PARKED)
        assert sorted(replay(picked, **self._by())) == wanted
        self._move(wanted, State.ACCEPTED)

    @rule(picked=st.lists(claims, min_size=1, max_size=3))
    def abandon(self, picked: list[ClaimId]) -> None:
        """Give parked claims up; their money is there for others."""
        wanted = self._at(picked, State.PARKED)
        assert sorted(abandon(picked, "why", **self._by())) == wanted
        self._move(wanted, State.DECLINED)

    @rule(claim=coupons, verb=st.sampled_from(Verb), own=st.booleans(), operator=st.booleans())
    def order(self, claim: ClaimId, verb: Verb, *, own: bool, operator: bool) -> None:
        """Do something to a coupon, under the key that has it or under a new one."""
        entry = self.book[claim]
        key = entry.key if own and entry.key else f"key {next(self.stall.numbers)}"
        account = "" if operator and not own else "owner"
        lookup = self.stall.store.shelves.coupons[claim].lookup
        order = Order(
            verb=verb, lookup=lookup, account=account, key=key, actor="test", hold_s=HOLD_S
        )
        done = handle(order, store=self.stall.store, now=self.stall.now)
        may = self._may(entry, order) and not self._done_before(entry, order)
        assert (isinstance(done, Handled) and not done.replayed) is may
        if isinstance(done, Handled) and may:
            entry.at = done.coupon.state
            entry.until = min(self.stall.now + HOLD_S * SECOND, self._end(entry))
            entry.key = key if verb in (Verb.RESERVE, Verb.REDEEM) else ""

    @rule(claim=coupons)
    def redeem(self, claim: ClaimId) -> None:
        """Redeem a coupon at a checkout of its own."""
        self.order(claim, Verb.REDEEM, own=False, operator=False)

    @rule(claim=coupons, own=st.booleans())
    def roll_back(self, claim: ClaimId, *, own: bool) -> None:
        """Take back what was redeemed, under its key or as an operator."""
        self.order(claim, Verb.ROLL_BACK, own=own, operator=True)

    @rule(days=st.integers(0, 60))
    def extend(self, days: int) -> None:
        """Let all coupons be valid until some day, if that is longer than they were told."""
        until = self.stall.now + days * DAY
        done = extend("festival", until, **self._by())
        longer = days > 0 and until > self.floor
        assert (done.how is Extension.EXTENDED) is longer
        self.floor = until if longer else self.floor

    @rule(scope=st.sampled_from(["festival", SERVICE]), mode=st.sampled_from(Mode))
    def switch(self, scope: str, mode: Mode) -> None:
        """Pause, or let flow."""
        row = self.stall.store.modes()[scope]
        self.stall.mode(scope, mode=mode, since=self.stall.now, generation=row.generation + 1)

    @rule()
    def admit(self) -> None:
        """Admit whom the mode lets in; without a rate a ramp gives nothing at once."""
        assert self.fence is not None
        number = admit(Usher(), store=self.stall.store, fence=self.fence)
        waiting = self._at(list(self.book), State.WAITLISTED)
        assert number == (len(waiting) if self._flows() else 0)
        self._move(waiting if self._flows() else [], State.ACCEPTED)

    @rule()
    def consolidate(self) -> None:
        """Gather the money; the sum is what is available."""
        assert consolidate("festival", store=self.stall.store, now=self.stall.now) == self._left()

    @rule(seconds=st.integers(1, 40 * 86_400))
    def wait(self, seconds: int) -> None:
        """Let time pass, sometimes more than a coupon or a reservation lasts."""
        self.stall.now += seconds * SECOND

    @invariant()
    def each_stripe_says_what_lies_on_it(self) -> None:
        """Its purses hold the money of its own claims and coupons, and its books balance."""
        held = Counter(
            (entry.stripe, PURSES[entry.at]) for entry in self.book.values() if entry.at in PURSES
        )
        for stripe in self._stripes():
            assert stripe.broken() is None
            for purse in (Purse.RESERVED, Purse.ISSUED, Purse.REDEEMED):
                assert stripe[purse] == VALUE * held[stripe.key.number, purse]

    @invariant()
    def the_budget_is_neither_more_nor_less(self) -> None:
        """Whatever is not given away is available, and there never is more than was given."""
        assert total(self._stripes(), Purse.LIMIT) == self.budget
        assert total(self._stripes(), Purse.AVAILABLE) == self._left() >= 0

    @invariant()
    def each_stripe_counts_its_own_claims(self) -> None:
        """Tier by tier, once as entered and once where they stand."""
        wanted = Counter(entry.tally for entry in self.book.values())
        wanted.update((e.stripe, e.claim.tier, Count.ENTERED) for e in self.book.values())
        counted = Counter(
            {
                (stripe.key.number, *tally): number
                for stripe in self._stripes()
                for tally, number in stripe.counts.items()
            }
        )
        assert counted == wanted

    @invariant()
    def it_is_sold_out_only_when_it_is(self) -> None:
        """Nobody is sent away while there is a coupon left."""
        if self.stall.store.modes()["festival"].exhausted:
            assert self._left() < VALUE

    def _left(self) -> int:
        return self.budget - VALUE * sum(entry.at in PURSES for entry in self.book.values())

    def _stripes(self) -> list[Stripe]:
        return list(self.stall.store.stripes("festival"))

    def _at(self, picked: list[ClaimId], at: State) -> list[ClaimId]:
        return sorted({claim for claim in picked if self.book[claim].at is at})

    def _move(self, moved: list[ClaimId], to: State | CouponState) -> None:
        for claim in moved:
            self.book[claim].at = to

    def _by(self) -> dict[str, Any]:
        return {"store": self.stall.store, "now": self.stall.now, "actor": "operator:li"}

    def _flows(self) -> bool:
        return all(row.mode is Mode.FLOWING for row in self.stall.store.modes().values())

    def _queues(self, tier: Tier) -> bool:
        waiting = [e for e in self.book.values() if e.at is State.WAITLISTED]
        return not self._flows() or any(entry.claim.tier is tier for entry in waiting)

    def _may(self, entry: Entry, order: Order) -> bool:
        """Return whether a coupon's state, its end and who has it allow an order."""
        now = self.stall.now
        free = entry.at is CouponState.ISSUED or (
            entry.at is CouponState.RESERVED and now >= entry.until
        )
        held = entry.at is CouponState.RESERVED and not free
        mine, valid = order.key == entry.key, now < self._end(entry)
        return {
            Verb.RESERVE: free and valid,
            Verb.REDEEM: (free and valid) or (held and mine),
            Verb.RELEASE: held and mine,
            Verb.ROLL_BACK: entry.at is CouponState.REDEEMED and (mine or not order.account),
            Verb.REVOKE: free or held,
        }[order.verb]

    def _done_before(self, entry: Entry, order: Order) -> bool:
        done = {CouponState.RESERVED: Verb.RESERVE, CouponState.REDEEMED: Verb.REDEEM}
        return (
            isinstance(entry.at, CouponState)
            and order.key == entry.key
            and order.verb is done[entry.at]
        )

    def _end(self, entry: Entry) -> int:
        return max(self.stall.store.shelves.coupons[entry.claim.id].valid_until, self.floor)


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
