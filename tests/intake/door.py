"""The real intake on a real port: uvicorn in a thread, real stores behind it."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from threading import Thread

import httpx

from fulfiller.broker.queue import CeleryQueue
from fulfiller.clock import StoreClock, monotonic, new_claim_id
from fulfiller.domain.breaker import Reading
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import CodeKey
from fulfiller.domain.key import KeyRecord, Scope, key_hash, key_text
from fulfiller.domain.mode import Gauge
from fulfiller.domain.money import Money
from fulfiller.domain.stripe import Count, counted
from fulfiller.domain.validity import Validity
from fulfiller.intake.app import App, create_app
from fulfiller.intake.parts import DoorLimits, IntakeParts, Limits, Truth
from fulfiller.intake.phrases import read_library, shipped_phrases
from fulfiller.intake.serve import Server, listen
from fulfiller.service.create import create
from fulfiller.service.issue import Press, issue
from fulfiller.service.keep import LEASE
from fulfiller.store.opening import open_store
from tests.waiting import until

NAME = "spring-festival"
HOUR = 3_600_000_000
DEAD_BROKER = "redis://127.0.0.1:9/0"
"""Nobody listens there: accepting must not care."""
CODE_KEY = CodeKey.derive(1, b"a secret for tests only")
PEPPER = b"pepper"
BOTH = frozenset({Scope.CLAIM_WRITE, Scope.CLAIM_READ})
Json = dict[str, object]
_keys = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """An intake that listens, and the store behind it as this test's own thread sees it."""

    url: str
    app: App
    parts: IntakeParts
    store: Truth
    store_url: str

    def key(
        self,
        account: str,
        scopes: frozenset[Scope] = BOTH,
        *,
        expires_at: int | None = None,
        bound: tuple[str | None, str | None] = (None, None),
    ) -> str:
        """Return a new API key of an account, bound to a campaign and a limit key if need be."""
        return make_key(self.store, account, scopes, expires_at=expires_at, bound=bound)

    def caller(self, account: str = "teahouse", scopes: frozenset[Scope] = BOTH) -> httpx.Client:
        """Return an HTTP client that calls with a key of this account."""
        headers = {"authorization": f"Bearer {self.key(account, scopes)}"}
        # Nothing here is encrypted, and reading the certificates takes longer than most tests.
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, verify=False)

    def campaign(self, name: str = NAME, **terms: object) -> Campaign:
        """Create a campaign that is open now and pays for a thousand coupons."""
        now = self.store.now()
        self.store.add_account("palace", at=now)
        usual: dict[str, object] = {
            "id": name,
            "owner": "palace",
            "value": Money(2_500, "CNY"),
            "budget": 2_500_000,
            "opens_at": now - HOUR,
            "closes_at": now + HOUR,
            "zone": "Asia/Shanghai",
            "validity": Validity(days=3),
        }
        campaign = Campaign(**(usual | terms))  # type: ignore[arg-type]
        assert create(campaign, store=self.store, now=now, actor="test")
        return campaign

    def entered(self, name: str = NAME) -> int:
        """Return how many claims of a campaign were ever taken in."""
        with closing(open_store(self.store_url, application="test")) as store:
            return counted(store.stripes(name), Count.ENTERED)

    def issue(self, claim: Mapping[str, object]) -> None:
        """Do a worker's work for a claim."""
        press = Press(store=self.store, key=CODE_KEY, now=self.parts.now)
        bare = ClaimId(str(claim["claim_id"]).removeprefix("clm_"))
        assert issue((bare,), press).issued == (bare,)


def make_key(
    store: Truth,
    account: str,
    scopes: frozenset[Scope],
    pepper: bytes = PEPPER,
    *,
    expires_at: int | None = None,
    bound: tuple[str | None, str | None] = (None, None),
) -> str:
    """Store a new API key of an account, and return it."""
    key_id, secret = f"test{next(_keys)}", b"s" * 24
    now = store.now()
    store.add_account(account, at=now)
    record = KeyRecord(
        id=key_id,
        account=account,
        hash=key_hash(secret, pepper),
        scopes=scopes,
        created_at=now,
        expires_at=expires_at,
        bound_campaign=bound[0],
        bound_limit_key=bound[1],
    )
    store.add_key(record)
    return key_text(key_id, secret)


def show(door: Door, **read: float) -> None:
    """Show what a keeper read of the campaign, as a keeper does."""
    fence = door.store.lease(LEASE, "test", ttl_s=60)
    assert fence is not None
    reading = Reading(**read)  # type: ignore[arg-type]
    gauge = Gauge(
        at=door.store.now(),
        reading=reading,
        threshold=240,
        resume_at=120,
        rate_low=reading.rate and reading.rate / 2,
        rate_high=reading.rate and reading.rate * 2,
    )
    door.store.show_gauges({NAME: gauge}, fence=fence)


def body(user: str = "li", campaign: str = NAME, **more: object) -> Json:
    """Return a claim as it is sent."""
    return {"campaign": campaign, "user": user} | more


def submit(caller: httpx.Client, key: str, claim: object = None) -> httpx.Response:
    """Submit a claim under a key."""
    return caller.post(
        "/v1/claims", json=body() if claim is None else claim, headers={"idempotency-key": key}
    )


def code(response: httpx.Response) -> str:
    """Return the code of a problem, having checked that it is told as one."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    problem = json.loads(response.content)
    assert problem["status"] == response.status_code
    assert problem["request_id"] == response.headers["x-request-id"]
    assert {"type", "title", "detail", "instance"} <= problem.keys()
    return str(problem["code"])


def pointers(response: httpx.Response) -> set[str]:
    """Return where the errors of a problem point, each of which says what to do."""
    errors = response.json()["errors"]
    assert all(error["detail"] for error in errors)
    return {
        error.get("pointer", error.get("header", error.get("parameter", ""))) for error in errors
    }


@contextmanager
def opened(
    store_url: str,
    *,
    broker_url: str = DEAD_BROKER,
    limits: Limits | None = None,
    door: DoorLimits | None = None,
    each_store: Callable[[Truth], Truth] = lambda store: store,
    proxies: str = "",
    **options: float,
) -> Iterator[Door]:
    """Run an intake on this store until the block ends.

    `each_store` may put something before each store that the intake opens; `proxies` and
    `options` are those of the server.
    """
    clock_store = open_store(store_url, application="test clock")
    parts = made_of(
        lambda: each_store(open_store(store_url, application="intake")),
        now=StoreClock(clock_store.now).now,
        broker_url=broker_url,
        limits=limits or Limits(),
    )
    parts = replace(parts, door=door or DoorLimits())
    app = create_app(parts)
    store = open_store(store_url, application="test")
    with closing(clock_store), closing(store), served(app, proxies, **options) as url:
        yield Door(url=url, app=app, parts=parts, store=store, store_url=store_url)


def made_of(
    open_one: Callable[[], Truth], *, now: Callable[[], int], broker_url: str, limits: Limits
) -> IntakeParts:
    """Return the parts of an intake whose threads open their stores in this way."""
    return IntakeParts(
        open_store=open_one,
        open_queue=partial(CeleryQueue, broker_url),
        now=now,
        monotonic=monotonic,
        new_claim_id=new_claim_id,
        code_key=CODE_KEY,
        pepper=PEPPER,
        library=read_library(shipped_phrases()),
        limits=limits,
    )


@contextmanager
def served(app: App, proxies: str = "", **options: float) -> Iterator[str]:
    """Serve an app on a free port until the block ends."""
    urls: list[str] = []
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        ready = f"http://127.0.0.1:{port}"
        server = Server(app, lambda: urls.append(ready), proxies=proxies, **options)
        thread = Thread(target=_run(server, [listener]), name="door")
        thread.start()
        try:
            until(lambda: bool(urls) or not thread.is_alive(), what="the intake listens")
            yield urls[0]
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive(), "the intake does not end"


def _run(server: Server, sockets: list[socket.socket]) -> Callable[[], None]:
    def run() -> None:
        with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
            runner.run(server.serve(sockets))

    return run
