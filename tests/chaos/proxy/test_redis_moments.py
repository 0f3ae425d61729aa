"""Blows at moments between clients and a real Valkey, each with its very consequence."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Lost
from redis.retry import Retry

from fulfiller.chaos.proxy.process import Blow, Moment, Proxy, Speech
from fulfiller.clock import monotonic
from fulfiller.ops.embedded.server import Server
from tests.waiting import until

Client = Any
"""A client of Redis, whose stubs know nothing of what the server answers."""
Connect = Callable[..., Client]


@pytest.fixture
def direct(valkey: Server) -> Iterator[Client]:
    """The server itself."""
    with Redis.from_url(valkey.url) as line:
        yield line


@pytest.fixture
def connect(redis_port: int) -> Iterator[Connect]:
    """Connects through the proxy, with clients that repeat nothing."""
    opened: list[Redis] = []

    def connecting(**options: Any) -> Redis:
        client = Redis(
            port=redis_port,
            retry=Retry(NoBackoff(), 0),
            **options,
        )
        opened.append(client)
        return client

    yield connecting
    for client in opened:
        client.close()


def lost(step: Callable[[], object]) -> bool:
    """Return whether a step found its connection reset."""
    try:
        step()
    except Lost:
        return True
    return False


@pytest.mark.parametrize("protocol", [2, 3])
def test_a_cut_brpop_reply_takes_the_element_along(
    proxy: Proxy, connect: Connect, direct: Client, protocol: int
) -> None:
    """Every third pop, twice: six elements are gone, and four were heard of."""
    direct.lpush("list", *range(8))
    proxy.arm("*/broker", Moment.BRPOP_REPLY, Blow.CUT, every=3, times=2)
    client = connect(protocol=protocol)
    heard: list[bytes] = []
    cuts = [lost(lambda: heard.append(client.brpop(["list"], 1)[1])) for _ in range(7)]
    assert cuts == [False, False, True, False, False, True, False]
    assert heard == [b"0", b"1", b"3", b"4", b"6"]
    assert direct.lrange("list", 0, -1) == [b"7"]
    tally = proxy.tally("*")
    assert (tally.passed["brpop-reply"], tally.struck) == (7, {"brpop-reply": 2})
    assert (tally.connections, tally.resets) == (3, 2)


def test_a_brpop_that_finds_nothing_is_no_moment(
    proxy: Proxy, connect: Connect, direct: Client
) -> None:
    """The blow waits for the one that finds something, which had to wait for it."""
    proxy.arm("*", Moment.BRPOP_REPLY, Blow.CUT)
    for protocol in (2, 3):
        assert connect(protocol=protocol).brpop(["list"], 0.01) is None
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lost, lambda: connect().brpop(["list"], 10))
        until(lambda: direct.info("clients")["blocked_clients"] == 1)
        direct.lpush("list", "x")
        assert waiting.result(10)
    assert proxy.tally("*").passed == {"brpop-reply": 1}
    assert direct.llen("list") == 0


def test_a_cut_lpush_reply_leaves_the_element_stored(
    proxy: Proxy, connect: Connect, direct: Client
) -> None:
    """The sender hears a reset, and the list has what it sent once."""
    proxy.arm("*", Moment.LPUSH_REPLY, Blow.CUT, every=2, times=2)
    client = connect()
    cuts = [lost(partial(client.lpush, "list", n)) for n in range(6)]
    assert cuts == [False, True, False, True, False, False]
    assert direct.lrange("list", 0, -1) == [b"5", b"4", b"3", b"2", b"1", b"0"]


def test_a_push_that_was_refused_is_no_moment(
    proxy: Proxy, connect: Connect, direct: Client
) -> None:
    """An error is told as it is."""
    direct.set("text", "x")
    proxy.arm("*", Moment.LPUSH_REPLY, Blow.CUT)
    with pytest.raises(Exception, match="WRONGTYPE"):
        connect().lpush("text", "y")
    assert proxy.tally("*").passed == {}


def test_the_moment_of_a_transaction_is_the_reply_to_exec(
    proxy: Proxy, connect: Connect, direct: Client
) -> None:
    """All of it is done, none of it heard of; one without a push has no moment."""
    proxy.arm("*", Moment.LPUSH_REPLY, Blow.CUT)
    client = connect()
    with client.pipeline(transaction=True) as bare:
        bare.set("a", 1).get("a").rpush("list", "r")
        assert bare.execute() == [True, b"1", 1]
    with client.pipeline(transaction=True) as pushing:
        pushing.set("a", 2).lpush("list", "x").lpush("list", "y")
        assert lost(pushing.execute)
    assert direct.lrange("list", 0, -1) == [b"y", b"x", b"r"]
    assert direct.get("a") == b"2"
    with client.pipeline(transaction=True) as watching:
        watching.watch("a")
        watching.multi()
        watching.lpush("list", "z")
        direct.set("a", 3)
        with pytest.raises(Exception, match=r"[Ww]atched"):
            watching.execute()
    assert proxy.tally("*").passed == {"lpush-reply": 1}


def test_a_pipeline_of_a_thousand_is_struck_in_its_midst(
    proxy: Proxy, connect: Connect, direct: Client
) -> None:
    """What came before is heard, the struck reply and all behind it are not, and all is done."""
    proxy.arm("*", Moment.LPUSH_REPLY, Blow.CUT, every=400)
    line = connect().connection_pool.get_connection()
    line.connect()
    commands = [
        ("LPUSH", "list", n) if n % 2 else ("SET", f"key{n}", b"\r\n:1\r\n" * 20)
        for n in range(1_000)
    ]
    line.send_packed_command(line.pack_commands(commands))
    heard: list[object] = []

    def listen() -> None:
        while True:
            heard.append(line.read_response())

    assert lost(listen)
    # The 400th push is the 800th command.
    assert heard == [n // 2 + 1 if n % 2 else b"OK" for n in range(799)]
    until(lambda: direct.llen("list") == 500)
    line.disconnect()


def test_a_blow_waits_for_all_that_comes_before_it(
    proxy: Proxy, direct: Client, redis_port: int
) -> None:
    """However much that is: the reader hears it, and then the reset."""
    size = 20_000_000
    direct.set("big", b"x" * size)
    direct.lpush("list", "x")
    proxy.arm("*", Moment.BRPOP_REPLY, Blow.CUT)
    left = len(b"$%d\r\n" % size) + size + 2
    with socket.create_connection(("127.0.0.1", redis_port)) as line:
        line.sendall(b"GET big\r\nBRPOP list 0\r\n")
        while not proxy.tally("*").struck:
            left -= len(line.recv(65_536))
        assert left > 65_536
        assert len(line.recv(left, socket.MSG_WAITALL)) == left
        with pytest.raises(ConnectionResetError):
            line.recv(1)
    assert direct.llen("list") == 0


@pytest.mark.parametrize("protocol", [2, 3])
def test_subscribers_hear_everything(
    proxy: Proxy, connect: Connect, direct: Client, protocol: int
) -> None:
    """Pushed messages fit no command, and in RESP3 they don't confuse those that do."""
    proxy.arm("*", Moment.LPUSH_REPLY, Blow.CUT, every=2)
    client = connect(protocol=protocol)
    with client.pubsub() as listening:
        listening.subscribe("one", "two")
        listening.psubscribe("th*")
        for channel in ("one", "two", "three"):
            until(partial(direct.publish, channel, b":1\r\n"))
        heard: list[bytes] = []
        until(lambda: _collect(listening, heard) == 3)
        assert set(heard) == {b":1\r\n"}
        listening.unsubscribe()
        listening.ping()
    assert client.lpush("list", 1) == 1
    assert lost(lambda: client.lpush("list", 2))


def _collect(listening: Any, heard: list[bytes]) -> int:
    message = listening.get_message(ignore_subscribe_messages=True, timeout=0.1)
    if message is not None:
        heard.append(message["data"])
    return len(heard)


def test_pushed_messages_between_replies_match_no_command(
    proxy: Proxy, connect: Connect, direct: Client
) -> None:
    """A RESP3 connection that subscribes and pushes: the moment is that of its own push."""
    line = connect(protocol=3).connection_pool.get_connection()
    line.connect()
    line.send_command("SUBSCRIBE", "a", "b")
    until(lambda: direct.publish("b", "x"))
    proxy.arm("*", Moment.LPUSH_REPLY, Blow.CUT)
    line.send_command("PING")
    line.send_command("LPUSH", "list", "x")
    with suppress(Lost):
        while True:
            line.read_response(push_request=True)
    assert proxy.tally("*").struck == {"lpush-reply": 1}
    assert direct.llen("list") == 1
    line.disconnect()


def test_a_stalled_reply_comes_late_and_whole(
    proxy: Proxy, connect: Connect, direct: Client
) -> None:
    """It is held, with all behind it; others go on meanwhile."""
    proxy.arm("*", Moment.LPUSH_REPLY, Blow.STALL, stall_s=0.2)
    client, other = connect(), connect()
    began = monotonic()
    with client.pipeline(transaction=False) as pipeline:
        pipeline.lpush("list", 1).lpush("list", 2).get("none")
        with ThreadPoolExecutor(1) as pool:
            stalled = pool.submit(pipeline.execute)
            until(lambda: direct.llen("list") == 2)
            assert other.ping()
            assert not stalled.done()
            assert stalled.result(10) == [1, 2, None]
    assert monotonic() - began >= 0.2
    assert proxy.tally("*").struck == {"lpush-reply": 1}


def test_a_budget_is_shared_by_all_legs_that_match(proxy: Proxy, valkey: Server) -> None:
    """Three blows in all, wherever they fall; a leg that does not match is spared."""
    ports = {
        leg: proxy.open(leg, "127.0.0.1", valkey.port, Speech.REDIS) for leg in ("a/x", "b/x", "c")
    }
    proxy.arm("*/x", Moment.LPUSH_REPLY, Blow.CUT, times=3)
    proxy.arm("*", Moment.BRPOP_REPLY, Blow.CUT, times=1)
    clients: dict[str, Client] = {
        leg: Redis(port=port, retry=Retry(NoBackoff(), 0)) for leg, port in ports.items()
    }
    for leg in ("a/x", "c", "b/x", "a/x", "b/x", "a/x"):
        lost(partial(clients[leg].lpush, "list", leg))
    assert proxy.tally("*/x").struck == {"lpush-reply": 3}
    assert proxy.tally("c").struck == {}
    assert lost(lambda: clients["c"].brpop(["list"], 1))
    proxy.arm("*", Moment.LPUSH_REPLY, Blow.CUT)
    proxy.disarm("a/*")
    assert not lost(lambda: clients["a/x"].lpush("list", 1))
    proxy.disarm("*")
    assert not lost(lambda: clients["b/x"].lpush("list", 1))
    for client in clients.values():
        client.close()
