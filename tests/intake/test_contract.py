"""The contract: what the OpenAPI document says is what the door does."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from jsonschema_rs import Draft202012Validator

from fulfiller.domain.terms import KEYS, REQUIRED, terms_from_campaign
from fulfiller.intake.app import create_app
from fulfiller.intake.contract import OPERATIONS
from fulfiller.intake.fields import FIELDS
from fulfiller.intake.shapes import REF
from fulfiller.intake.submission import schema
from tests.intake.conforming import Tree, document_of, fits
from tests.intake.door import Door, body, served, submit

SUBMISSION = json.loads(schema())


@pytest.fixture
def document(sqlite_door: Door) -> Tree:
    """The document as the door serves it."""
    return document_of(sqlite_door)


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


def test_every_example_is_a_true_one(document: Tree) -> None:
    """What the document shows of requests and answers is what its own shapes allow."""
    shown = 0
    for _, operation in _operations(document):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in (c for each in bodies for c in each.get("content", {}).values()):
            examples = [each["value"] for each in content.get("examples", {}).values()]
            for example in [*examples, *([content["example"]] if "example" in content else [])]:
                fits(example, content["schema"], document)
                shown += 1
        for parameter in operation["parameters"]:
            fits(parameter["example"], parameter["schema"], document)
    assert shown > 100


def test_every_status_has_an_example(document: Tree) -> None:
    """Each answer of each operation is shown, and says in words what it means."""
    for name, operation in _operations(document):
        for status, response in operation["responses"].items():
            (content,) = response["content"].values()
            assert content.get("example", content.get("examples")), (name, status)
            assert response["description"], (name, status)


@pytest.mark.parametrize(
    "name", ["ClaimIn", "BatchClaimIn", "CampaignIn", "PressureIn", "RevokeIn"]
)
@pytest.mark.parametrize("letter", ["\n", "\0", "\x1f", "\x7f"])
def test_the_contract_takes_no_text_with_control_characters(
    document: Tree, name: str, letter: str
) -> None:
    """In no field of what is sent, as the door takes none."""
    for field, kind in document["components"]["schemas"][name]["properties"].items():
        whole = kind | {"components": document["components"]}
        reader = Draft202012Validator(whole, validate_formats=True)
        assert not reader.is_valid(f"a{letter}"), field


def test_nothing_is_left_without_a_sentence(document: Tree) -> None:
    """Every shape, field, parameter and header says in words what it means, on one line."""
    mute = [
        where
        for where, told in _told(document)
        if not re.fullmatch(r"[^\s].*\.", told.get("description", ""), re.DOTALL)
        or "  " in told["description"]
    ]
    assert not mute, f"say what these mean, in fulfiller/intake/fields.py: {mute}"
    shapes = document["components"]["schemas"]
    stale = {
        f"{name}.{field}"
        for name, fields in FIELDS.items()
        for field in fields.keys() - shapes.get(name, SUBMISSION)["properties"].keys()
    }
    assert not stale, f"there is no such field: {stale}"


def test_the_terms_are_those_that_are_read(document: Tree) -> None:
    """What may be said about a campaign is in the contract, field by field."""
    terms = document["components"]["schemas"]["CampaignIn"]
    assert set(terms["properties"]) == set(KEYS)
    assert set(terms["required"]) == set(REQUIRED) - {"owner"}


def test_a_campaign_as_it_was_read_may_be_sent_again(sqlite_door: Door, document: Tree) -> None:
    """The terms of a campaign, every default stated, are what the contract allows."""
    full = terms_from_campaign(sqlite_door.campaign("full", issuing_rate="500/s"))
    fits(full | {"id": "again"}, {"$ref": REF + "CampaignIn"}, document)


def test_the_fast_lane_answers_like_the_framework(sqlite_door: Door) -> None:
    """Without the fast lane the same requests get the same answers, only slower."""
    key = sqlite_door.key("teahouse")
    with served(create_app(sqlite_door.parts, fast_lane=False)) as slow:
        answers = [_asked(url, key) for url in (sqlite_door.url, slow)]
    assert [answer.status_code for answer in answers[0]] == [202, 422, 207, 404]
    assert [answer.status_code for answer in answers[1]] == [200, 422, 207, 404]


def _told(document: Tree) -> Iterator[tuple[str, Tree]]:
    """Yield everything that has to be told in words, and where it stands."""
    for name, shape in document["components"]["schemas"].items():
        yield name, shape
        yield from (
            (f"{name}.{field}", kind) for field, kind in shape.get("properties", {}).items()
        )
    for name, header in document["components"]["headers"].items():
        yield f"header {name}", header
    for name, operation in _operations(document):
        for parameter in operation["parameters"]:
            yield f"{name}: {parameter['name']}", parameter
        for status, response in operation["responses"].items():
            for header, ref in response["headers"].items():
                assert ref["$ref"].rpartition("/")[2] == header, (name, status, header)


def _asked(url: str, key: str) -> list[httpx.Response]:
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {key}"}) as http:
        return [
            submit(http, "one"),
            submit(http, "one", body(usr=1)),
            http.post("/v1/claims/batch", json={"claims": [body()]}),
            http.get("/v1/claims/clm_x"),
        ]


def _operations(document: Tree) -> Iterator[tuple[str, Tree]]:
    for methods in document["paths"].values():
        for operation in methods.values():
            yield operation["operationId"], operation
