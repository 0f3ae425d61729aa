"""The load generator against a door that answers as it is told."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from queue import SimpleQueue
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from threading import Thread
from types import MappingProxyType

import pytest

from fulfiller.ops.bench.answers import whole_bytes
from fulfiller.ops.bench.asking import Ask, batches, singles
from fulfiller.ops.bench.load import allow_files, poisson
from fulfiller.ops.bench.sending import Record, Sender
from tests.ops.bench.test_answers import many, reply

HEAD_MAX = 1_000
NEVER: Mapping[int, float] = MappingProxyType({})
FINE = reply(b"202 Accepted")
Answer = Callable[[int], bytes]


@dataclass(frozen=True)
class Manner:
    """After how long which request is answered, who hears them all, how callers are received."""

    after_s: Mapping[int, float]
    hear: Callable[[bytes], object]
    greet: Callable[[asyncio.Transport], object]


class Door(asyncio.Protocol):
    """Answers its `n`th request with `answer(n)`, after a while; b"" hangs up."""

    def __init__(self, answer: Answer, numbers: Iterator[int], manner: Manner) -> None:
        """Count requests with `numbers`, shared by all connections."""
        self.answer = answer
        self.numbers = numbers
        self.manner = manner
        self.heard = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keep the transport."""
        self.transport = transport
        self.manner.greet(transport)

    def data_received(self, data: bytes) -> None:
        """Answer a request once it is whole."""
        self.heard += data
        assert self.heard.startswith(b"POST ")
        if len(self.heard) < (whole_bytes(self.heard) or HEAD_MAX):
            return
        self.manner.hear(self.heard)
        self.heard = b""
        number = next(self.numbers)
        loop = asyncio.get_running_loop()
        loop.call_later(self.manner.after_s.get(number, 0.0), self.say, self.answer(number))

    def say(self, said: bytes) -> None:
        """Answer in two pieces, as a network may deliver it."""
        if not said:
            self.transport.close()
            return
        self.transport.write(said[:20])
        asyncio.get_running_loop().call_later(0.001, self.end, said[20:])

    def end(self, rest: bytes) -> None:
        """Say the rest, and hang up if that was announced."""
        self.transport.write(rest)
        if b"connection: close" in rest:
            self.transport.close()


@contextmanager
def door(
    answer: Answer,
    after_s: Mapping[int, float] = NEVER,
    heard: Callable[[bytes], object] = len,
    greet: Callable[[asyncio.Transport], object] = id,
) -> Iterator[tuple[str, int]]:
    """Lend the address of a door that answers like this."""
    manner = Manner(after_s, heard, greet)
    told: SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Event, tuple[str, int]]]
    told = SimpleQueue()

    async def serve() -> None:
        numbers, over, loop = count(), asyncio.Event(), asyncio.get_running_loop()
        made = await loop.create_server(lambda: Door(answer, numbers, manner), "127.0.0.1", 0)
        async with made:
            told.put((loop, over, made.sockets[0].getsockname()))
            await over.wait()

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    loop, over, address = told.get(timeout=10)
    yield address
    loop.call_soon_threadsafe(over.set)
    thread.join()


def sent(
    sender: Sender, answer: Answer, *, connections: int, after_s: Mapping[int, float] = NEVER
) -> Record:
    """Send everything to a door that answers like this."""
    with door(answer, after_s) as (host, port):
        sender.connect(host, [port], connections)
        return sender.run()


def requests(number: int) -> Iterator[Ask]:
    """Yield claims of as many people."""
    return singles("127.0.0.1", "key", "festival", number)


def test_each_request_is_sent_once_and_each_answer_counted() -> None:
    """Statuses other than 202 are counted as what they are."""
    busy = reply(b"503 Busy", more=b"retry-after: 1\r\n")
    record = sent(Sender(requests(40)), lambda n: FINE if n % 4 else busy, connections=5)
    assert record.statuses == {"202": 30, "503": 10}
    assert (record.sent, len(record.waits)) == (40, 40)
    assert record.ended_s > record.sent_s > record.began_s


def test_connections_are_spread_over_all_doors() -> None:
    """Of four connections each of two doors gets two, so that each hears half."""
    heard: Counter[str] = Counter()
    with (
        door(lambda _: FINE, heard=lambda _: heard.update("a")) as (host, one),
        door(lambda _: FINE, heard=lambda _: heard.update("b")) as (_, other),
    ):
        sender = Sender(requests(40), [number / 1_000 for number in range(40)])
        sender.connect(host, [one, other], 4)
        assert sender.run().statuses == {"202": 40}
    assert min(heard["a"], heard["b"]) > 0


def test_claims_of_a_batch_are_counted_one_by_one() -> None:
    """Large requests and large answers come in pieces, and each claim has its own status."""
    size = 4_000
    asks = batches("127.0.0.1", "key", "festival", 3 * size, size=size)
    answer = many(*([202] * (size - 1)), 409)
    record = sent(Sender(asks), lambda _: answer, connections=2)
    assert record.statuses == {"202": 3 * (size - 1), "409": 3}
    assert (record.sent, len(record.waits)) == (3 * size, 3)


def test_a_request_that_the_system_takes_in_pieces_arrives_whole() -> None:
    """More than any buffer holds is sent as the other side reads it."""
    asks = batches("127.0.0.1", "key", "festival", 200_000, size=100_000)
    record = sent(Sender(asks), lambda _: FINE, connections=1)
    assert record.statuses == {"202": 200_000}


def test_a_broken_connection_is_counted_as_lost_and_replaced() -> None:
    """A request without an answer is not forgotten, and the others are still sent."""
    record = sent(Sender(requests(10)), lambda n: b"" if n == 3 else FINE, connections=1)
    assert record.statuses == {"202": 9, "lost": 1}


def test_who_says_that_he_hangs_up_loses_nothing() -> None:
    """The next request goes over another connection."""
    closing = reply(b"503 Busy", more=b"retry-after: 1\r\nconnection: close\r\n")
    record = sent(Sender(requests(6)), lambda n: closing if n == 2 else FINE, connections=1)
    assert record.statuses == {"202": 5, "503": 1}


def test_a_farewell_that_nobody_asked_for_is_no_answer() -> None:
    """Who has not asked for long is sent away, and comes again over another connection."""
    calls = count()

    def greet(transport: asyncio.Transport) -> None:
        if next(calls) == 1:
            transport.write(reply(b"408 Request Timeout", more=b"connection: close\r\n"))
            transport.close()

    sender = Sender(requests(3), [0.0, 0.2, 0.2])
    with door(lambda _: FINE, greet=greet) as (host, port):
        sender.connect(host, [port], 2)
        record = sender.run()
    assert record.statuses == {"202": 3}
    assert next(calls) == 3


def test_latency_counts_from_when_a_request_was_due() -> None:
    """One slow answer on the only connection is felt by everyone who was due behind it."""
    slow_s = 0.2
    sender = Sender(requests(3), [0.0, 0.01, 0.02])
    record = sent(sender, lambda _: FINE, connections=1, after_s={0: slow_s})
    waits = record.waits.percentiles_ms()
    assert waits["p50"] >= 1_000 * (slow_s - 0.01) - 5
    assert record.replies.percentiles_ms()["p50"] < 100


def test_arrivals_don_t_wait_for_answers() -> None:
    """Who is due while another one waits is sent over another connection."""
    sender = Sender(requests(3), [0.0, 0.01, 0.02])
    record = sent(sender, lambda _: FINE, connections=3, after_s={0: 0.3})
    assert record.sent_s - record.began_s < 0.2


def test_who_finds_no_connection_in_time_is_not_sent() -> None:
    """A crowd that is larger than its connections carry comes to an end all the same."""
    sender = Sender(requests(1_000), [0.0] * 1_000, until_s=0.2)
    record = sent(sender, lambda _: FINE, connections=2, after_s=dict.fromkeys(range(99), 0.15))
    assert record.statuses == Counter({"202": record.sent})
    assert 2 <= record.sent <= 8


def test_more_connections_than_files_are_allowed_are_allowed_for() -> None:
    """Two thousand customers are more than many systems give a process to begin with."""
    soft, hard = getrlimit(RLIMIT_NOFILE)
    try:
        setrlimit(RLIMIT_NOFILE, (256, hard))
        allow_files(300)
        assert getrlimit(RLIMIT_NOFILE) == (300, hard)
        allow_files(200)
        assert getrlimit(RLIMIT_NOFILE) == (300, hard)
    finally:
        setrlimit(RLIMIT_NOFILE, (soft, hard))


def test_arrivals_are_random_with_the_rate_that_was_asked_for() -> None:
    """Ten thousand arrivals at 50 a second take 200 seconds, give or take, and never go back."""
    due_s = list(poisson(10_000, 50.0, seed=7))
    assert due_s == sorted(due_s)
    assert due_s[-1] == pytest.approx(200, rel=0.05)
    assert list(poisson(10, 50.0, seed=7)) == due_s[:10]
