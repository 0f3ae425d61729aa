"""Our own stack over the proxy: unharmed while nothing is armed, and struck where it commits."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection, Queue

from fulfiller.broker.queue import CeleryQueue
from fulfiller.chaos.proxy.process import Blow, Moment, Proxy, ProxyFailed, Speech
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.error import StoreUnavailable
from fulfiller.domain.stripe import Purse, total
from fulfiller.domain.tier import Tier
from fulfiller.ops.embedded.server import Server
from fulfiller.service.issue import issue
from fulfiller.store.opening import open_store
from fulfiller.store.proof import prove
from fulfiller.wiring import Truth
from tests.broker.samples import hint
from tests.contract.world import VALUE, found, press, taken_in
from tests.waiting import alive, until

ROOT = Path(__file__).parents[3]


@pytest.fixture
def proxied(proxied_url: str) -> Iterator[Truth]:
    """A store over the proxy."""
    opened = open_store(proxied_url, application="proxied")
    yield opened
    opened.close()


@pytest.fixture
def direct(postgres_url: str) -> Iterator[Truth]:
    """The same store, past the proxy."""
    opened = open_store(postgres_url, application="direct")
    yield opened
    opened.close()


def unbroken(url: str) -> list[str]:
    """Return what the proof objects to."""
    return [f"{law.law}: {law.detail}" for law in prove(url) if not law.ok]


def coupons(store: Truth) -> tuple[int, int]:
    """Return how many coupons' money is reserved, and how many's is issued."""
    stripes = store.stripes("festival")
    reserved, issued = (total(stripes, purse) for purse in (Purse.RESERVED, Purse.ISSUED))
    return reserved // VALUE, issued // VALUE


def test_the_hot_path_passes_unharmed(proxy: Proxy, proxied: Truth, postgres_url: str) -> None:
    """Hundreds of claims in groups, accepted and issued; every commit is a moment."""
    found(proxied)
    mine: list[ClaimId] = []
    groups = 20
    before = proxy.tally("*").passed
    for group in range(groups):
        mine += taken_in(proxied, *(f"user{group}-{n}" for n in range(10)))
    accepted = proxy.tally("*").passed
    for group in range(groups):
        assert len(issue(mine[10 * group : 10 * group + 10], press(proxied)).issued) == 10
    issued = proxy.tally("*").passed
    for moment in Moment.BEFORE_COMMIT, Moment.COMMIT_REPLY, Moment.FIRST_UPDATE:
        assert accepted[moment] - before.get(moment, 0) == groups, moment
        assert issued[moment] - accepted[moment] == groups, moment
    assert total(proxied.stripes("festival"), Purse.ISSUED) == 200 * VALUE
    assert unbroken(postgres_url) == []
    assert proxy.tally("*").resets == 0


@pytest.mark.parametrize("moment", [Moment.BEFORE_COMMIT, Moment.COMMIT_REPLY, Moment.FIRST_UPDATE])
def test_accepting_and_issuing_are_struck_where_they_commit(
    moment: Moment, proxy: Proxy, proxied: Truth, direct: Truth, postgres_url: str
) -> None:
    """The caller can't tell what became of it; the store can, and repeating gives one of each."""
    found(direct)
    done = int(moment is Moment.COMMIT_REPLY)
    for n in range(4):
        proxy.arm("*/store", moment, Blow.CUT)
        with pytest.raises(StoreUnavailable):
            taken_in(proxied, f"user{n}")
        assert coupons(direct) == (n + done, n)
        taken_in(proxied, f"user{n}")
        assert coupons(direct) == (n + 1, n)
        mine = taken_in(direct, f"other{n}")
        proxy.arm("*/store", moment, Blow.CUT)
        with pytest.raises(StoreUnavailable):
            issue(mine, press(proxied))
        assert coupons(direct) == (n + 2 - done, n + done)
        issue(mine, press(proxied))
        assert coupons(direct) == (n + 1, n + 1)
    assert proxy.tally("*").struck == {moment: 8}
    assert unbroken(postgres_url) == []


def test_kombu_produces_and_consumes_over_it(proxy: Proxy, redis_port: int) -> None:
    """Every message comes once, and each push and each pop is a moment."""
    heard: list[int] = []
    queue = Queue("numbers", routing_key="numbers")
    url = f"redis://127.0.0.1:{redis_port}/0"
    with Connection(url) as sending, Connection(url) as receiving:
        producer = sending.Producer()
        for n in range(60):
            producer.publish({"n": n}, routing_key="numbers", declare=[queue] if not n else ())

        def hear(body: dict[str, int], message: object) -> None:
            heard.append(body["n"])
            message.ack()  # type: ignore[attr-defined]

        with receiving.Consumer([queue], callbacks=[hear]):
            while len(heard) < 60:
                receiving.drain_events(timeout=5)
    assert heard == list(range(60))
    tally = proxy.tally("*")
    assert (tally.passed, tally.resets) == ({"lpush-reply": 60, "brpop-reply": 60}, 0)


def test_a_hint_whose_confirmation_is_cut_lies_in_the_queue(
    proxy: Proxy, redis_port: int, valkey: Server
) -> None:
    """Our queue says that it does not know, does not repeat it, and goes on afterwards."""
    direct = CeleryQueue(valkey.url)
    queue = CeleryQueue(f"redis://127.0.0.1:{redis_port}/0")
    assert queue.publish([hint(3, tier=Tier.P0)])
    proxy.arm("*/broker", Moment.LPUSH_REPLY, Blow.CUT)
    assert not queue.publish([hint(3, tier=Tier.P0)])
    assert direct.depths() == {Tier.P0: 2, Tier.P1: 0, Tier.P2: 0, Tier.P3: 0}
    assert queue.publish([hint(3, tier=Tier.P0), hint(2, tier=Tier.P1)])
    assert direct.depths() == {Tier.P0: 3, Tier.P1: 1, Tier.P2: 0, Tier.P3: 0}
    queue.close()
    direct.close()


def test_a_proxy_ends_with_whoever_started_it() -> None:
    """Also when that was killed, and not when Ctrl-C is pressed."""
    code = (
        "from fulfiller.chaos.proxy.process import Proxy, Speech; proxy = Proxy();"
        "print(proxy.pid, proxy.open('a', '127.0.0.1', 1, Speech.REDIS), flush=True); input()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=pipe, stdout=pipe) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline().split()[0])
        assert alive(pid)
        owner.send_signal(signal.SIGKILL)
    until(lambda: not alive(pid))


def test_a_proxy_that_has_ended_says_so() -> None:
    """Closed or killed, the next order raises and nothing waits."""
    with Proxy() as proxy:
        proxy.open("a", "127.0.0.1", 1, Speech.REDIS)
    assert not alive(proxy.pid)
    with pytest.raises(ProxyFailed, match="has ended"):
        proxy.tally("*")
    with Proxy() as killed:
        killed.open("a", "127.0.0.1", 1, Speech.REDIS)
        subprocess.run(["kill", "-9", str(killed.pid)], check=True)
        with pytest.raises(ProxyFailed, match="ended"):
            killed.tally("*")
