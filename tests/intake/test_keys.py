"""API keys in time: rotated with an overlap, revoked within seconds, looked up all the same."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import cast

import httpx
import pytest

from fulfiller.domain.key import KeyRecord, Scope
from fulfiller.intake.parts import Limits, Truth
from tests.intake.door import Door, body, code, opened, submit
from tests.waiting import until

HASTY = Limits(key_ttl_s=0.2)


def _asks(door: Door, key: str) -> int:
    """Return the status of a submission with this key."""
    headers = {"authorization": f"Bearer {key}", "idempotency-key": "one"}
    answer = httpx.post(door.url + "/v1/claims", json=body(), headers=headers, verify=False)
    return answer.status_code


class Noted:
    """A store that notes which keys are looked up, and what was found."""

    def __init__(self, store: Truth, found: list[KeyRecord | None]) -> None:
        """Keep the store and where to note."""
        self._store = store
        self._found = found

    def __getattr__(self, name: str) -> object:
        """Pass everything else on."""
        return getattr(self._store, name)

    def find_key(self, key_id: str) -> KeyRecord | None:
        """Note the look, and look."""
        self._found.append(self._store.find_key(key_id))
        return self._found[-1]


def test_nobody_is_trusted_for_longer_than_five_seconds() -> None:
    """What an intake remembers of a key is the longest that a revocation can take."""
    assert Limits().key_ttl_s <= 5


def test_a_revoked_key_is_shut_out_soon_and_everywhere(sqlite_url: str) -> None:
    """A key is trusted for a moment only: once revoked it opens no intake after that."""
    with ExitStack() as open_doors:
        doors = [open_doors.enter_context(opened(sqlite_url, limits=HASTY)) for _ in range(2)]
        doors[0].campaign()
        key = doors[0].key("teahouse")
        assert [_asks(door, key) for door in doors] == [202, 200]
        (record,) = doors[0].store.keys()
        doors[0].store.revoke_key(record.id, at=doors[0].store.now())
        for door in doors:
            until(lambda door=door: _asks(door, key) == 401, within_s=5)  # type: ignore[misc]


def test_a_key_made_after_it_was_refused_is_let_in_soon(sqlite_url: str) -> None:
    """A refusal is remembered for a moment only, too, and then forgotten."""
    with opened(sqlite_url, limits=HASTY) as door:
        door.campaign()
        future = door.key("teahouse").replace("ful_", "ful_later")
        assert _asks(door, future) == 401
        (record,) = door.store.keys()
        door.store.add_key(replace(record, id="later" + record.id))
        until(lambda: _asks(door, future) == 202, within_s=5)


def test_while_keys_overlap_both_open_and_then_only_the_new(sqlite_url: str) -> None:
    """Two keys of an account are one caller; the old one ends at its hour, to the moment."""
    with opened(sqlite_url) as door:
        door.campaign()
        old, new = door.key("teahouse"), door.key("teahouse")
        ends_at = door.store.now() + 900_000
        assert door.store.expire_key(old.split("_")[1], at=ends_at)
        assert [_asks(door, key) for key in (old, new)] == [202, 200]
        until(lambda: _asks(door, old) == 401, within_s=4)
        assert door.store.now() >= ends_at
        assert _asks(door, new) == 200


def test_unknown_and_wrong_keys_take_the_same_steps(sqlite_url: str) -> None:
    """A key that is not there and a secret that is wrong cost the same look, each time once."""
    found: list[KeyRecord | None] = []

    def noted(store: Truth) -> Truth:
        return cast("Truth", Noted(store, found))

    with opened(sqlite_url, each_store=noted) as door, door.caller() as caller:
        door.campaign()
        good = door.key("teahouse")
        wrong, unknown = good[:-4] + "AAAA", good.replace("ful_", "ful_x")
        answers = [
            caller.get("/v1/claims/clm_x", headers={"authorization": f"Bearer {key}"})
            for key in (wrong, unknown, wrong, unknown)
        ]
    assert [record is None for record in found] == [False, True]
    told = [{**answer.json(), "request_id": ""} for answer in answers]
    assert told == [told[0]] * 4
    assert code(answers[0]) == "unauthorized"


@pytest.mark.parametrize("scopes", [(Scope.CLAIM_WRITE,), (Scope.CLAIM_WRITE, Scope.CLAIM_READ)])
def test_several_keys_of_an_account_are_one_caller(
    sqlite_door: Door, scopes: Sequence[Scope]
) -> None:
    """What one key submitted, the account's other keys repeat; another account's don't."""
    with (
        sqlite_door.caller("teahouse") as first,
        sqlite_door.caller("teahouse", frozenset(scopes)) as second,
        sqlite_door.caller("noodles") as foreign,
    ):
        claim = submit(first, "one").json()
        sqlite_door.issue(claim)
        again, theirs = submit(second, "one"), submit(foreign, "one")
        coupon = again.json()["coupon"]["code"]
    assert (again.status_code, again.json()["claim_id"]) == (200, claim["claim_id"])
    assert (theirs.status_code, code(theirs)) == (409, "identity_taken")
    assert coupon not in theirs.text
    assert claim["claim_id"] not in theirs.text
