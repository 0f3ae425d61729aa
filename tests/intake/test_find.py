"""Finding a claim by the key it was submitted with: how senders without an answer learn its id."""

import pytest

from fulfiller.domain.key import Scope
from fulfiller.intake.problem import Problem
from fulfiller.intake.reading import REMEDIES
from fulfiller.intake.submission import request_in
from tests.intake.door import Door, body, code, submit


def test_a_claim_is_found_by_its_key_as_it_is_now(door: Door) -> None:
    """The same claim as by its id, before and after its coupon; a key of a repeat finds it, too."""
    with door.caller() as caller:
        claim = submit(caller, "one").json()
        assert submit(caller, "another").json() == claim
        before = [caller.get("/v1/claims", params={"key": key}) for key in ("one", "another")]
        door.issue(claim)
        after = caller.get("/v1/claims", params={"key": "one"})
    assert [answer.status_code for answer in (*before, after)] == [200, 200, 200]
    assert before[0].json() == before[1].json() == claim
    assert after.json()["state"] == "issued"


KEYS = ("order 42", 'order "42"', "order\\42", "a+b&c=%20d", "~", "k" * 255)
NO_KEYS = (
    "",
    " ",
    " order",
    "order ",
    '"order"',
    '"order',
    "or\nder",
    "order\n",
    "or\0der",
    "k" * 256,
)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_found_as_it_was_written_at_any_door(sqlite_door: Door, key: str) -> None:
    """Taken by a batch as by a header, bare or in quotes, it is one key, and finds its claim."""
    quoted = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
    with sqlite_door.caller() as caller:
        first = caller.post(
            "/v1/claims/batch", json={"claims": [body() | {"idempotency_key": key}]}
        )
        claim = first.json()["results"][0]["claim"]
        again = [submit(caller, written, body()) for written in (key, quoted)]
        found = [caller.get("/v1/claims", params={"key": written}) for written in (key, quoted)]
    assert [(a.status_code, a.json()) for a in (*again, *found)] == [(200, claim)] * 4


@pytest.mark.parametrize("key", NO_KEYS)
def test_what_is_no_key_is_none_at_any_door(quiet_door: Door, key: str) -> None:
    """Whatever could not be found again by its key is not taken, by a batch as by a look-up."""
    claim = body() | {"idempotency_key": key}
    with quiet_door.caller() as caller:
        batch = caller.post("/v1/claims/batch", json={"claims": [claim]}).json()["results"][0]
        look = caller.get("/v1/claims", params={"key": key})
    assert (batch["status"], batch["problem"]["code"]) == (422, "invalid")
    assert batch["problem"]["errors"][0]["pointer"] == "/claims/0/idempotency_key"
    through_celery = request_in(claim, "teahouse", number=0)
    assert isinstance(through_celery, Problem)
    assert through_celery.flaws[0].detail == REMEDIES["idempotency_key"]
    # In an address as in a header spaces around a key mean nothing, and so do quotes.
    assert look.status_code == (404 if key.strip(" ") in {"order", '"order"'} else 422)
    assert quiet_door.entered() == 0


def test_a_key_that_nobody_used_or_another_account_is_unknown(door: Door) -> None:
    """Keys belong to their account, and a refused submission leaves nothing to be found."""
    with door.caller("teahouse") as mine, door.caller("noodles") as other:
        submit(mine, "one")
        submit(mine, "two", body(campaign="nowhere"))
        answers = [
            other.get("/v1/claims", params={"key": "one"}),
            mine.get("/v1/claims", params={"key": "two"}),
            mine.get("/v1/claims", params={"key": "never"}),
        ]
    assert [(a.status_code, code(a)) for a in answers] == [(404, "unknown_claim")] * 3
    assert "send it again" in answers[1].json()["detail"]


def test_a_look_up_without_a_sound_key_names_the_parameter(door: Door) -> None:
    """Missing, empty, too long or not ASCII: 422, and what to write."""
    with door.caller() as caller:
        wrong = [caller.get(f"/v1/claims?{query}") for query in ("", "key=", "key=%C3%A9")]
        wrong.append(caller.get("/v1/claims", params={"key": "x" * 256}))
    assert [(a.status_code, code(a)) for a in wrong] == [(422, "invalid")] * 4
    assert {a.json()["errors"][0]["parameter"] for a in wrong} == {"key"}


def test_finding_needs_the_scope(door: Door) -> None:
    """A key that may only submit reads nothing."""
    with door.caller(scopes=frozenset({Scope.CLAIM_WRITE})) as caller:
        assert code(caller.get("/v1/claims", params={"key": "one"})) == "forbidden"
