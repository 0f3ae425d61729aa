"""API keys at the door: which open what, on every route of the contract."""

from dataclasses import replace

import httpx
import pytest

from fulfiller.domain.key import Scope
from fulfiller.intake.contract import OPERATIONS
from fulfiller.intake.operation import Operation
from fulfiller.intake.parts import Limits
from tests.intake.door import NAME, Door, body, code, opened, submit
from tests.waiting import until

GUARDED = [operation for operation in OPERATIONS if operation.scope]
NO_CLAIM = "clm_00000000-0000-7000-8000-000000000000"


def _ask(door: Door, operation: Operation, authorization: str | None) -> httpx.Response:
    path = operation.path.format(claim_id=NO_CLAIM, campaign=NAME, code="0" * 16)
    headers = {b"idempotency-key": b"one"}
    if authorization is not None:
        headers[b"authorization"] = authorization.encode("latin-1")
    content = body() if operation.takes else None
    return httpx.request(operation.method, door.url + path, json=content, headers=headers)


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.name)
def test_nothing_opens_without_a_good_key(quiet_door: Door, operation: Operation) -> None:
    """No key, no key of ours, an unknown one and a wrong secret are all the same 401."""
    good = quiet_door.key("teahouse", frozenset(Scope))
    wrong = good[:-4] + "AAAA"
    unknown = good.replace("ful_", "ful_x")
    said = (None, "Bearer", f"Basic {good}", "Bearer ful_x_y", f"Bearer {wrong}",
            f"Bearer {unknown}", f"Bearer {good}\u00e9", "Bearer ful_" + "x" * 5_000)  # fmt: skip
    answers = [_ask(quiet_door, operation, each) for each in said]
    assert [(answer.status_code, code(answer)) for answer in answers] == [
        (401, "unauthorized")
    ] * len(said)
    assert {answer.json()["detail"] for answer in answers} == {answers[0].json()["detail"]}
    assert answers[0].headers["www-authenticate"] == "Bearer"
    assert quiet_door.entered() == 0


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.name)
def test_a_key_opens_what_its_scope_says(sqlite_door: Door, operation: Operation) -> None:
    """With every scope but the one it takes there is a 403; with that one alone there is none."""
    assert operation.scope
    others = sqlite_door.key("teahouse", frozenset(Scope) - {operation.scope})
    alone = sqlite_door.key("teahouse", frozenset({operation.scope}))
    refused = _ask(sqlite_door, operation, f"Bearer {others}")
    let_in = _ask(sqlite_door, operation, f"Bearer {alone}")
    assert (refused.status_code, code(refused)) == (403, "forbidden")
    assert operation.scope in refused.json()["detail"]
    assert let_in.status_code not in (401, 403)


def test_a_key_that_is_over_opens_nothing(quiet_door: Door) -> None:
    """An expired key is refused like a wrong one."""
    key = quiet_door.key("teahouse", expires_at=quiet_door.store.now() - 1)
    answer = _ask(quiet_door, OPERATIONS[0], f"Bearer {key}")
    assert answer.status_code == 401


def test_a_revoked_key_is_shut_out_soon(sqlite_url: str) -> None:
    """A key is trusted for a moment only: once revoked it opens nothing after that."""
    with opened(sqlite_url, limits=Limits(key_ttl_s=0.2)) as door, door.caller() as caller:
        door.campaign()
        assert submit(caller, "one").status_code == 202
        (record,) = door.store.keys()
        door.store.revoke_key(record.id, at=door.store.now())
        until(lambda: submit(caller, "one").status_code == 401, within_s=5)


def test_a_key_made_after_it_was_refused_is_let_in_soon(sqlite_url: str) -> None:
    """A refusal is remembered for a moment only, too, and then forgotten."""
    with opened(sqlite_url, limits=Limits(key_ttl_s=0.2)) as door:
        door.campaign()
        key = door.key("teahouse", frozenset({Scope.CLAIM_WRITE}))
        future = key.replace("ful_", "ful_later")
        refused = _ask(door, OPERATIONS[0], f"Bearer {future}")
        assert refused.status_code == 401
        (record,) = door.store.keys()
        door.store.add_key(replace(record, id="later" + record.id))
        until(lambda: _ask(door, OPERATIONS[0], f"Bearer {future}").status_code == 202, within_s=5)
