"""What a sick leg does to those that talk over it, and how it gets well."""

import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Lost
from redis.exceptions import TimeoutError as TooLate
from redis.retry import Retry

from fulfiller.chaos.proxy.process import Proxy, ProxyFailed, Speech, Toxic
from fulfiller.clock import monotonic
from fulfiller.ops.embedded.ports import free_port
from fulfiller.ops.embedded.server import Server
from tests.waiting import until

HOST = "127.0.0.1"
Client = Any


@pytest.fixture
def client(redis_port: int) -> Iterator[Client]:
    """A client over the leg, connected already."""
    with Redis(port=redis_port, socket_timeout=5, retry=Retry(NoBackoff(), 0)) as line:
        assert line.ping()
        yield line


@pytest.fixture
def direct(valkey: Server) -> Iterator[Client]:
    """The server itself."""
    with Redis.from_url(valkey.url) as line:
        yield line


def took_s(step: Any) -> float:
    """Return how long a step takes."""
    began = monotonic()
    step()
    return monotonic() - began


def test_latency_is_added_each_way_and_costs_no_throughput(proxy: Proxy, client: Client) -> None:
    """A pipeline of a thousand takes as long as one command: what is under way is under way."""
    healthy_s = min(took_s(client.ping) for _ in range(5))
    proxy.poison("*", Toxic(latency_s=0.1))
    assert 0.2 <= min(took_s(client.ping) for _ in range(2)) < 0.3 + healthy_s
    with client.pipeline(transaction=False) as pipeline:
        for n in range(1_000):
            pipeline.rpush("list", n)
        began = monotonic()
        assert pipeline.execute() == list(range(1, 1_001))
        assert 0.2 <= monotonic() - began < 1.0
    held = proxy.tally("*").bytes_held
    assert held > 30_000
    proxy.poison("*", Toxic())
    assert client.lrange("list", 0, -1) == [b"%d" % n for n in range(1_000)]
    assert min(took_s(client.ping) for _ in range(5)) < 0.1
    assert proxy.tally("*").bytes_held == held


def test_messages_spread_over_time_keep_their_distance(proxy: Proxy, redis_port: int) -> None:
    """Latency is a delay, not a queue: ten at once on ten connections take as long as one."""
    proxy.poison("*", Toxic(latency_s=0.05))
    with ThreadPoolExecutor(10) as pool, ExitStack() as stack:
        clients = [stack.enter_context(Redis(port=redis_port)) for _ in range(10)]
        assert took_s(lambda: list(pool.map(lambda one: one.ping(), clients))) < 1.5


def test_a_throttled_leg_trickles(proxy: Proxy, client: Client) -> None:
    """So many bytes a second each way, all connections together; healed, it is fast again."""
    client.set("text", b"x" * 50_000)
    proxy.poison("*", Toxic(bytes_per_s=100_000))
    assert 0.4 < took_s(lambda: client.get("text")) < 2.0
    assert 0.4 < took_s(lambda: client.set("text", b"y" * 50_000)) < 2.0
    assert proxy.tally("*").bytes_held > 80_000
    proxy.poison("*", Toxic(bytes_per_s=1_000))
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(client.get, "text")
        until(lambda: proxy.tally("*").bytes_held > 140_000)
        proxy.poison("*", Toxic())
        assert slow.result(5) == b"y" * 50_000


def test_a_frozen_leg_keeps_everything_for_later(
    proxy: Proxy, client: Client, direct: Client, redis_port: int
) -> None:
    """Nothing arrives and nothing breaks; new connections wait, too; thawed, all is done."""
    proxy.poison("worker1/*", Toxic(frozen=True))
    with ThreadPoolExecutor(2) as pool, Redis(port=redis_port) as later:
        pushed = pool.submit(client.lpush, "list", 1)
        pinged = pool.submit(later.ping)
        until(lambda: proxy.tally("*").bytes_held > 50 and proxy.tally("*").connections == 2)
        assert not pushed.done()
        assert direct.llen("list") == 0
        proxy.poison("*", Toxic())
        assert pushed.result(5) == 1
        assert pinged.result(5)
    assert proxy.tally("*").resets == 0


def test_the_end_of_a_client_that_froze_arrives_behind_what_it_said(
    proxy: Proxy, direct: Client, redis_port: int
) -> None:
    """Whoever gives up on a frozen leg is not heard to do so before it thaws."""
    with socket.create_connection((HOST, redis_port)) as line:
        line.sendall(b"PING\r\n")
        assert line.recv(10) == b"+PONG\r\n"
        known = direct.info("clients")["connected_clients"]
        proxy.poison("*", Toxic(frozen=True))
        line.sendall(b"LPUSH list x\r\n")
    until(lambda: proxy.tally("*").bytes_held == 14)
    assert direct.info("clients")["connected_clients"] == known
    proxy.poison("*", Toxic())
    until(lambda: direct.info("clients")["connected_clients"] == known - 1)
    assert direct.llen("list") == 1


def test_a_black_hole_swallows(
    proxy: Proxy, client: Client, direct: Client, redis_port: int
) -> None:
    """Nobody hears anything; when it is gone, those that lost something are reset."""
    with Redis(port=redis_port, retry=Retry(NoBackoff(), 0)) as spared:
        assert spared.ping()
        proxy.poison("*", Toxic(black_hole=True))
        line = client.connection_pool.get_connection()
        line.send_command("LPUSH", "list", "x")
        assert not line.can_read(timeout=0.1)
        assert proxy.tally("*").bytes_swallowed == len("*3..$5..LPUSH..$4..list..$1..x..")
        assert direct.llen("list") == 0
        hasty = Redis(port=redis_port, socket_timeout=0.1, retry=Retry(NoBackoff(), 0))
        with hasty, pytest.raises(TooLate):
            hasty.ping()
        proxy.poison("*", Toxic())
        with pytest.raises(Lost):
            line.read_response()
        assert spared.ping()
        assert client.ping()
    assert direct.llen("list") == 0
    assert proxy.tally("*").resets == 2
    line.disconnect()


def test_a_refusing_leg_resets_who_comes(proxy: Proxy, client: Client, redis_port: int) -> None:
    """Whoever is there already stays."""
    proxy.poison("*", Toxic(refused=True))
    with Redis(port=redis_port, retry=Retry(NoBackoff(), 0)) as new:
        with pytest.raises(Lost):
            new.ping()
        assert client.ping()
        until(lambda: proxy.tally("*").refused == 1)
        proxy.poison("*", Toxic())
        assert new.ping()
    assert proxy.tally("*").connections == 2


def test_a_reset_is_heard_at_both_ends(
    proxy: Proxy, direct: Client, redis_port: int, valkey: Server
) -> None:
    """All connections of the legs that match, and no others."""
    port = proxy.open("worker2/broker", HOST, valkey.port, Speech.REDIS)
    with ExitStack() as stack:
        addresses = [(HOST, each) for each in (redis_port, redis_port, port)]
        lines = [stack.enter_context(socket.create_connection(one)) for one in addresses]
        for line in lines:
            line.sendall(b"PING\r\n")
            assert line.recv(7, socket.MSG_WAITALL) == b"+PONG\r\n"
        known = direct.info("clients")["connected_clients"]
        assert proxy.reset("worker1/*") == 2
        for line in lines[:2]:
            with pytest.raises(ConnectionResetError):
                line.recv(1)
        until(lambda: direct.info("clients")["connected_clients"] == known - 2)
        lines[2].sendall(b"PING\r\n")
        assert lines[2].recv(7, socket.MSG_WAITALL) == b"+PONG\r\n"
    assert [proxy.tally(leg).resets for leg in ("*", "worker1/*", "worker2/*")] == [2, 2, 0]


def test_a_leg_to_nobody_resets(proxy: Proxy) -> None:
    """As a server that is away refuses."""
    port = proxy.open("nobody", HOST, free_port(), Speech.REDIS)
    with socket.create_connection((HOST, port)) as line, pytest.raises(ConnectionResetError):
        line.recv(1)


def test_a_reader_that_is_slow_holds_its_sender_up(
    proxy: Proxy, direct: Client, redis_port: int
) -> None:
    """The proxy keeps a few megabytes of the hundred; the server has to keep the others."""
    size = 100_000_000
    direct.set("big", b"x" * size)
    resident = _resident_kb(proxy.pid)
    kept: list[int] = []

    def steady() -> bool:
        kept.append(max(int(one["omem"]) for one in direct.client_list()))
        return len(kept) > 5 and len(set(kept[-5:])) == 1

    with socket.create_connection((HOST, redis_port)) as line:
        line.sendall(b"GET big\r\nPING\r\n")
        head = b"$%d\r\n" % size
        assert line.recv(len(head), socket.MSG_WAITALL) == head
        until(steady)
        assert kept[-1] > size // 2
        assert _resident_kb(proxy.pid) - resident < 20_000
        assert len(line.recv(size + 2, socket.MSG_WAITALL)) == size + 2
        assert line.recv(7, socket.MSG_WAITALL) == b"+PONG\r\n"


def _resident_kb(pid: int) -> int:
    from subprocess import run

    return int(run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True).stdout)


def test_what_no_leg_is_called_is_no_leg(proxy: Proxy, redis_port: int) -> None:
    """The message names those that there are; none is opened twice."""
    assert redis_port
    with pytest.raises(ProxyFailed, match=r"'worker2/\*'.*'worker1/broker'"):
        proxy.poison("worker2/*", Toxic())
    with pytest.raises(ProxyFailed, match="open already"):
        proxy.open("worker1/broker", HOST, 1, Speech.REDIS)


@pytest.fixture
def ends(proxy: Proxy) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection over a leg."""
    with socket.create_server((HOST, 0)) as listener:
        port = proxy.open("bare", HOST, listener.getsockname()[1], Speech.REDIS)
        with socket.create_connection((HOST, port)) as client:
            server, _ = listener.accept()
            with server:
                client.settimeout(5)
                server.settimeout(5)
                yield client, server


def test_what_was_begun_arrives_before_the_end(ends: tuple[socket.socket, socket.socket]) -> None:
    """Half a message, and the end of one way; the other goes on."""
    client, server = ends
    client.sendall(b"*1\r\n$4\r\nPI")
    client.shutdown(socket.SHUT_WR)
    with server.makefile("rb") as heard:
        assert heard.read() == b"*1\r\n$4\r\nPI"
    server.sendall(b"-ER")
    server.shutdown(socket.SHUT_WR)
    with client.makefile("rb") as answered:
        assert answered.read() == b"-ER"


@pytest.mark.parametrize("half_closed", [False, True])
def test_a_reset_by_one_end_reaches_the_other(
    ends: tuple[socket.socket, socket.socket], *, half_closed: bool
) -> None:
    """Also from one who had said before that all was said."""
    client, server = ends
    if half_closed:
        client.shutdown(socket.SHUT_WR)
        assert server.recv(1) == b""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    if half_closed:
        # Who heard the end already hears no more until it speaks.
        until(lambda: _is_reset(server))
        return
    with pytest.raises(ConnectionResetError):
        server.recv(1)


def _is_reset(line: socket.socket) -> bool:
    try:
        line.sendall(b"+OK\r\n")
    except OSError:
        return True
    return False
