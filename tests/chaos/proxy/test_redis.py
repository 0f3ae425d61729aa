"""The moments of a broker, on a real one: what the server did, and what the client never heard."""

from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Lost
from redis.retry import Retry

from fulfiller.chaos.proxy.process import Proxy
from fulfiller.chaos.proxy.terms import Blow, Moment, Toxic
from fulfiller.clock import monotonic
from fulfiller.ops.embedded.server import Server
from tests.waiting import until


@pytest.fixture
def link(broker_url: str) -> Iterator[Redis]:
    """A client that tries nothing twice, through the proxy."""
    with Redis.from_url(broker_url, retry=Retry(NoBackoff(), 0)) as line:
        yield line


@pytest.fixture
def direct(valkey: Server) -> Iterator[Redis]:
    """A client that knows the server itself."""
    with Redis.from_url(valkey.url) as line:
        yield line


def test_a_message_popped_and_never_heard_of_is_gone(
    proxy: Proxy, link: Redis, direct: Redis
) -> None:
    """Every third reply is cut, ten times; replies without a message are no moment."""
    direct.rpush("queue", *range(40))
    proxy.arm("test/*", Moment.BRPOP_REPLY, Blow.CUT, every=3, times=10)
    assert link.brpop(["empty"], timeout=0.05) is None
    heard, lost = 0, 0
    while direct.llen("queue"):
        try:
            heard += link.brpop(["queue"], timeout=1) is not None
        except Lost:
            lost += 1
    assert (heard, lost) == (30, 10)
    tally = proxy.tally("test/broker")
    assert tally.struck == {Moment.BRPOP_REPLY: 10}
    assert tally.passed[Moment.BRPOP_REPLY] == 40
    assert tally.connections >= 11


def test_a_message_stored_and_never_heard_of_is_there(
    proxy: Proxy, link: Redis, direct: Redis
) -> None:
    """The sender is told of a fault, and the list is longer all the same."""
    proxy.arm("*", Moment.LPUSH_REPLY, Blow.CUT, every=2, times=5)
    faults = 0
    for number in range(20):
        try:
            link.lpush("queue", number)
        except Lost:
            faults += 1
    assert faults == 5
    assert direct.llen("queue") == 20


def test_a_message_within_a_transaction_or_a_pipeline_is_a_moment(
    proxy: Proxy, link: Redis, direct: Redis
) -> None:
    """Of MULTI it is the reply to EXEC; in a pipeline, the reply among all others."""
    proxy.arm("*", Moment.LPUSH_REPLY, Blow.CUT, times=2)
    for transaction in (True, False):
        with link.pipeline(transaction=transaction) as pipe:
            pipe.set("a", 1)
            pipe.lpush("queue", "x")
            pipe.incr("a")
            with pytest.raises(Lost):
                pipe.execute()
    assert (direct.llen("queue"), direct.get("a")) == (2, b"2")


def test_a_thousand_commands_at_once_and_large_values_come_through(
    proxy: Proxy, link: Redis
) -> None:
    """Whole and in order, counted or not."""
    large = b"x" * 3_000_000
    with link.pipeline(transaction=False) as pipe:
        for number in range(1_000):
            pipe.lpush("queue", number)
        assert pipe.execute() == list(range(1, 1_001))
    assert proxy.tally("test/broker").passed == {Moment.LPUSH_REPLY: 1_000}
    link.set("large", large)
    assert link.get("large") == large


def test_those_who_only_listen_are_left_alone(link: Redis, direct: Redis) -> None:
    """What is published is no answer to anything."""
    with link.pubsub() as ear:  # type: ignore[no-untyped-call]
        ear.psubscribe("news.*")
        until(lambda: (ear.get_message() or {}).get("type") == "psubscribe")
        direct.publish("news.today", "hello")
        until(lambda: (ear.get_message() or {}).get("data") == b"hello")
    assert link.ping()


def test_a_stall_holds_one_answer_and_lets_it_go(proxy: Proxy, link: Redis) -> None:
    """Late, and whole."""
    proxy.arm("*", Moment.LPUSH_REPLY, Blow.STALL, stall_s=0.3)
    began = monotonic()
    assert link.lpush("queue", 1) == 1
    assert monotonic() - began >= 0.3


def test_latency_and_throttle_are_felt(proxy: Proxy, link: Redis) -> None:
    """Each way, and no longer once healed."""
    link.ping()
    proxy.poison("test/*", Toxic(latency_s=0.1))
    assert _took(link) >= 0.2
    proxy.poison("test/*", Toxic(bytes_per_s=50_000))
    began = monotonic()
    link.set("a", b"x" * 20_000)
    assert monotonic() - began >= 0.3
    proxy.poison("test/*", Toxic())
    assert min(_took(link) for _ in range(5)) < 0.1
    assert proxy.tally("*").bytes_held > 20_000


def test_a_frozen_leg_keeps_what_a_black_hole_swallows(
    proxy: Proxy, link: Redis, direct: Redis
) -> None:
    """Thawed, the one delivers late; the other never does."""
    link.ping()
    proxy.poison("*", Toxic(frozen=True))
    sender = Thread(target=link.lpush, args=("queue", 1))
    sender.start()
    until(lambda: proxy.tally("*").bytes_held)
    assert direct.llen("queue") == 0
    proxy.poison("*", Toxic())
    sender.join()
    assert direct.llen("queue") == 1
    proxy.poison("*", Toxic(black_hole=True))
    link.connection_pool.connection_kwargs["socket_timeout"] = 0.2
    link.connection_pool.reset()
    with suppress(OSError, Exception):
        link.lpush("queue", 2)
    proxy.poison("*", Toxic())
    assert direct.llen("queue") == 1
    assert proxy.tally("*").bytes_swallowed


def test_whoever_is_refused_or_reset_gets_a_fault(proxy: Proxy, link: Redis) -> None:
    """And is let in again afterwards."""
    link.ping()
    assert proxy.reset("test/broker") == 1
    # This client looks whether a connection is still good before it takes it.
    until(link.ping)
    assert proxy.tally("*").connections == 2
    proxy.poison("*", Toxic(refused=True))
    proxy.reset("*")
    with pytest.raises(Lost):
        until(lambda: not link.ping())
    proxy.poison("*", Toxic())
    assert link.ping()
    assert proxy.tally("*").resets == 2
    assert proxy.tally("*").refused >= 1


def test_a_leg_whose_server_is_away_refuses(valkey: Server, link: Redis) -> None:
    """As the server itself would, and takes it up again when it is back."""
    valkey.kill()
    with pytest.raises(Lost):
        link.ping()
    valkey.restart()
    until(link.ping)


def _took(link: Redis) -> float:
    began = monotonic()
    link.ping()
    return monotonic() - began
