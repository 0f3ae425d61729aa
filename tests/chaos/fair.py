"""A fair: everything that can happen to claims happens once, through the verbs, on the record."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from fulfiller.chaos.history import Ask, Phase
from fulfiller.chaos.reading import books_of
from fulfiller.domain.act import Verb
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import ClaimId, Request, State, public_id
from fulfiller.domain.code import grouped, mint
from fulfiller.domain.outcome import Accepted, Answer, Refused
from fulfiller.domain.stripe import Purse, total
from fulfiller.service.accept import accept
from fulfiller.service.admit import Usher, admit
from fulfiller.service.create import create
from fulfiller.service.decide import Round
from fulfiller.service.govern import Chair, govern
from fulfiller.service.issue import Press, issue
from fulfiller.service.move import cancel
from fulfiller.service.redeem import Handled, Order, handle
from fulfiller.service.seal import seal
from fulfiller.store.memory import MemoryStore
from tests.chaos.recorder import Clock, Recorder, Told
from tests.chaos.spoiling import Case
from tests.domain.festival import OPENING, festival
from tests.service.stall import KEY

START = OPENING + 3_600_000_000


class Fair:
    """The in-memory store, the verbs that clients call on it, and those of keeper and workers."""

    def __init__(self) -> None:
        """Open with nothing on it."""
        self.clock = Clock(START)
        self.store = MemoryStore(now=self.clock)
        self.recorder = Recorder(self.clock)
        self.names: dict[str, ClaimId] = {}
        self.calls: dict[str, int] = {}
        self._numbers = count(1)
        self._fence = self.store.lease("keeper", "test", ttl_s=86_400) or 0
        self._chair, self._usher = Chair(), Usher()

    def found(self, name: str, **terms: Any) -> Campaign:
        """Create a campaign."""
        campaign = festival(id=name, **terms)
        assert create(campaign, store=self.store, now=self.clock(), actor="test")
        return campaign

    # What clients do

    def claim(self, name: str, user: str, campaign: str, **rest: Any) -> None:
        """Claim a coupon; call and claim are known by the name from then on."""
        asked = self._asked(name, user, campaign, rest)
        self._call(name, Ask.CLAIM, lambda: self._claimed(name, asked), asked)

    def lose(self, name: str, user: str, campaign: str, *, done: bool, **rest: Any) -> None:
        """Claim a coupon and never hear of it again, whether it is done or not."""
        asked = self._asked(name, user, campaign, rest)

        def unheard() -> Told:
            if done:
                self._claimed(name, asked)
            return Phase.INFO, {"why": "timeout"}

        self._call(name, Ask.CLAIM, unheard, asked)

    def vanish(self, name: str, user: str, campaign: str) -> None:
        """Claim a coupon and end before there is an answer."""
        asked = self._asked(name, user, campaign, {}) | {"proc": name}
        self._call(name, Ask.CLAIM, lambda: None, asked)

    def look(self, name: str, claim: str) -> None:
        """Look at a claim."""
        claim_id = self.names[claim]
        asked = {"claim_id": public_id(claim_id), "account": "shop"}
        self._call(name, Ask.LOOK, lambda: (Phase.OK, self._shown(claim_id)), asked)

    def cancel(self, name: str, claim: str) -> None:
        """Cancel a claim."""
        claim_id = self.names[claim]

        def cancelled() -> Told:
            now = self.clock()
            done = cancel(claim_id, store=self.store, now=now, account="shop", actor="shop")
            shown = self._shown(claim_id)
            return (Phase.OK, shown) if done else (Phase.FAIL, {"why": "not_cancellable"})

        asked = {"claim_id": public_id(claim_id), "account": "shop"}
        self._call(name, Ask.CANCEL, cancelled, asked)

    def handle(self, name: str, claim: str, verb: Verb, **rest: Any) -> None:
        """Handle the coupon of a claim."""
        claim_id = self.names[claim]
        asked = {"account": "owner", "key": f"checkout-{claim}", "verb": verb.value} | rest
        minted = mint(claim_id, 0, KEY)

        def handled() -> Told:
            order = Order(
                verb=verb,
                lookup=minted.lookup,
                account=asked["account"],
                key=asked["key"],
                actor="owner",
                hold_s=60,
            )
            done = handle(order, store=self.store, now=self.clock())
            if isinstance(done, Handled):
                return Phase.OK, {"state": done.coupon.state.value}
            return Phase.FAIL, {"why": done.why.value}

        self._call(name, Ask.HANDLE, handled, asked | {"code": grouped(minted.code)})

    def snapshot(self, name: str) -> None:
        """Read what lies in all purses."""

        def read() -> Told:
            purses = {
                campaign.id: {
                    purse.value: total(self.store.stripes(campaign.id), purse) for purse in Purse
                }
                for campaign in self.store.campaigns()
            }
            return Phase.OK, {"purses": purses}

        self._call(name, Ask.SNAPSHOT, read, {})

    # What workers and the keeper do

    def issue(self, *names: str) -> None:
        """Issue claims, in one transaction."""
        self.issue_ids(*(self.names[name] for name in names))

    def issue_ids(self, *ids: ClaimId) -> None:
        """Issue claims by their ids."""
        issue(ids, Press(store=self.store, key=KEY, now=self.clock))
        self.clock.on(0.01)

    def keep(self, seconds: int, *, admitting: bool = True) -> None:
        """Govern and admit each second, for a while."""
        for _ in range(seconds):
            self.clock.on(1)
            govern(self._chair, store=self.store, fence=self._fence)
            if admitting:
                admit(self._usher, store=self.store, fence=self._fence)

    def seal(self) -> None:
        """Seal everything that has happened."""
        while seal(store=self.store, fence=self._fence):
            pass

    def case(self) -> Case:
        """Return the history with the books, to be judged or spoiled."""
        books = books_of(self.store, keys={KEY.id: KEY}, captured=(b'{"ids": ["a", "b"]}',))
        return Case(list(self.recorder.history), books, dict(self.names), dict(self.calls))

    def _call(self, name: str, ask: Ask, act: Any, asked: Mapping[str, Any]) -> None:
        assert name not in self.calls
        self.calls[name] = self.recorder.call(ask, act, **asked)

    def _asked(
        self, name: str, user: str, campaign: str, rest: Mapping[str, Any]
    ) -> dict[str, Any]:
        usual = {"account": "shop", "campaign": campaign, "user": user, "key": name}
        return {**usual, "body": f"{campaign} {user}", "deadline_s": 5.0, **rest}

    def _claimed(self, name: str, asked: Mapping[str, Any]) -> Told:
        names = ("account", "campaign", "user", "key", "grant", "limit_key")
        given = {each: asked[each] for each in names if each in asked}
        request = Request(fingerprint=asked["body"].encode(), **given)
        circumstances = Round(now=self.clock(), new_id=self._new_id)
        (answer,) = accept((request,), store=self.store, circumstances=circumstances)
        return self._told(name, answer)

    def _told(self, name: str, answer: Answer) -> Told:
        if isinstance(answer, Refused):
            return Phase.FAIL, {"why": answer.why.value}
        fresh = isinstance(answer, Accepted)
        claim_id = answer.claim.id if isinstance(answer, Accepted) else answer.claim_id
        self.names[name] = claim_id
        return Phase.OK, self._shown(claim_id) | ({} if fresh else {"repeated": True})

    def _shown(self, claim_id: ClaimId) -> dict[str, Any]:
        view = self.store.view((claim_id,))[claim_id]
        coded = view.state is State.ISSUED
        code = {"code": grouped(mint(claim_id, 0, KEY).code)} if coded else {}
        return {"claim_id": public_id(claim_id), "state": view.state.value} | code

    def _new_id(self) -> ClaimId:
        return ClaimId(f"01900000-0000-7000-8000-{next(self._numbers):012x}")
