"""The load generator against a door that answers as it is told."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from types import MappingProxyType

import pytest

from fulfiller.ops.bench.load import poisson
from fulfiller.ops.bench.sending import Record, Sender, claim_requests, is_whole

HEAD = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\nContent-Length: %d\r\n\r\n"
NEVER: Mapping[int, float] = MappingProxyType({})
Answer = Callable[[int], bytes]


def reply(status: bytes, body: bytes = b"{}") -> bytes:
    """Return a whole reply."""
    return HEAD % (status, len(body)) + body


class Door(asyncio.Protocol):
    """Answers its `n`th request with `answer(n)`, after a while; b"" hangs up."""

    def __init__(
        self, answer: Answer, numbers: Iterator[int], after_s: Mapping[int, float]
    ) -> None:
        """Count requests with `numbers`, shared by all connections."""
        self.answer = answer
        self.numbers = numbers
        self.after_s = after_s

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keep the transport."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer what is a whole request, for they are small."""
        assert data.startswith(b"POST ")
        number = next(self.numbers)
        loop = asyncio.get_running_loop()
        loop.call_later(self.after_s.get(number, 0.0), self.say, self.answer(number))

    def say(self, said: bytes) -> None:
        """Answer in two pieces, as a network may deliver it."""
        if not said:
            self.transport.close()
            return
        self.transport.write(said[:20])
        asyncio.get_running_loop().call_later(0.001, self.transport.write, said[20:])


async def sent(
    sender: Sender, answer: Answer, *, connections: int, after_s: Mapping[int, float] = NEVER
) -> Record:
    """Send everything to a door that answers like this."""
    numbers = count()
    loop = asyncio.get_running_loop()
    async with await loop.create_server(
        lambda: Door(answer, numbers, after_s), "127.0.0.1", 0
    ) as server:
        host, port = server.sockets[0].getsockname()
        await sender.connect(host, port, connections)
        async with asyncio.timeout(10):
            await sender.run()
    return sender.record


def requests(number: int) -> list[bytes]:
    """Return claims of as many people."""
    return claim_requests("127.0.0.1", "key", "festival", number)


def test_every_request_is_somebody_elses() -> None:
    """Users and keys differ, so that nothing is refused as a repeat."""
    made = requests(50)
    assert len(set(made)) == 50
    head, _, body = made[0].partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(body) in head
    assert body.startswith(b'{"campaign":"festival","user":"')


def test_each_request_is_sent_once_and_each_answer_counted() -> None:
    """Statuses other than 202 are counted as what they are."""
    sender = Sender(requests(40))
    record = asyncio.run(
        sent(
            sender,
            lambda n: reply(b"503 Busy" if n % 4 == 0 else b"202 Accepted", b"x" * n),
            connections=5,
        )
    )
    assert record.statuses == {"202": 30, "503": 10}
    assert len(record.latencies_s) == 40
    assert record.ended_s > record.began_s


def test_a_broken_connection_is_counted_as_lost_and_replaced() -> None:
    """A request without an answer is not forgotten, and the others are still sent."""
    record = asyncio.run(
        sent(
            Sender(requests(10)), lambda n: b"" if n == 3 else reply(b"202 Accepted"), connections=1
        )
    )
    assert record.statuses == {"202": 9, "lost": 1}


def test_latency_counts_from_when_a_request_was_due() -> None:
    """One slow answer on the only connection is felt by everyone who was due behind it."""
    slow_s = 0.2
    due_s = [0.0, 0.01, 0.02]

    record = asyncio.run(
        sent(
            Sender(requests(3), due_s),
            lambda _: reply(b"202 Accepted"),
            connections=1,
            after_s={0: slow_s},
        )
    )
    waits_s = record.latencies_s
    assert all(wait >= slow_s - due - 0.005 for wait, due in zip(waits_s, due_s, strict=True)), (
        waits_s
    )


def test_arrivals_are_random_with_the_rate_that_was_asked_for() -> None:
    """Ten thousand arrivals at 50 a second take 200 seconds, give or take, and never go back."""
    due_s = poisson(10_000, 50.0, seed=7)
    assert due_s == sorted(due_s)
    assert due_s[-1] == pytest.approx(200, rel=0.05)
    assert poisson(10, 50.0, seed=7) == due_s[:10]


@pytest.mark.parametrize(
    ("heard", "whole"),
    [
        (b"", False),
        (b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n", False),
        (reply(b"202 Accepted")[:-1], False),
        (reply(b"202 Accepted"), True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (reply(b"202 Accepted", b"content-length: 999\r\n\r\n"), True),
    ],
)
def test_a_reply_is_whole_with_the_last_byte_of_its_body(heard: bytes, whole: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """What a reply says of its length counts, not what its body says."""
    assert is_whole(heard) is whole
