"""What the load generator finds in answers."""

from collections import Counter

import msgspec
import pytest

from fulfiller.intake.claims import BatchOut, BatchResult
from fulfiller.intake.exchange import encode
from fulfiller.intake.problem import Code, Problem
from fulfiller.ops.bench.answers import count, hangs_up, whole_bytes

HEAD = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\nContent-Length: %d\r\n%b\r\n"


def reply(status: bytes, body: bytes = b"{}", more: bytes = b"") -> bytes:
    """Return a whole reply."""
    return HEAD % (status, len(body), more) + body


def counted(answer: bytes, claims: int) -> dict[str, int]:
    """Return what an answer says of so many claims."""
    statuses: Counter[str] = Counter()
    count(answer, claims, statuses)
    return dict(statuses)


def many(*statuses: int) -> bytes:
    """Return the answer to a batch, as the intake makes it."""
    body = Problem(Code.SOLD_OUT).body(instance="/v1/claims/batch", request_id="r-1")
    problem = msgspec.structs.replace(body, status=409)
    results = [
        BatchResult(status) if status < 400 else BatchResult(status, problem=problem)
        for status in statuses
    ]
    return reply(b"207 Multi-Status", encode(BatchOut(results)))


@pytest.mark.parametrize(
    ("heard", "size"),
    [
        (b"", 0),
        (b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n", 0),
        (reply(b"202 Accepted")[:-1], len(reply(b"202 Accepted"))),
        (reply(b"202 Accepted"), len(reply(b"202 Accepted"))),
        (b"HTTP/1.1 204 No Content\r\n\r\n", len(b"HTTP/1.1 204 No Content\r\n\r\n")),
        (b"HTTP/1.1 204 Ok\r\n\r\n\r\ncontent-length: 999", len(b"HTTP/1.1 204 Ok\r\n\r\n")),
        (reply(b"202 Ok", b"\r\ncontent-length: 999"), len(reply(b"202 Ok", b"x" * 21))),
    ],
)
def test_a_reply_says_how_long_it_is(heard: bytes, size: int) -> None:
    """Its head counts, not what its body says; before the head is whole nobody knows."""
    assert whole_bytes(heard) == size


def test_each_claim_of_a_batch_counts_for_itself() -> None:
    """A 207 says nothing about its claims, and a problem's own status is not one more claim."""
    assert counted(many(202, 202, 202), 3) == {"202": 3}
    assert counted(many(202, 409, 200, 202, 503), 5) == {"202": 2, "409": 1, "200": 1, "503": 1}


def test_a_claim_that_no_result_speaks_of_is_lost() -> None:
    """An answer that is too short hides nothing."""
    assert counted(many(202, 409), 4) == {"202": 1, "409": 1, "lost": 2}


def test_a_refusal_of_a_whole_batch_is_one_of_all_its_claims() -> None:
    """Five hundred that are sent away are not one."""
    answer = reply(b"503 Service Unavailable", more=b"retry-after: 2\r\n")
    assert counted(answer, 500) == {"503": 500}


@pytest.mark.parametrize("status", [b"503 Service Unavailable", b"429 Too Many Requests"])
def test_who_is_sent_away_has_to_be_told_until_when(status: bytes) -> None:
    """Without Retry-After such an answer is counted as what it is."""
    assert counted(reply(status, more=b"Retry-After: 2\r\n"), 1) == {status[:3].decode(): 1}
    bare = f"{status[:3].decode()} without Retry-After"
    assert counted(reply(status, b"\r\nretry-after: 2\r\n"), 1) == {bare: 1}


def test_a_connection_that_will_be_closed_is_known_before_it_is() -> None:
    """What is sent over it would count as lost, and the server had said so."""
    assert hangs_up(reply(b"503 Busy", more=b"Connection: close\r\n"))
    assert not hangs_up(reply(b"503 Busy"))
    assert not hangs_up(reply(b"503 Busy", b"\r\nconnection: close\r\n"))
