"""Any order: whatever verbs run in whatever order, the books balance after each of them."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fulfiller.domain.claim import ClaimId, State, check_move
from fulfiller.domain.eligibility import Applicant, Eligible, Ineligible, Unsure, Verdict
from fulfiller.domain.error import StoreUnavailable
from fulfiller.domain.event import GENESIS, Kind, digest
from fulfiller.domain.outcome import Accepted
from fulfiller.domain.stripe import Purse
from fulfiller.domain.tier import Tier
from fulfiller.service.consolidate import consolidate
from fulfiller.service.issue import issue
from fulfiller.service.keep import LEASE
from fulfiller.service.move import abandon, park, replay
from fulfiller.service.seal import seal
from tests.domain.festival import VALUE, festival
from tests.service.stall import Hook, Stall, lose, times, wish

FAULTS = st.sampled_from(["lost race", "nothing written", "written, but nobody knows"])
ASKED = st.builds(
    wish,
    st.sampled_from(["li", "wu", "he", "ma"]),
    key=st.sampled_from("klmnop"),
    body=st.sampled_from("ab"),
    account=st.sampled_from(["shop", "shop", "rival"]),
    campaign=st.sampled_from(["festival", "other"]),
    grant=st.sampled_from(["default", "friend"]),
    tier=st.sampled_from(Tier),
)
PICKS = st.lists(st.integers(0, 99), min_size=1, max_size=5)
SAID = st.lists(st.sampled_from([Eligible(), Ineligible("no"), Unsure()]), min_size=1, max_size=3)
KINDS = {
    State.ISSUED: Kind.CLAIM_ISSUED,
    State.CANCELLED: Kind.CLAIM_CANCELLED,
    State.DECLINED: Kind.CLAIM_DECLINED,
}


class AnyOrder(RuleBasedStateMachine):
    """Two small campaigns, a few people, and everything that may happen to them."""

    @initialize(coupons=st.integers(1, 5), rest=st.integers(0, VALUE - 1))
    def open(self, coupons: int, rest: int) -> None:
        """Open the campaigns, one of them with a budget that doesn't come out even."""
        small = festival(budget=coupons * VALUE + rest, per_user_limit=2)
        self.stall = Stall(small, festival(id="other", budget=3 * VALUE, stripes=2))
        self.fence = self.stall.store.lease(LEASE, "keeper", ttl_s=10**9)
        self.seen: dict[ClaimId, State] = {}
        self.stall.accept(wish("first"))

    @rule(asked=st.lists(ASKED, min_size=1, max_size=5), start=st.integers(0, 4))
    def accept(self, asked: list[Any], start: int) -> None:
        """Take in a group."""
        self.stall.accept(*asked, start=start)

    @rule(picks=PICKS, redelivered=st.booleans())
    def issue(self, picks: list[int], *, redelivered: bool) -> None:
        """Run a hint, of whatever age."""
        self.stall.issue(*self._picked(picks), redelivered=redelivered)

    @rule(picks=PICKS, redelivered=st.booleans(), said=st.none() | SAID)
    def ask(self, picks: list[int], said: list[Verdict] | None, *, redelivered: bool) -> None:
        """Run a hint before a hook that says yes, no and unsure, or nothing at all."""
        saying = None if said is None else cycle(said)

        def hook(applicants: Sequence[Applicant]) -> list[Verdict] | None:
            return None if saying is None else list(islice(saying, len(applicants)))

        press = replace(self.stall.press, ask=hook)
        issue(self._picked(picks), press, redelivered=redelivered)

    @rule(picks=PICKS)
    def cancel(self, picks: list[int]) -> None:
        """Cancel for its account, unless it is too late."""
        claim = self._picked(picks)[0]
        owner = self.stall.store.shelves.claims[claim].account
        before = self.stall.state(claim)
        assert self.stall.cancel(claim, owner) == (before is State.ACCEPTED)

    @rule(picks=PICKS)
    def meddle(self, picks: list[int]) -> None:
        """Try to cancel what is somebody else's."""
        assert not any(self.stall.cancel(claim, "nobody") for claim in self._picked(picks))

    @rule()
    def rush(self) -> None:
        """Let more people come than there are coupons left."""
        names = [f"late {next(self.stall.numbers)}" for _ in range(6)]
        answers = self.stall.accept(*map(wish, names))
        left = self.stall.money(Purse.AVAILABLE)
        assert left < VALUE
        assert [isinstance(answer, Accepted) for answer in answers] == sorted(
            (isinstance(answer, Accepted) for answer in answers), reverse=True
        )

    @rule(picks=PICKS, move=st.sampled_from([park, abandon]))
    def set_aside(self, picks: list[int], move: Any) -> None:
        """Park claims, or give up those that are parked."""
        ids = self._picked(picks)
        move(ids, "why", store=self.stall.store, now=self.stall.now, actor="operator:li")

    @rule(picks=PICKS)
    def replay(self, picks: list[int]) -> None:
        """Make parked claims ready again."""
        ids = self._picked(picks)
        replay(ids, store=self.stall.store, now=self.stall.now, actor="operator:li")

    @rule(campaign=st.sampled_from(["festival", "other", "nowhere"]))
    def consolidate(self, campaign: str) -> None:
        """Gather and count the money."""
        consolidate(campaign, store=self.stall.store, now=self.stall.now)

    @rule(campaign=st.sampled_from(["festival", "other"]), held=st.booleans())
    def hold(self, campaign: str, *, held: bool) -> None:
        """Stop a campaign's issuing, or let it go on."""
        self.stall.mode(campaign, held=held)

    @rule()
    def seal(self) -> None:
        """Seal what was logged so far."""
        assert self.fence is not None
        seal(store=self.stall.store, fence=self.fence)

    @rule(fault=FAULTS, asked=st.lists(ASKED, min_size=1, max_size=3), picks=PICKS)
    def run_into(self, fault: str, asked: list[Any], picks: list[int]) -> None:
        """Accept and issue in bad weather, and run both again when it is over."""
        store = self.stall.store
        hooks = store.after if fault.startswith("written") else store.before
        for step in ("write", "commit"):
            hooks[step] = _weather(fault)
        for _ in range(3):
            try:
                self.stall.accept(*asked)
                self.stall.issue(*self._picked(picks))
            except StoreUnavailable:
                self.stall.audit()
        hooks.clear()

    @rule(seconds=st.integers(1, 100))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.stall.now += seconds * 1_000_000

    @invariant()
    def the_books_balance(self) -> None:
        """Stripes are unbroken, each claim is in one place, counters and rows agree."""
        if self._is_open():
            self.stall.audit()

    @invariant()
    def nothing_is_overspent(self) -> None:
        """There are never more coupons and promises than the budget pays for."""
        for campaign in self._campaigns():
            spent = sum(self.stall.money(p, campaign.id) for p in (Purse.ISSUED, Purse.RESERVED))
            assert spent <= campaign.coupons * VALUE <= campaign.budget

    @invariant()
    def claims_move_as_drawn(self) -> None:
        """From look to look every claim has made legal moves only, and endings stand."""
        for claim_id in self.stall.store.shelves.claims if self._is_open() else ():
            old, new = self.seen.get(claim_id, State.ACCEPTED), self.stall.state(claim_id)
            if old is State.PARKED and new in {State.ISSUED, State.CANCELLED}:
                old = State.ACCEPTED  # replayed in between
            if old is State.ACCEPTED and new is State.DECLINED:
                old = State.PARKED  # parked in between
            if old is not new:
                check_move(old, new)
            self.seen[claim_id] = new

    def teardown(self) -> None:
        """Fold the log: it tells of every ending once, and its seals form a chain."""
        if not self._is_open():
            return
        self.seal()
        shelves, previous = self.stall.store.shelves, GENESIS
        for one, event in zip(shelves.seals, shelves.events, strict=True):
            previous = digest(previous, one.number, event)
            assert one.digest == previous
        entered = [i for event in self.stall.events(Kind.CLAIM_ACCEPTED) for i in event.ids]
        assert sorted(entered) == sorted(shelves.claims)
        for state, kind in KINDS.items():
            told = sorted(i for event in self.stall.events(kind) for i in event.ids)
            assert told == sorted(i for i in shelves.claims if self.stall.state(i) is state)

    def _is_open(self) -> bool:
        return hasattr(self, "stall")

    def _picked(self, picks: list[int]) -> list[ClaimId]:
        """Return some of the claims there are; there always is one."""
        claims = sorted(self.stall.store.shelves.claims)
        return [claims[pick % len(claims)] for pick in picks]

    def _campaigns(self) -> list[Any]:
        return list(self.stall.store.campaigns()) if self._is_open() else []


def _weather(fault: str) -> Hook:
    return lose(3) if fault == "lost race" else times(1, StoreUnavailable("the line is cut"))


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
