"""Campaigns over HTTP: operators create them, anybody may see what is public."""

import httpx
import pytest

from fulfiller.domain.campaign import Publication
from fulfiller.domain.key import Scope
from tests.intake.door import NAME, Door, code, pointers, submit

TERMS: dict[str, object] = {
    "id": "lantern",
    "coupon_value": 2_500,
    "currency": "CNY",
    "budget": 5_000,
    "opens_at": "2026-02-06T09:00:00+08:00",
    "closes_at": "2096-02-28T00:00:00+08:00",
    "zone": "Asia/Shanghai",
    "valid_until": "2096-02-28",
}
SECRET = {"budget", "owner", "stripes", "issuing_rate", "backlog", "accepted", "entered"}


def _operator(door: Door) -> httpx.Client:
    return door.caller("palace", frozenset({Scope.OPS, Scope.CLAIM_WRITE}))


def test_a_campaign_is_created_shown_and_claimed_from(door: Door) -> None:
    """From its terms to its last coupon, all over HTTP."""
    with _operator(door) as operator:
        created = operator.post("/v1/campaigns", json=TERMS)
        shown = httpx.get(door.url + created.headers["location"])
        claims = [
            submit(operator, f"k{n}", {"campaign": "lantern", "user": f"u{n}"}) for n in range(3)
        ]
    assert (created.status_code, created.json()) == (201, {"campaign": "lantern"})
    assert (shown.json()["phase"], shown.json()["mode"]) == ("active", "flowing")
    assert [claim.status_code for claim in claims] == [202, 202, 409]


def test_anybody_sees_what_is_public_and_no_more(door: Door) -> None:
    """Phase, mode, window and validity are told, for a second of caching; money never."""
    answer = httpx.get(f"{door.url}/v1/campaigns/{NAME}")
    shown = answer.json()
    assert answer.headers["cache-control"] == "public, max-age=1"
    assert shown.keys() == {
        "campaign", "phase", "mode", "message", "language", "wait", "window", "validity",
    }  # fmt: skip
    assert (shown["message"], shown["wait"]) == (None, None)
    assert shown["window"]["zone"] == "Asia/Shanghai"
    assert shown["validity"] == {"until": None, "days": 3, "floor": None}
    assert not SECRET & set(answer.text.split('"'))


def test_a_draft_is_as_unknown_as_nothing(door: Door) -> None:
    """What is not published is not there, and neither is what can't be a name."""
    door.campaign("draft", publication=Publication.DRAFT)
    with _operator(door) as anybody:
        for name in ("nowhere", "draft", "A", "%00", "x" * 65, "..%2f"):
            answer = anybody.get(f"/v1/campaigns/{name}")
            assert answer.status_code == 404, name
            assert code(answer) in ("unknown_campaign", "not_found")


def test_creating_again_is_fine_only_with_the_same_terms(door: Door) -> None:
    """A repeat after a lost answer succeeds; other terms under the same name don't."""
    with _operator(door) as operator:
        first, again = (operator.post("/v1/campaigns", json=TERMS) for _ in range(2))
        other = operator.post("/v1/campaigns", json=TERMS | {"budget": 7_500})
    assert (first.status_code, again.status_code) == (201, 201)
    assert (other.status_code, code(other)) == (409, "campaign_exists")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"id": "No Name"}, "/id"),
        ({"budget": 1}, "/budget"),
        ({"budget": None}, "/budget"),
        ({"budgte": 1}, "/budgte"),
        ({"budget": "much"}, "/budget"),
        ({"zone": "Mars/Olympus"}, "/zone"),
        ({"zone": "\0"}, "/zone"),
        ({"opens_at": "soon"}, "/opens_at"),
        ({"closes_at": "2026-02-06T09:00:00+08:00"}, "/closes_at"),
        ({"valid_days": 3}, "/valid_until"),
        ({"owner": "somebody"}, "/owner"),
        ({"tiers": {"p0": {"weight": -1}}}, "/tiers/p0/weight"),
        ({"tiers": []}, "/tiers"),
        ({"issuing_rate": "fast"}, "/issuing_rate"),
    ],
)
def test_terms_that_do_not_hold_are_named(
    quiet_door: Door, change: dict[str, object], where: str
) -> None:
    """A flaw in the terms is a 422 that points at the field; nothing is stored."""
    with _operator(quiet_door) as operator:
        answer = operator.post("/v1/campaigns", json=TERMS | change)
    assert (answer.status_code, code(answer)) == (422, "invalid"), answer.text
    assert pointers(answer) == {where}
    assert quiet_door.store.campaign("lantern") is None


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"[]", 422),
        (b"[" * 9_000, 400),
        (b"x" * 20_000, 413),
        (b'{"\\ud800": 1}', 422),
        (b'{"id": "\\ud800"}', 422),
    ],
)
def test_what_is_no_campaign_is_refused(quiet_door: Door, content: bytes, status: int) -> None:
    """The body is read with the same care as a claim's."""
    with _operator(quiet_door) as operator:
        headers = {"content-type": "application/json"}
        answer = operator.post("/v1/campaigns", content=content, headers=headers)
    assert answer.status_code == status
