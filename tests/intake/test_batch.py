"""The batch door: up to 1,000 claims, each with a result of its own."""

import json

import httpx
import pytest

from tests.intake.door import Door, body, code, pointers

Json = dict[str, object]


def _item(key: str, user: str | None = None, **more: object) -> Json:
    return body(user or key) | {"idempotency_key": key} | more


def _post(caller: httpx.Client, claims: object) -> httpx.Response:
    return caller.post("/v1/claims/batch", json={"claims": claims})


def test_each_claim_of_a_batch_has_its_own_result(door: Door) -> None:
    """What is fine is kept, what is not is told at its place, and a 207 says to look closely."""
    claims: list[object] = [
        _item("a"),
        _item("a"),
        _item("a", user="somebody else"),
        _item("b", user="a"),
        _item("c", campaign="nowhere"),
        _item("d", tier="p9"),
        body("e"),
        "f",
        _item("g", user="g\0"),
        _item("h"),
    ]
    with door.caller() as caller:
        answer = _post(caller, claims)
    results = answer.json()["results"]
    assert answer.status_code == 207, answer.text
    assert [result["status"] for result in results] == [
        202, 200, 422, 200, 404, 422, 422, 422, 422, 202,
    ]  # fmt: skip
    ids = [result["claim"]["claim_id"] for result in results if "claim" in result]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert [result.get("replayed", False) for result in results[:2]] == [False, True]
    assert results[2]["problem"]["code"] == "key_reused"
    assert [result["problem"]["errors"][0]["pointer"] for result in results[5:9]] == [
        "/claims/5/tier",
        "/claims/6/idempotency_key",
        "/claims/7",
        "/claims/8/user",
    ]
    assert door.entered() == 2


def test_a_thousand_claims_are_kept_in_order(door: Door) -> None:
    """A full batch is answered claim by claim in the order in which it was sent."""
    with door.caller() as caller:
        results = _post(caller, [_item(f"u{n}") for n in range(1_000)]).json()["results"]
    assert [result["claim"]["user"] for result in results] == [f"u{n}" for n in range(1_000)]
    assert {result["status"] for result in results} == {202}
    assert door.entered() == 1_000


def test_a_repeated_batch_is_all_repeats(door: Door) -> None:
    """Sending a batch again, as after a lost answer, changes nothing and tells the same ids."""
    claims = [_item(f"u{n}") for n in range(50)]
    with door.caller() as caller:
        first, again = (_post(caller, claims).json()["results"] for _ in range(2))
    ids = [[result["claim"]["claim_id"] for result in results] for results in (first, again)]
    assert ids[0] == ids[1]
    assert {result["status"] for result in again} == {200}
    assert door.entered() == 50


@pytest.mark.parametrize(
    ("content", "status", "where"),
    [
        (b'{"claims": [', 400, None),
        (b"[" * 100_000, 400, None),
        (b'{"claims": ' + b"[" * 100_000, 400, None),
        (b"[]", 422, {""}),
        (b"{}", 422, {"/claims"}),
        (b'{"claims": 7}', 422, {"/claims"}),
        (b'{"claims": []}', 422, {"/claims"}),
        (b'{"claims": [], "more": 1}', 422, {"/more"}),
        (json.dumps({"claims": [{}] * 1_001}).encode(), 422, {"/claims"}),
    ],
)
def test_a_batch_that_is_none_is_refused_whole(
    quiet_door: Door, content: bytes, status: int, where: set[str] | None
) -> None:
    """Without a list of 1 to 1,000 claims there are no results, only a problem."""
    with quiet_door.caller() as caller:
        headers = {"content-type": "application/json"}
        answer = caller.post("/v1/claims/batch", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert code(answer) == ("malformed" if where is None else "invalid")
    assert where is None or pointers(answer) == where
    assert quiet_door.entered() == 0
