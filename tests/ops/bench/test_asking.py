"""The requests that the load generator makes while it sends them."""

import json
from collections.abc import Iterator
from itertools import count, islice

import pytest

from fulfiller.ops.bench.asking import Ask, batches, singles

WHOM = ("127.0.0.1:80", "ful_key", "festival")


def parsed(ask: Ask) -> tuple[str, dict[str, str], dict[str, object]]:
    """Return the first line, the headers and the body of a request."""
    head, _, body = ask[0].decode().partition("\r\n\r\n")
    first, *rest = head.split("\r\n")
    headers = dict(line.split(": ") for line in rest)
    assert int(headers["Content-Length"]) == len(body)
    return first, headers, json.loads(body)


def people(asks: Iterator[Ask]) -> list[tuple[object, object]]:
    """Return user and key of every claim."""
    found: list[tuple[object, object]] = []
    for ask in asks:
        _, headers, body = parsed(ask)
        claims = body.get("claims", [body])
        assert isinstance(claims, list)
        assert len(claims) == ask[1]
        found += [
            (claim["user"], claim.get("idempotency_key") or headers["Idempotency-Key"])
            for claim in claims
        ]
    return found


def test_a_lone_claim_says_who_asks_for_what() -> None:
    """Key, campaign and user stand where the door looks for them."""
    first, headers, body = parsed(next(singles(*WHOM, 1)))
    assert first == "POST /v1/claims HTTP/1.1"
    assert headers["Authorization"] == "Bearer ful_key"
    assert headers["Content-Type"] == "application/json"
    assert body.keys() == {"campaign", "user"}
    assert body["campaign"] == "festival"


def test_claims_of_a_batch_stand_in_one_request() -> None:
    """Each has its own user and key, and the last request holds the rest."""
    first, _, body = parsed(next(batches(*WHOM, 7, size=3)))
    assert first == "POST /v1/claims/batch HTTP/1.1"
    claims = body["claims"]
    assert isinstance(claims, list)
    assert {"campaign", "user", "idempotency_key"} == set(claims[2])
    assert claims[2]["campaign"] == "festival"
    assert [claims for _, claims in batches(*WHOM, 7, size=3)] == [3, 3, 1]


@pytest.mark.parametrize(
    "asks", [singles(*WHOM, 1_300), batches(*WHOM, 1_300, size=500)], ids=["singles", "batches"]
)
def test_every_claim_is_somebody_elses(asks: Iterator[Ask]) -> None:
    """Users and keys differ, so that nothing is refused as a repeat."""
    found = people(asks)
    assert len({user for user, _ in found}) == len({key for _, key in found}) == 1_300


def test_users_come_from_everywhere() -> None:
    """An index of the database is not filled from one end, nor are two runs alike."""
    firsts = [str(user)[0] for user, _ in people(batches(*WHOM, 500, size=500))]
    assert len(set(firsts)) == 16
    assert people(singles(*WHOM, 2)) != people(singles(*WHOM, 2))


def test_requests_exist_only_once_they_are_asked_for() -> None:
    """A run of ten million needs no more memory than one of a thousand."""
    for asks in (singles(*WHOM, 10**9), batches(*WHOM, 10**9, size=500)):
        assert len(list(islice(zip(asks, count(), strict=False), 1_000))) == 1_000
