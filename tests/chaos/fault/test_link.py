"""Links that are cut, slow, frozen, deaf and refused: seen by a client on one of them."""

import socket
from collections.abc import Iterator
from time import perf_counter

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoLink
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

from fulfiller.chaos.fault.fault import Fault
from fulfiller.chaos.fault.link import (
    BlackHole,
    Cut,
    FreezeLink,
    Latency,
    Refuse,
    Reset,
    Throttle,
)
from fulfiller.chaos.proxy.order import Moment, Speech
from fulfiller.chaos.proxy.process import Proxy
from fulfiller.ops.embedded.server import Server
from tests.chaos.fault.ring import Ring, seen
from tests.waiting import until

ON = "worker*/broker"
LINGERING: list[Fault] = [
    Latency(on=ON),
    Throttle(on=ON),
    FreezeLink(on=ON),
    BlackHole(on=ON),
    Refuse(on=ON),
    Cut(on=ON, moment=Moment.BRPOP_REPLY),
    Reset(on=ON),
]


@pytest.fixture
def relay() -> Iterator[Proxy]:
    """A proxy."""
    opened = Proxy()
    yield opened
    opened.close()


@pytest.fixture
def linked(relay: Proxy) -> Ring:
    """An arena that is a proxy and nothing else."""
    return Ring(relay=relay)


@pytest.fixture
def client(relay: Proxy, valkey: Server) -> Iterator[Redis]:
    """A client on a leg of a worker, which does not try again by itself."""
    port = relay.open("worker1/broker", "127.0.0.1", valkey.port, Speech.REDIS)
    once = Retry(NoBackoff(), 0)
    with Redis(port=port, socket_timeout=0.3, retry=once, protocol=2) as line:
        assert line.ping()
        yield line


@pytest.mark.parametrize("fault", LINGERING, ids=lambda fault: type(fault).__name__)
@pytest.mark.usefixtures("client")
def test_a_sick_link_that_nobody_uses_is_not_seen(linked: Ring, fault: Fault) -> None:
    """Nothing was said over it."""
    wound = fault.begin(linked)
    assert wound.seen() is None
    wound.heal()
    assert wound.seen() is None


def test_a_cut_pop_is_seen_when_its_client_is_back(linked: Ring, client: Redis) -> None:
    """What was popped is lost on the way; so often and no more."""
    wound = Cut(on=ON, moment=Moment.BRPOP_REPLY, cuts=1).begin(linked)
    client.lpush("list", "lost", "kept")
    with pytest.raises(NoLink):
        client.brpop(["list"])
    assert wound.struck() == 1
    assert wound.seen() is None
    assert client.brpop(["list"]) == (b"list", b"kept")
    assert seen(wound) == "1 cuts, 1 connections opened since"
    wound.heal()


@pytest.mark.parametrize("fault", [Latency(on=ON, by_s=0.1), Throttle(on=ON, bytes_per_s=50)])
def test_a_slow_link_takes_longer(linked: Ring, client: Redis, fault: Fault) -> None:
    """And none of it is lost; healed it is fast."""
    wound = fault.begin(linked)
    assert _ping_s(client) > 0.1
    assert "held back" in seen(wound)
    wound.heal()
    until(lambda: _ping_s(client) < 0.1)


def test_a_frozen_link_delivers_late(linked: Ring, client: Redis) -> None:
    """What was written while it was frozen arrives in the end."""
    wound = FreezeLink(on=ON).begin(linked)
    with pytest.raises(NoAnswer):
        client.set("key", "late")
    assert "held back" in seen(wound)
    wound.heal()
    until(lambda: client.get("key") == b"late")


def test_a_black_hole_swallows(linked: Ring, client: Redis) -> None:
    """What was written is lost, and whoever waits is told so when it is healed."""
    with socket.create_connection(("127.0.0.1", _port(client)), timeout=5) as waiting:
        waiting.sendall(b"PING\r\n")
        assert waiting.recv(100) == b"+PONG\r\n"
        wound = BlackHole(on=ON).begin(linked)
        with pytest.raises(NoAnswer):
            client.set("key", "lost")
        assert "swallowed" in seen(wound)
        wound.heal()
        with pytest.raises(ConnectionResetError):
            waiting.recv(100)
    assert client.exists("key") == 0


def test_a_refused_link_can_not_be_opened(linked: Ring, client: Redis) -> None:
    """Nor does what was open stay so."""
    wound = Refuse(on=ON).begin(linked)
    for _ in range(2):
        with pytest.raises(NoLink):
            client.ping()
    assert "refused" in seen(wound)
    wound.heal()
    assert client.ping()


def test_a_burst_of_resets_hits_whoever_comes_back(linked: Ring, client: Redis) -> None:
    """It is seen when a connection was opened again."""
    old = client.client_id()
    wound = Reset(on=ON, resets=3, for_s=0.3).begin(linked)
    words = until(lambda: wound.seen() if _pings(client) else None)
    assert "were reset" in str(words)
    assert client.client_id() != old
    until(lambda: _pings(client) and wound.struck() > 1)
    wound.heal()
    until(lambda: _pings(client))


def _port(client: Redis) -> int:
    return int(client.connection_pool.connection_kwargs["port"])


def _pings(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except NoLink:
        return False


def _ping_s(client: Redis) -> float:
    begun = perf_counter()
    client.ping()
    return perf_counter() - begun
