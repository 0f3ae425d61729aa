"""The contract: what the OpenAPI document says is what the door does."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from fulfiller.domain.key import Scope
from fulfiller.intake.app import create_app
from fulfiller.intake.contract import OPERATIONS
from tests.intake.door import NAME, Door, body, served, submit

Tree = Mapping[str, Any]


@pytest.fixture
def document(sqlite_door: Door) -> Tree:
    """The document as the door serves it."""
    answer: Tree = httpx.get(sqlite_door.url + "/openapi.json").json()
    return answer


def test_every_route_is_in_the_document(document: Tree) -> None:
    """The document names every operation, its scope, and the problems it may answer with."""
    assert document["openapi"].startswith("3.1")
    told = {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert told.keys() == {(each.method, each.path) for each in OPERATIONS}
    for each in OPERATIONS:
        scopes = told[each.method, each.path].get("security", [{"api_key": []}])[0]["api_key"]
        assert scopes == ([each.scope] if each.scope else [])


def test_every_reference_leads_somewhere(document: Tree) -> None:
    """No shape refers to one that is not there."""
    wanted = set(_references(document))
    assert wanted <= {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert "#/components/schemas/PublicClaim" in wanted


def test_answers_have_the_documented_shape(sqlite_door: Door, document: Tree) -> None:
    """Each answer's status is documented, and it has the fields that the document says."""
    door = sqlite_door
    with door.caller("palace", frozenset(Scope)) as caller:
        kept = submit(caller, "one")
        place = kept.headers["location"]
        door.issue(kept.json())
        answers = {
            "submit_claim": [kept, submit(caller, "one"), submit(caller, "one", body("x"))],
            "submit_claims": [
                caller.post("/v1/claims/batch", json={"claims": [body(), 1]}),
                caller.post("/v1/claims/batch", json={}),
            ],
            "find_claim": [
                caller.get("/v1/claims", params={"key": key}) for key in ("one", "none", "")
            ],
            "show_claim": [caller.get(place), caller.get(place + "0")],
            "cancel_claim": [caller.delete(place)],
            "create_campaign": [caller.post("/v1/campaigns", json={})],
            **coupon_answers(caller, caller.get(place).json()["coupon"]["code"]),
            "show_campaign": [caller.get(f"/v1/campaigns/{NAME}"), caller.get("/v1/campaigns/x")],
            "live": [caller.get("/livez")],
            "ready": [caller.get("/readyz")],
            "explain_problem": [caller.get("/problems/sold_out"), caller.get("/problems/x")],
        }
    assert answers.keys() == {operation.name for operation in OPERATIONS}
    for operation in OPERATIONS:
        told = document["paths"][operation.path][operation.method.lower()]["responses"]
        for answer in answers[operation.name]:
            response = told[str(answer.status_code)]["content"]
            schema = response[answer.headers["content-type"]]["schema"]
            _check(answer.json(), schema, document)


def coupon_answers(caller: httpx.Client, coupon: str) -> dict[str, list[httpx.Response]]:
    """Return a success and a problem of each operation on a coupon."""
    path = f"/v1/coupons/{coupon}"
    answers = {"show_coupon": [caller.get(path), caller.get(path + "0")]}
    for verb in ("reserve", "release", "redeem", "rollback", "revoke"):
        body = {"reserve": {}, "revoke": {"reason": "fraud"}}.get(verb)
        keys = ("checkout", f"late {verb}")
        answers[f"{verb}_coupon"] = [
            caller.post(f"{path}/{verb}", json=body, headers={"idempotency-key": key})
            for key in keys
        ]
        assert [answer.is_success for answer in answers[f"{verb}_coupon"]] == [True, False]
    return answers


def test_the_fast_lane_answers_like_the_framework(sqlite_door: Door) -> None:
    """Without the fast lane the same requests get the same answers, only slower."""
    key = sqlite_door.key("teahouse")
    with served(create_app(sqlite_door.parts, fast_lane=False)) as slow:
        answers = [_asked(url, key) for url in (sqlite_door.url, slow)]
    assert [answer.status_code for answer in answers[0]] == [202, 422, 207, 404]
    assert [answer.status_code for answer in answers[1]] == [200, 422, 207, 404]


def test_problems_and_docs_can_be_read(sqlite_door: Door) -> None:
    """The type of a problem leads to its page, and the docs need nothing from elsewhere."""
    problem = httpx.get(sqlite_door.url + "/nowhere").json()
    page = httpx.get(sqlite_door.url + problem["type"])
    docs = httpx.get(sqlite_door.url + "/docs")
    assert (page.status_code, page.json()["code"]) == (200, problem["code"])
    assert docs.headers["content-type"].startswith("text/html")
    assert "POST /v1/claims" in docs.text
    assert "://" not in docs.text
    assert "<script" not in docs.text


def _asked(url: str, key: str) -> list[httpx.Response]:
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {key}"}) as http:
        return [
            submit(http, "one"),
            submit(http, "one", body(usr=1)),
            http.post("/v1/claims/batch", json={"claims": [body()]}),
            http.get("/v1/claims/clm_x"),
        ]


def _references(tree: object) -> list[str]:
    if isinstance(tree, dict):
        own = [tree["$ref"]] if "$ref" in tree else []
        return own + [each for child in tree.values() for each in _references(child)]
    if isinstance(tree, list):
        return [each for child in tree for each in _references(child)]
    return []


def _check(value: object, schema: Tree, document: Tree) -> None:
    """Check what matters of a schema: fields that are there, required, enumerated."""
    if "$ref" in schema:
        named: Tree = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        _check(value, named, document)
    elif "anyOf" in schema:
        kinds = [
            kind for kind in schema["anyOf"] if (kind.get("type") == "null") == (value is None)
        ]
        assert kinds, f"{value!r} is none of {schema['anyOf']}"
        _check(value, kinds[0], document)
    elif isinstance(value, dict):
        properties = schema["properties"]
        assert set(schema.get("required", ())) <= value.keys() <= properties.keys()
        for name, child in value.items():
            _check(child, properties[name], document)
    elif isinstance(value, list):
        for child in value:
            _check(child, schema["items"], document)
    else:
        assert value in schema.get("enum", [value])
