"""Coupons over HTTP: whoever holds a code and may, redeems it once; others learn nothing."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import text

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import ALPHABET, mint
from fulfiller.domain.key import Scope
from fulfiller.intake.parts import Limits, Truth
from fulfiller.service.extend import Extension, extend
from fulfiller.store.proof import prove
from fulfiller.store.sqlstore import SqlStore
from tests.intake.counting import CountingLink
from tests.intake.door import HOUR, NAME, Door, code, opened, pointers, submit
from tests.waiting import until

TILL = frozenset({Scope.COUPON_REDEEM, Scope.CLAIM_READ, Scope.OPS})
FORGETS_NOTHING = Limits(key_ttl_s=3_600)
VERBS = ("redeem", "rollback", "reserve", "release", "revoke")
BODIES: dict[str, dict[str, object]] = {"reserve": {"ttl_s": 60.0}, "revoke": {"reason": "fraud"}}


def _coupon(door: Door, user: str = "li") -> str:
    """Return the code of a fresh coupon, as people read it."""
    with door.caller() as upstream:
        claim = submit(upstream, user, {"campaign": NAME, "user": user}).json()
        door.issue(claim)
        seen = upstream.get(f"/v1/claims/{claim['claim_id']}").json()
    return str(seen["coupon"]["code"])


def _till(door: Door) -> httpx.Client:
    return door.caller("palace", TILL)


def _do(till: httpx.Client, verb: str, coupon: str, key: str = "checkout") -> httpx.Response:
    more = {"json": BODIES[verb]} if verb in BODIES else {}
    headers = {"idempotency-key": key}
    return till.post(f"/v1/coupons/{coupon}/{verb}", headers=headers, **more)  # type: ignore[arg-type]


def test_a_coupon_is_seen_redeemed_and_rolled_back(door: Door, store_url: str) -> None:
    """From the code that somebody shows to the money, and back; the books balance."""
    coupon = _coupon(door)
    with _till(door) as till, door.caller() as upstream:
        seen = till.get(f"/v1/coupons/{coupon.lower().replace('-', '')}")
        also = upstream.get(f"/v1/coupons/{coupon}")
        done, again = (_do(till, "redeem", coupon) for _ in range(2))
        other = _do(till, "redeem", coupon, "another checkout")
        back = _do(till, "rollback", coupon)
        late = _do(till, "redeem", coupon)
        anew = _do(till, "redeem", coupon, "another checkout")
    assert (seen.status_code, seen.json()["state"]) == (200, "issued")
    assert seen.json() == also.json() | {"code": coupon}
    assert seen.headers["cache-control"] == "no-store"
    assert (done.status_code, done.json()["state"]) == (200, "redeemed")
    assert "idempotency-replayed" not in done.headers
    assert (again.json(), again.headers["idempotency-replayed"]) == (done.json(), "true")
    assert (other.status_code, code(other)) == (409, "already_redeemed")
    assert (back.status_code, back.json()["state"]) == (200, "issued")
    assert (late.status_code, code(late)) == (409, "moved_on")
    assert anew.json()["state"] == "redeemed"
    assert [finding for finding in prove(store_url) if not finding.ok] == []


def test_a_checkout_holds_a_coupon_for_a_while(sqlite_door: Door) -> None:
    """Until it lets go nobody else redeems; then anybody who may does."""
    coupon = _coupon(sqlite_door)
    with _till(sqlite_door) as till:
        held = _do(till, "reserve", coupon)
        other = _do(till, "redeem", coupon, "other")
        not_mine = _do(till, "release", coupon, "other")
        free = _do(till, "release", coupon)
        done = _do(till, "redeem", coupon, "other")
    assert (held.status_code, held.json()["state"]) == (200, "reserved")
    assert held.json()["reserved_until"]
    assert code(other) == "coupon_reserved"
    assert code(not_mine) == "not_reserved"
    assert (free.json()["state"], free.json()["reserved_until"]) == ("issued", None)
    assert done.json()["state"] == "redeemed"


def test_a_revoked_coupon_is_void(sqlite_door: Door) -> None:
    """With a reason, by an operator; whoever comes to redeem it is told, and so is its claim."""
    coupon = _coupon(sqlite_door)
    with _till(sqlite_door) as till:
        void = _do(till, "revoke", coupon, "one")
        late = _do(till, "redeem", coupon, "two")
    with sqlite_door.caller() as upstream:
        claim = upstream.get("/v1/claims", params={"key": "li"}).json()
    assert (claim["state"], claim["coupon"]["state"]) == ("issued", "revoked")
    assert (void.status_code, void.json()["state"]) == (200, "revoked")
    assert (late.status_code, code(late)) == (410, "coupon_revoked")


def test_an_expired_coupon_is_refused_until_its_campaign_is_extended(sqlite_url: str) -> None:
    """Expired is derived on every look: one row later the same coupon is redeemed."""
    with opened(sqlite_url) as door:
        campaign = door.campaign()
        coupon = _coupon(door)
        with _aged(door), _till(door) as till:
            seen, late = till.get(f"/v1/coupons/{coupon}"), _do(till, "redeem", coupon)
            assert seen.json()["state"] == "expired"
            assert (late.status_code, code(late)) == (410, "coupon_expired")
            floor, now = campaign.closes_at + HOUR, door.store.now()
            done = extend(NAME, floor, store=door.store, now=now, actor="test")
            assert done.how is Extension.EXTENDED
            assert till.get(f"/v1/coupons/{coupon}").json()["state"] == "issued"
            assert _do(till, "redeem", coupon).status_code == 200


def test_every_reader_sees_an_extension_within_a_second(sqlite_door: Door) -> None:
    """Also those who looked before it: the door remembers terms for a second at most."""
    door = sqlite_door
    assert door.parts.limits.campaign_ttl_s <= 1
    coupon = _coupon(door)
    with door.caller() as upstream, _till(door) as till:
        claim = submit(upstream, "li", {"campaign": NAME, "user": "li"}).json()["claim_id"]
        looks: dict[str, Callable[[], object]] = {
            "claim": lambda: upstream.get(f"/v1/claims/{claim}").json()["coupon"]["valid_until"],
            "campaign": lambda: till.get(f"/v1/campaigns/{NAME}").json()["validity"]["floor"],
            "coupon": lambda: till.get(f"/v1/coupons/{coupon}").json()["valid_until"],
        }
        before = {name: look() for name, look in looks.items()}
        floor = door.store.now() + 1_000 * HOUR
        extend(NAME, floor, store=door.store, now=door.store.now(), actor="test")
        assert looks["coupon"]() != before["coupon"]
        for name, look in looks.items():
            until(lambda look=look, name=name: look() != before[name], within_s=3)  # type: ignore[misc]
        assert len({look() for look in looks.values()}) == 1


def test_no_log_shows_a_code(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Not even when a request breaks: a code is as good as its money."""

    def broken(store: Truth) -> Truth:
        return SqlStore(CountingLink(cast("SqlStore", store).link, Full()))

    with opened(sqlite_url) as door:
        door.campaign()
        coupon = _coupon(door)
    with opened(sqlite_url, each_store=broken) as door, door.caller("palace", TILL) as till:
        answers = [_do(till, "redeem", coupon), till.get(f"/v1/coupons/{coupon}")]
    assert {answer.status_code for answer in answers} == {500}
    assert "/v1/coupons/…/redeem" in caplog.text
    assert coupon not in caplog.text
    assert coupon.replace("-", "") not in caplog.text


class Full(list[object]):
    """Notes nothing but sessions: whatever else is asked breaks."""

    def extend(self, statements: Iterable[object]) -> None:
        """Break."""
        message = f"no room for {statements}"
        raise RuntimeError(message)


@pytest.mark.parametrize("verb", VERBS)
def test_foreign_unknown_and_wrong_codes_get_one_answer(sqlite_door: Door, verb: str) -> None:
    """Not a byte tells whether a coupon exists to whoever may not handle it."""
    door = sqlite_door
    coupon = _coupon(door)
    codes = (coupon, _made_up(door), _mistyped(coupon), "x", "%C3%9F" * 16)
    with door.caller("thief", TILL) as thief:
        bodies = [_bare(_do(thief, verb, each)) for each in codes]
        shown = [_bare(thief.get(f"/v1/coupons/{each}")) for each in codes]
    assert all(body == bodies[0] for body in bodies)
    assert all(body == shown[0] for body in shown)
    assert (bodies[0]["status"], bodies[0]["code"]) == (404, "unknown_coupon")


def test_foreign_and_unknown_take_the_same_statements(sqlite_url: str) -> None:
    """Time can't tell them apart, because the store is asked the very same.

    Statements are counted, because times differ on a busy machine whatever the code does. A
    code with wrong check symbols asks nothing, which says nothing of coupons that exist.
    """
    with _counted(sqlite_url) as (door, asked):
        door.campaign()
        coupon = _coupon(door)
        with door.caller("thief", TILL) as thief:
            thief.get("/v1/coupons/x")
            taken = {}
            for name, each in (
                ("foreign", coupon), ("unknown", _made_up(door)), ("wrong", _mistyped(coupon)),
            ):  # fmt: skip
                for verb in VERBS:
                    asked.clear()
                    assert code(_do(thief, verb, each, f"{name} {verb}")) == "unknown_coupon"
                    taken[name, verb] = list(asked)
    for verb in VERBS:
        assert taken["wrong", verb] == []
        assert len(taken["foreign", verb]) == 1
        assert taken["foreign", verb] == taken["unknown", verb]


@pytest.mark.parametrize(
    ("verb", "body", "where"),
    [
        ("reserve", {"ttl_s": 0}, "/ttl_s"),
        ("reserve", {"ttl_s": 3_601}, "/ttl_s"),
        ("reserve", {"ttl_s": 1.5}, "/ttl_s"),
        ("reserve", {"ttl": 1}, "/ttl"),
        ("revoke", {}, "/reason"),
        ("revoke", {"reason": "a\0b"}, "/reason"),
        ("revoke", {"reason": ""}, "/reason"),
        ("revoke", {"reason": "printed twice\n"}, "/reason"),
    ],
)
def test_what_is_wrong_with_a_body_is_named(
    sqlite_door: Door, verb: str, body: dict[str, object], where: str
) -> None:
    """A flaw is a 422 that points at the field, and nothing is done."""
    with _till(sqlite_door) as till:
        headers = {"idempotency-key": "k"}
        answer = till.post(f"/v1/coupons/{'0' * 16}/{verb}", json=body, headers=headers)
    assert (answer.status_code, code(answer)) == (422, "invalid")
    assert pointers(answer) == {where}


def test_verbs_need_their_scope_and_a_key(sqlite_door: Door) -> None:
    """Redeeming is for tills, revoking for operators, and neither without a key of its own."""
    coupon = _coupon(sqlite_door)
    with sqlite_door.caller("palace", frozenset({Scope.COUPON_REDEEM})) as cashier:
        assert code(_do(cashier, "revoke", coupon)) == "forbidden"
        assert code(cashier.post(f"/v1/coupons/{coupon}/redeem")) == "idempotency_key_missing"
    with sqlite_door.caller("palace") as reader:
        assert code(_do(reader, "redeem", coupon)) == "forbidden"
    assert httpx.get(f"{sqlite_door.url}/v1/coupons/{coupon}").status_code == 401


def _bare(answer: httpx.Response) -> dict[str, Any]:
    """Return a problem without what only repeats the request."""
    body: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    return {name: body[name] for name in body if name not in ("instance", "request_id")}


def _made_up(door: Door) -> str:
    """Return a code that is sound in itself and of no coupon."""
    return mint(ClaimId("nobody's"), 0, door.parts.code_key).code


def _mistyped(coupon: str) -> str:
    """Return a code with a last symbol that is wrong for sure."""
    return coupon[:-1] + ALPHABET[(ALPHABET.index(coupon[-1]) + 1) % len(ALPHABET)]


@contextmanager
def _aged(door: Door) -> Iterator[None]:
    """Let every coupon's own date be past, as if days had gone by."""
    store = cast("SqlStore", door.store)
    with store.link.writing(), store.link.engine.begin() as connection:
        connection.execute(text("update coupon set valid_until = issued_at - 1"))
    yield


@contextmanager
def _counted(store_url: str) -> Iterator[tuple[Door, list[object]]]:
    """Run a door whose stores note what they are asked."""
    asked: list[object] = []

    def noting(store: Truth) -> Truth:
        return SqlStore(CountingLink(cast("SqlStore", store).link, asked))

    with opened(store_url, limits=FORGETS_NOTHING, each_store=noting) as door:
        yield door, asked
