"""Rates over HTTP: a campaign's under its operators' keys, a merchant's under its own."""

from http import HTTPStatus

import httpx
import pytest

from fulfiller.client import Client, Invalid
from fulfiller.domain.event import Kind
from fulfiller.domain.key import Scope
from fulfiller.domain.pace import EVERY_KEY, Rate
from tests.intake.conforming import conforms, document_of
from tests.intake.door import NAME, Door, code, pointers

OPS, LIMIT = frozenset({Scope.OPS}), frozenset({Scope.LIMIT_WRITE})
SHOP = f"/v1/campaigns/{NAME}/limits/shop-7"
WHOLE = f"/v1/campaigns/{NAME}/rate"
BODY = {"rate": "200/h", "reason": "the tills keep up with so many"}


def _ask(door: Door, method: str, path: str, key: str, body: object = None) -> httpx.Response:
    answer = httpx.request(
        method,
        door.url + path,
        json=body,
        headers={"authorization": f"Bearer {key}"},
        verify=False,
    )
    operation = {"GET": "show", "PUT": "set"}[method] + ("_rate" if path == WHOLE else "_limit")
    conforms(answer, operation, document_of(door))
    return answer


def _stored(door: Door) -> dict[str, Rate]:
    return {pace.scope[1]: pace.rate for pace in door.store.rates(NAME)}


def test_operators_set_a_campaigns_rate(door: Door) -> None:
    """Answered with what holds from then on, and logged with who said it and why."""
    key = door.key("palace", OPS)
    assert _ask(door, "GET", WHOLE, key).json()["rate"] is None
    told = _ask(door, "PUT", WHOLE, key, {"rate": "3000/m", "reason": "stocktaking"}).json()
    assert told == {"campaign": NAME, "limit_key": None, "rate": "50/s", "burst": 10}
    assert _ask(door, "GET", WHOLE, key).json() == told
    assert _stored(door) == {EVERY_KEY: Rate.parse("50/s")}
    events = [entry.event for entry in door.store.unsealed(after=(0, 0), limit=999)]
    (change,) = [event for event in events if event.kind is Kind.RATE_CHANGED]
    assert (change.actor, change.detail) == ("account:palace", "50/s: stocktaking")
    off = _ask(door, "PUT", WHOLE, key, {"rate": None, "reason": "done"}).json()
    assert (off["rate"], _stored(door)) == (None, {})


def test_a_merchant_sets_its_own_limit_and_no_other(door: Door) -> None:
    """Under a key that is bound to it; the owner's reaches every merchant of the campaign."""
    shop = door.key("shop", LIMIT, bound=(NAME, "shop-7"))
    assert _ask(door, "PUT", SHOP, shop, BODY).json()["rate"] == "200/h"
    assert _ask(door, "GET", SHOP, shop).json()["limit_key"] == "shop-7"
    other = _ask(door, "PUT", SHOP.replace("-7", "-8"), shop, BODY)
    assert (other.status_code, code(other)) == (HTTPStatus.FORBIDDEN, "forbidden")
    assert _ask(door, "PUT", WHOLE, shop, BODY).status_code == HTTPStatus.FORBIDDEN
    owner = door.key("palace", LIMIT)
    assert _ask(door, "PUT", SHOP.replace("-7", "-8"), owner, BODY).is_success
    assert _stored(door) == {"shop-7": Rate.parse("200/h"), "shop-8": Rate.parse("200/h")}


def test_whoever_does_not_own_the_campaign_sets_nothing(door: Door) -> None:
    """Operators of another account are told so; a campaign that there is not is unknown."""
    stranger = door.key("stranger", OPS | LIMIT)
    for path in (WHOLE, SHOP):
        assert _ask(door, "PUT", path, stranger, BODY).status_code == HTTPStatus.FORBIDDEN
        assert _ask(door, "GET", path, stranger).status_code == HTTPStatus.FORBIDDEN
    nowhere = _ask(door, "PUT", SHOP.replace(NAME, "nowhere"), stranger, BODY)
    assert code(nowhere) == "unknown_campaign"
    assert _stored(door) == {}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"rate": "5 per second", "reason": "why"}, "/rate"),
        ({"rate": "0/s", "reason": "why"}, "/rate"),
        ({"rate": "5/s\n", "reason": "why"}, "/rate"),
        ({"rate": "9999999999999", "reason": "why"}, "/rate"),
        ({"rate": 5, "reason": "why"}, "/rate"),
        ({"rate": "5/s"}, "/reason"),
        ({"rate": "5/s", "reason": "why", "per": "h"}, "/per"),
    ],
)
def test_what_is_no_rate_names_the_field(door: Door, body: object, pointer: str) -> None:
    """And how to write it; nothing changes."""
    answer = _ask(door, "PUT", WHOLE, door.key("palace", OPS), body)
    assert (answer.status_code, code(answer)) == (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid")
    assert pointers(answer) == {pointer}
    assert _stored(door) == {}


def test_a_limit_key_may_be_any_text_of_a_claim(door: Door) -> None:
    """Whatever the language; but nothing that no claim could have."""
    owner = door.key("palace", LIMIT)
    told = _ask(door, "PUT", f"/v1/campaigns/{NAME}/limits/%E8%8C%B6%20%E9%A6%86", owner, BODY)
    assert told.json()["limit_key"] == "茶 馆"
    bad = _ask(door, "PUT", f"/v1/campaigns/{NAME}/limits/a%00b", owner, BODY)
    assert (code(bad), bad.json()["errors"][0]["parameter"]) == ("invalid", "limit_key")


def test_the_client_sets_rates(door: Door) -> None:
    """Of the campaign and of a merchant; what is no rate is refused with the remedy."""
    with Client(door.url, door.key("palace", OPS | LIMIT)) as client:
        assert client.set_rate(NAME, "500/s", reason="it works").rate == "500/s"
        limit = client.set_limit(NAME, "shop 7", "200/h", reason="one till")
        assert (limit.limit_key, limit.rate, limit.burst) == ("shop 7", "200/h", 2)
        with pytest.raises(Invalid):
            client.set_rate(NAME, "fast", reason="no")
    assert _stored(door) == {EVERY_KEY: Rate.parse("500/s"), "shop 7": Rate.parse("200/h")}
