"""Clients, workers and a keeper at once, on every store: what comes of it is in order."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from random import Random
from threading import Event, Lock
from typing import Any

import pytest
from msgspec import structs

from fulfiller.chaos.checker import check
from fulfiller.chaos.history import Ask, Line, Phase
from fulfiller.chaos.reading import books_of
from fulfiller.clock import claim_ids, monotonic, wall_clock
from fulfiller.domain.claim import Request, State, public_id
from fulfiller.domain.code import mint
from fulfiller.domain.error import FulfillerError
from fulfiller.domain.outcome import Accepted, Refused, Why
from fulfiller.domain.stripe import Purse, total
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY
from fulfiller.service.accept import accept
from fulfiller.service.admit import Usher, admit
from fulfiller.service.create import create
from fulfiller.service.decide import Round
from fulfiller.service.dispatch import Lane
from fulfiller.service.govern import Chair, govern
from fulfiller.service.issue import Press, issue
from fulfiller.service.move import cancel
from fulfiller.service.seal import seal
from fulfiller.service.serving import FRONT
from fulfiller.service.steer import Act, let_flow, pause
from fulfiller.store.memory import MemoryStore
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.domain.festival import VALUE, festival
from tests.service.stall import KEY

Store = MemoryStore | SqlStore
CAMPAIGNS = ("festival", "small")
CLIENTS, CALLS = 4, 60
TURNS_MAX = 2_000


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def open_one(request: pytest.FixtureRequest) -> Callable[[], Store]:
    """Opens store objects on one truth, once of each kind."""
    if request.param == "memory":
        shared = MemoryStore(now=wall_clock)
        return lambda: shared
    url: str = request.getfixturevalue(f"{request.param}_url")
    return lambda: open_store(url, application="test")


@dataclass(slots=True)
class Desk:
    """Where all clients write their lines down."""

    lines: list[Line] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    latch: Lock = field(default_factory=Lock)

    def number(self) -> int:
        """Return the number of a new call."""
        with self.latch:
            return next(self.numbers)

    def write(self, call: int, proc: str, phase: Phase, ask: Ask, **fields: Any) -> None:
        """Write a line down as of now."""
        now, wall = monotonic(), wall_clock()
        line = Line(call=call, proc=proc, phase=phase, ask=ask, mono=now, wall=wall, **fields)
        with self.latch:
            self.lines.append(line)


class Client:
    """One client that claims, repeats, looks and cancels."""

    def __init__(self, number: int, store: Store, desk: Desk) -> None:
        """Draw what to do by the number."""
        self.proc = f"client {number}"
        self.store, self.desk = store, desk
        self.random = Random(number)
        self.sent: list[Request] = []
        self.known: list[str] = []

    def run(self) -> None:
        """Make so many calls."""
        acts = (self.claim, self.claim, self.claim, self.repeat, self.look, self.cancel, self.read)
        for _ in range(CALLS):
            self.random.choice(acts)()
        self.store.close()

    def claim(self) -> None:
        """Claim a coupon for one of a few users, whom all clients share."""
        key = f"{self.proc} {len(self.sent)}"
        request = Request(
            account="shop",
            campaign=self.random.choice(CAMPAIGNS),
            user=f"user {self.random.randrange(8)}",
            grant=self.random.choice(("default", "second", "third", "fourth")),
            key=key,
            fingerprint=key.encode(),
        )
        self.sent.append(request)
        self._send(request)

    def repeat(self) -> None:
        """Send an earlier request again, maybe with another body."""
        if self.sent:
            body = self.random.choice((b"another", None))
            request = self.random.choice(self.sent)
            self._send(request if body is None else structs.replace(request, fingerprint=body))

    def look(self) -> None:
        """Look at a claim."""
        if self.known:
            claim_id = self.random.choice(self.known)
            self._call(Ask.LOOK, lambda: self._shown(claim_id), claim_id=public_id(_id(claim_id)))

    def cancel(self) -> None:
        """Cancel a claim."""
        if not self.known:
            return
        claim_id = _id(self.random.choice(self.known))

        def cancelled() -> tuple[Phase, dict[str, Any]]:
            now = self.store.now()
            done = cancel(claim_id, store=self.store, now=now, account="shop", actor="shop")
            return self._shown(claim_id) if done else (Phase.FAIL, {"why": "not_cancellable"})

        self._call(Ask.CANCEL, cancelled, claim_id=public_id(claim_id))

    def read(self) -> None:
        """Read all purses, each campaign's in one snapshot."""

        def purses() -> tuple[Phase, dict[str, Any]]:
            read = {name: self.store.stripes(name) for name in CAMPAIGNS}
            sums = {n: {p.value: total(s, p) for p in Purse} for n, s in read.items()}
            return Phase.OK, {"purses": sums}

        self._call(Ask.SNAPSHOT, purses)

    def _send(self, request: Request) -> None:
        def sent() -> tuple[Phase, dict[str, Any]]:
            now = self.store.now()
            circumstances = Round(now=now, new_id=claim_ids(lambda: now))
            (answer,) = accept((request,), store=self.store, circumstances=circumstances)
            if isinstance(answer, Refused):
                return Phase.FAIL, {"why": answer.why.value}
            fresh = isinstance(answer, Accepted)
            claim_id = answer.claim.id if isinstance(answer, Accepted) else answer.claim_id
            self.known.append(claim_id)
            phase, shown = self._shown(claim_id)
            return phase, shown | ({} if fresh else {"repeated": True})

        self._call(
            Ask.CLAIM,
            sent,
            account=request.account,
            campaign=request.campaign,
            user=request.user,
            grant=request.grant,
            key=request.key,
            body=request.fingerprint.hex(),
            deadline_s=30.0,
        )

    def _shown(self, claim_id: str) -> tuple[Phase, dict[str, Any]]:
        view = self.store.view((_id(claim_id),))[_id(claim_id)]
        issued = view.state is State.ISSUED
        code = {"code": mint(_id(claim_id), 0, KEY).code} if issued else {}
        return Phase.OK, {"claim_id": public_id(view.claim.id), "state": view.state.value} | code

    def _call(
        self, ask: Ask, act: Callable[[], tuple[Phase, dict[str, Any]]], **asked: Any
    ) -> None:
        number = self.desk.number()
        self.desk.write(number, self.proc, Phase.INVOKE, ask, **({"account": "shop"} | asked))
        try:
            phase, told = act()
        except FulfillerError as fault:
            phase, told = Phase.INFO, {"why": str(fault)}
        self.desk.write(number, self.proc, phase, ask, **told)


def _id(claim_id: str) -> Any:
    return claim_id


def _serve(store: Store, clock: Store, over: Event, *, keeping: bool) -> None:
    """Issue what is accepted; keep, too, if this is the keeper; until all is over and done."""
    fence = store.lease("keeper", "test", ttl_s=600) if keeping else None
    chair, usher = Chair(), Usher()
    # In the midst of a transaction a store can't be asked for the time.
    press = Press(store=store, key=KEY, now=clock.now)
    for _ in range(TURNS_MAX):
        if fence is not None:
            govern(chair, store=store, fence=fence)
            admit(usher, store=store, fence=fence)
            seal(store=store, fence=fence)
        for name in CAMPAIGNS:
            ready = store.ready(Lane(name, Tier.P2), after=FRONT, limit=50)
            issue([row.id for row in ready], press)
        if over.wait(0.01) and not _left(store):
            break
    store.close()
    clock.close()


def _left(store: Store) -> bool:
    return any(
        stripe[Purse.RESERVED] for campaign in CAMPAIGNS for stripe in store.stripes(campaign)
    )


def _steer(store: Store, over: Event) -> None:
    """Pause for a moment, then let everybody in."""
    over.wait(0.1)
    for act in (pause, let_flow):
        act("festival", Act(reason="a test", actor="operator:li", now=store.now()), store=store)
        over.wait(0.3)
    store.close()


def test_whatever_runs_at_once_is_in_order(open_one: Callable[[], Store]) -> None:
    """Nobody is charged; there were refusals, repeats, coupons and cancels."""
    store, desk, over = open_one(), Desk(), Event()
    now = store.now()
    window = {"opens_at": now - DAY, "closes_at": now + DAY}
    for campaign in (
        festival(per_user_limit=2, **window),
        festival(id="small", budget=9 * VALUE, stripes=2, per_user_limit=3, **window),
    ):
        assert create(campaign, store=store, now=now, actor="test")
    clients = [Client(number, open_one(), desk) for number in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS + 3) as pool:
        serving = [
            pool.submit(_serve, open_one(), open_one(), over, keeping=keeping)
            for keeping in (True, False)
        ]
        steering = pool.submit(_steer, open_one(), over)
        for done in [*[pool.submit(client.run) for client in clients], steering]:
            done.result()
        over.set()
        for done in serving:
            done.result()
    books = books_of(store, keys={KEY.id: KEY})
    report = check(desk.lines, books)
    store.close()
    assert report.ok, str(report)
    assert {Why.SOLD_OUT, Why.USER_LIMIT, Why.KEY_REUSED} <= {line.why for line in desk.lines}
    assert books.coupons
    assert books.outcomes
