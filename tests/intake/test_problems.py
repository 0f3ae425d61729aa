"""Problems: the examples, the pages and what is really answered say the same of each."""

import re
from collections.abc import Iterator, Mapping
from html import escape
from types import MappingProxyType
from typing import NamedTuple

import httpx
import pytest

from fulfiller.domain.key import Scope
from fulfiller.intake.problem import KINDS, TYPE_PREFIX, Code
from fulfiller.intake.shapes import REF
from tests.intake.conforming import Tree, conforms, document_of
from tests.intake.door import Door, code

KEY = {"idempotency-key": "one"}
JSON = KEY | {"content-type": "application/json"}
NO_KEY, GZIP = JSON | {"idempotency-key": ""}, JSON | {"content-encoding": "gzip"}
CLAIM = b'{"campaign": "nowhere", "user": "li"}'
CLAIMS, CAMPAIGNS, COUPON = "/v1/claims", "/v1/campaigns", "/v1/coupons/7Q2M-X4TD-9KFA-B3HE"


class Bad(NamedTuple):
    """A request, the operation that refuses it, and as what."""

    operation: str
    refused: str
    method: str
    path: str
    headers: Mapping[str, str] = MappingProxyType({})
    content: bytes = b""


BAD = (
    Bad("submit_claim", "malformed", "POST", CLAIMS, JSON, b"{"),
    Bad("submit_claim", "invalid", "POST", CLAIMS, JSON, b"{}"),
    Bad("submit_claim", "unknown_campaign", "POST", CLAIMS, JSON, CLAIM),
    Bad("submit_claim", "unsupported_media_type", "POST", CLAIMS, KEY, CLAIM),
    Bad("submit_claim", "unsupported_encoding", "POST", CLAIMS, GZIP, CLAIM),
    Bad("submit_claim", "idempotency_key_invalid", "POST", CLAIMS, NO_KEY, CLAIM),
    Bad("submit_claims", "invalid", "POST", f"{CLAIMS}/batch", JSON, b"{}"),
    Bad("find_claim", "invalid", "GET", f"{CLAIMS}?key="),
    Bad("find_claim", "unknown_claim", "GET", f"{CLAIMS}?key=never"),
    Bad("show_claim", "unknown_claim", "GET", f"{CLAIMS}/clm_x"),
    Bad("show_claim", "method_not_allowed", "GET", f"{CLAIMS}/batch"),
    Bad("follow_outcomes", "invalid", "GET", "/v1/events?after=x"),
    Bad("create_campaign", "invalid", "POST", CAMPAIGNS, JSON, b"{}"),
    Bad("show_campaign", "unknown_campaign", "GET", f"{CAMPAIGNS}/nowhere"),
    Bad("report_pressure", "invalid", "POST", f"{CAMPAIGNS}/nowhere/pressure", JSON, b"{}"),
    Bad("show_coupon", "unknown_coupon", "GET", COUPON),
    Bad("reserve_coupon", "invalid", "POST", f"{COUPON}/reserve", JSON, b'{"ttl_s": 0}'),
    Bad("revoke_coupon", "invalid", "POST", f"{COUPON}/revoke", JSON, b"{}"),
    Bad("explain_problem", "not_found", "GET", "/problems/none"),
)


@pytest.mark.parametrize("bad", BAD, ids=[f"{bad.operation}-{bad.refused}" for bad in BAD])
def test_a_real_problem_is_like_its_example(quiet_door: Door, bad: Bad) -> None:
    """The same parts, and the path of the request; nothing that the contract does not show."""
    with quiet_door.caller(scopes=frozenset(Scope)) as caller:
        answer = caller.request(bad.method, bad.path, headers=bad.headers, content=bad.content)
    assert code(answer) == bad.refused
    conforms(answer, bad.operation, document_of(quiet_door))


def test_an_example_of_a_problem_is_of_the_request_it_stands_at(quiet_door: Door) -> None:
    """Its instance is an address of its operation, and what is to mend could be sent there."""
    document = document_of(quiet_door)
    for path, methods in document["paths"].items():
        address = re.sub("{[a-z_]+}", "[^/{}]+", path)
        for operation in methods.values():
            for problem in _problems(operation):
                known = address if problem["code"] != "timed_out" else ""
                assert re.fullmatch(known, problem["instance"]), operation["operationId"]
                assert problem.get("errors") or problem["code"] != "invalid"
                for error in problem.get("errors", ()):
                    assert error["detail"]
                    if "parameter" in error:
                        assert error["parameter"] in {p["name"] for p in operation["parameters"]}
                    elif "pointer" in error:
                        assert error["pointer"][1:] in _takes(operation, document)


def test_every_code_is_explained(quiet_door: Door) -> None:
    """The enum, the index and the pages of problems name the same codes."""
    document = document_of(quiet_door)
    codes = document["components"]["schemas"]["Code"]["enum"]
    with quiet_door.caller() as caller:
        index = caller.get("/problems").json()["problems"]
        pages = [caller.get(f"/problems/{code}").json() for code in codes]
    assert index == pages
    assert [page["code"] for page in pages] == codes == list(Code)
    assert all(page["title"] and page["remedy"] for page in pages)
    told = document["components"]["schemas"]["ProblemBody"]["properties"]["code"]
    assert told["$ref"] == REF + "Code"


def test_problems_and_docs_can_be_read(quiet_door: Door) -> None:
    """The type of a problem leads to its page, and the docs need nothing from elsewhere."""
    problem = httpx.get(quiet_door.url + "/nowhere").json()
    page = httpx.get(quiet_door.url + problem["type"])
    docs = httpx.get(quiet_door.url + "/docs")
    assert (page.status_code, page.json()["code"]) == (200, problem["code"])
    assert docs.headers["content-type"].startswith("text/html")
    assert "POST /v1/claims" in docs.text
    for name, kind in KINDS.items():
        (row,) = re.findall(rf'<tr id="problem-{name}">.*', docs.text)
        assert f'href="{TYPE_PREFIX}{name}"' in row
        assert escape(kind.title) in row
        assert escape(kind.remedy).replace("`", "") in re.sub("</?code>", "", row)
        assert f'href="#problem-{name}"' in docs.text, "an operation leads there"
    assert "://" not in docs.text
    assert "<script" not in docs.text


def _problems(operation: Tree) -> Iterator[Tree]:
    """Yield the examples of problems that an operation tells."""
    for response in operation["responses"].values():
        for content in response["content"].values():
            yield from (each["value"] for each in content.get("examples", {}).values())


def _takes(operation: Tree, document: Tree) -> Tree:
    """Return the fields of what an operation takes."""
    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    fields: Tree = document["components"]["schemas"][name.removeprefix(REF)]["properties"]
    return fields
