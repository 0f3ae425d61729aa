"""Every route and every caller: let in or refused as one table says, and told as documented."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
import pytest

from fulfiller.domain.key import Scope
from fulfiller.intake.contract import OPERATIONS
from tests.intake.conforming import conforms, document_of
from tests.intake.door import NAME, Door, body, code, submit
from tests.intake.routes import PAGES, ROUTES, Row

GUARDED = {name: row for name, row in ROUTES.items() if row.scope}


@contextmanager
def _world(door: Door) -> Iterator[Mapping[str, str]]:
    """Have an open claim and an issued one, with its coupon, of the account teahouse."""
    with door.caller() as mine:
        places = {}
        for name in ("open", "issued"):
            claim = submit(mine, name, body(name)).json()
            places[name] = claim["claim_id"]
        door.issue(claim)
        coupon = mine.get(f"/v1/claims/{places['issued']}").json()["coupon"]["code"]
        yield places | {"coupon": coupon}


def _ask(
    http: httpx.Client, row: Row, places: Mapping[str, str], authorization: bytes | None
) -> httpx.Response:
    headers = {b"idempotency-key": row.key.encode()}
    if authorization is not None:
        headers[b"authorization"] = authorization
    return http.request(row.method, row.path.format(**places), json=row.body, headers=headers)


def _bearer(key: str) -> bytes:
    return f"Bearer {key}".encode("latin-1")


def _shut_out(door: Door, scope: Scope) -> Iterator[tuple[bytes | None, int, str]]:
    """Yield headers that do not open what takes this scope, and what their senders are told."""
    good = door.key("teahouse", frozenset(Scope))
    over = door.key("teahouse", frozenset(Scope), expires_at=door.store.now() - 1)
    revoked = door.key("teahouse", frozenset(Scope))
    door.store.revoke_key(revoked.split("_")[1], at=door.store.now())
    wrong, unknown = good[:-4] + "AAAA", good.replace("ful_", "ful_x")
    for header in (None, b"Bearer", b"Basic " + good.encode()):
        yield header, 401, "unauthorized"
    for key in ("ful_x_y", wrong, unknown, over, revoked, good + "\u00e9", "x" * 5_000):
        yield _bearer(key), 401, "unauthorized"
    for lacking in set(Scope) - {scope}:
        yield _bearer(door.key("teahouse", frozenset({lacking}))), 403, "forbidden"
    yield _bearer(door.key("teahouse", frozenset(Scope) - {scope})), 403, "forbidden"
    yield _bearer(door.key("teahouse", frozenset())), 403, "forbidden"


def test_every_operation_has_its_row(sqlite_door: Door) -> None:
    """Nothing is behind the door of which this table does not say who may do it."""
    told = {
        operation["operationId"]: operation.get("security", [{"api_key": [None]}])[0]["api_key"]
        for methods in document_of(sqlite_door)["paths"].values()
        for operation in methods.values()
    }
    missing = told.keys() - ROUTES.keys()
    assert not missing, f"say who may do {missing}: add a row to ROUTES in tests/intake/routes.py"
    assert told == {name: [row.scope] for name, row in ROUTES.items()}


def test_every_route_of_the_framework_has_its_row(sqlite_door: Door) -> None:
    """Whatever else the framework would answer to is refused, even to a key that may all."""
    rows = {(each.method, each.path) for each in OPERATIONS if each.name in ROUTES}
    known = {
        (method, getattr(route, "path", str(route)))
        for route in sqlite_door.app.routes
        for method in getattr(route, "methods", None) or {"ANY"}
    }
    with sqlite_door.caller(scopes=frozenset(Scope)) as caller:
        for method, path in known - rows - PAGES:
            where = f"{method} {path}: add it to the contract, and a row to tests/intake/routes.py"
            assert method != "ANY", where
            if (method, path) not in {("HEAD", read) for _, read in rows | PAGES}:
                assert caller.request(method, path).status_code == 405, where
    assert rows | PAGES <= known


@pytest.mark.parametrize("name", GUARDED)
def test_no_key_but_the_right_one_opens(sqlite_door: Door, name: str) -> None:
    """Without a key that lives and has the scope there is a 401 or a 403, and nothing happens."""
    door, row = sqlite_door, GUARDED[name]
    assert row.scope
    with _world(door) as places, httpx.Client(base_url=door.url, verify=False) as http:
        before = door.store.stripes(NAME)
        for header, status, problem in _shut_out(door, row.scope):
            answer = _ask(http, row, places, header)
            assert (answer.status_code, code(answer)) == (status, problem), header
            assert status != 401 or answer.headers["www-authenticate"] == "Bearer"
            assert status != 403 or row.scope in answer.json()["detail"]
            conforms(answer, name, document_of(door))
        assert door.store.stripes(NAME) == before
        assert door.store.campaign("lantern") is None


@pytest.mark.parametrize("name", ROUTES)
def test_with_the_scope_each_account_sees_its_own(sqlite_door: Door, name: str) -> None:
    """The scope alone opens; beyond that an account's claims and coupons are its own."""
    door, row = sqlite_door, ROUTES[name]
    mine = frozenset({row.scope} if row.scope else ())
    accounts = {"teahouse": mine, "noodles": frozenset(Scope), "palace": frozenset(Scope)}
    with _world(door) as places, httpx.Client(base_url=door.url, verify=False) as http:
        keys = [_bearer(door.key(account, scopes)) for account, scopes in accounts.items()]
        answers = [_ask(http, row, places, key) for key in keys]
        if row.scope is None:
            assert _ask(http, row, places, None).status_code == row.told[0]
    assert tuple(answer.status_code for answer in answers) == row.told
    for answer in answers:
        conforms(answer, name, document_of(door))
    told = answers[1].text.replace(row.path.format(**places), "")
    assert not [secret for secret in places.values() if secret in told], "it is none of theirs"
