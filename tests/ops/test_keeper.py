"""The keeper's process: one of two leads, the other takes over, faults are survived."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from fulfiller.broker.queue import CeleryQueue
from fulfiller.clock import claim_ids, monotonic
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import Request
from fulfiller.domain.money import Money
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY, Validity
from fulfiller.ops.embedded.server import Server
from fulfiller.service.accept import accept
from fulfiller.service.create import create
from fulfiller.service.decide import Round
from fulfiller.service.keep import LEASE, News
from fulfiller.service.serving import HINT_MAX
from fulfiller.store.opening import open_store
from fulfiller.wiring import Truth
from tests.processes import Process, start
from tests.waiting import until

TAKEOVER_S = 5.0
READY_S = 60.0
Start = Callable[[str], Process]


@pytest.fixture
def keepers(tmp_path: Path, store_url: str, valkey: Server) -> Iterator[Start]:
    """Start keepers on one store and one broker; all have ended when the test has."""
    yield from _keepers(tmp_path, store_url, valkey.url)


@pytest.fixture
def sqlite_keepers(tmp_path: Path, sqlite_url: str, valkey: Server) -> Iterator[Start]:
    """Start keepers on SQLite."""
    yield from _keepers(tmp_path, sqlite_url, valkey.url)


@pytest.fixture
def postgres_keepers(tmp_path: Path, postgres_url: str, valkey: Server) -> Iterator[Start]:
    """Start keepers on PostgreSQL."""
    yield from _keepers(tmp_path, postgres_url, valkey.url)


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Truth]:
    """The store that keepers on SQLite keep."""
    opened = open_store(sqlite_url)
    yield opened
    opened.close()


def _keepers(home: Path, store_url: str, broker_url: str) -> Iterator[Start]:
    environ = {
        "FULFILLER_HOME": str(home),
        "FULFILLER_STORE_URL": store_url,
        "FULFILLER_BROKER_URL": broker_url,
    }
    running: list[Process] = []

    def launch(name: str) -> Process:
        running.append(start(["fulfiller", "keeper"], env=environ, log=home / f"{name}.log"))
        return running[-1]

    yield launch
    for process in running:
        process.kill()


def _pair(keepers: Start) -> tuple[Process, Process]:
    """Start two at once, and return who leads and who stands by."""
    both = keepers("one"), keepers("two")
    for keeper in both:
        keeper.says("ready keeper ", within_s=READY_S)
    leader, other = sorted(both, key=lambda keeper: "ready keeper leading" not in keeper.text())
    assert "ready keeper standing by" in other.text()
    return leader, other


def _take_in(store: Truth, number: int) -> None:
    """Take claims in, in a new campaign, and publish none of them."""
    now = store.now()
    campaign = Campaign(
        id="festival",
        owner="shop",
        value=Money(2_500, "CNY"),
        budget=2_500 * number,
        opens_at=now - DAY,
        closes_at=now + DAY,
        zone="UTC",
        validity=Validity(days=30),
    )
    store.add_account("shop", at=now)
    create(campaign, store=store, now=now, actor="test")
    requests = [
        Request(account="shop", campaign="festival", user=f"u{n}", key=f"k{n}", fingerprint=b"")
        for n in range(number)
    ]
    accept(requests, store=store, circumstances=Round(now=now, new_id=claim_ids(store.now)))


def test_one_leads_and_the_other_takes_over_from_the_dead(keepers: Start, store: Truth) -> None:
    """After SIGKILL of the leader the other leads within five seconds, and the store knows."""
    first, second = _pair(keepers)
    assert str(first.pid) in (store.leader(LEASE) or "")
    first.kill()
    since = monotonic()
    second.says(News.LEADING, within_s=2 * TAKEOVER_S)
    assert monotonic() - since < TAKEOVER_S
    # A process that stands still for three seconds loses the lease, and gets it back.
    until(lambda: str(second.pid) in (store.leader(LEASE) or ""), within_s=TAKEOVER_S)


def test_an_ordered_end_hands_over_at_once(sqlite_keepers: Start) -> None:
    """SIGTERM ends it with 0 and gives the lease back, so that nobody waits three seconds."""
    first, second = _pair(sqlite_keepers)
    assert first.stop() == 0
    since = monotonic()
    second.says(News.LEADING, within_s=TAKEOVER_S)
    assert monotonic() - since < 2.0
    assert "Traceback" not in first.text() + second.text()


def test_an_emptied_broker_is_filled_again(
    sqlite_keepers: Start, sqlite: Truth, valkey: Server
) -> None:
    """FLUSHALL loses no claim: everything that is still accepted is offered again."""
    _take_in(sqlite, 2 * HINT_MAX + 200)
    queue = CeleryQueue(valkey.url)
    sqlite_keepers("only").says("ready keeper leading")

    def depth() -> int:
        return (queue.depths() or {}).get(Tier.P2, 0)

    until(lambda: depth() == 3, what="three hints")
    with Redis.from_url(valkey.url) as broker:
        broker.flushall()
    until(lambda: depth() == 3, within_s=5, what="three hints again")
    queue.close()


def test_a_store_that_dies_is_waited_for(
    postgres_keepers: Start, postgres_url: str, postgres: Server
) -> None:
    """The keeper outlives its database, says so in its log, and leads again afterwards."""
    keeper = postgres_keepers("only")
    keeper.says("ready keeper leading")
    postgres.kill()
    keeper.says("tick.failed StoreUnavailable")
    postgres.restart()
    until(lambda: _unsealed(postgres_url) == 0, what="no events left to seal")
    store = open_store(postgres_url)
    _take_in(store, 1)
    store.close()
    until(lambda: _unsealed(postgres_url) == 0, within_s=20, what="everything sealed again")
    assert keeper.alive


def test_a_broker_that_dies_is_waited_for(
    sqlite_keepers: Start, sqlite: Truth, valkey: Server
) -> None:
    """Claims that come in meanwhile are offered once the broker is back."""
    keeper = sqlite_keepers("only")
    keeper.says("ready keeper leading")
    valkey.kill()
    keeper.says(News.BROKER_AWAY)
    _take_in(sqlite, 5)
    valkey.restart()
    keeper.says(News.BROKER_BACK)
    queue = CeleryQueue(valkey.url)
    until(lambda: (queue.depths() or {}).get(Tier.P2) == 1, what="the hint")
    queue.close()


def test_a_frozen_leader_is_replaced_and_stands_by_when_it_thaws(postgres_keepers: Start) -> None:
    """A stopped process can't renew; woken up, it finds that another leads."""
    first, second = _pair(postgres_keepers)
    first.send(signal.SIGSTOP)
    second.says(News.LEADING, within_s=TAKEOVER_S)
    first.send(signal.SIGCONT)
    first.says(News.STANDING_BY)
    assert first.text().count(News.LEADING) == 1


def _unsealed(url: str) -> int:
    store = open_store(url)
    last = store.last_seal()
    after = (0, 0) if last is None else last.position
    number = len(store.unsealed(after=after, limit=100))
    store.close()
    return number
