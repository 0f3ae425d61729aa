"""Whether an answer is as the contract says: its status, its media type and its shape."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
from jsonschema_rs import Draft202012Validator

from fulfiller.intake.exchange import encode
from tests.intake.door import Door

Tree = Mapping[str, Any]
USUAL = {"content-type", "content-length", "date", "server", "connection"}
"""Headers of HTTP itself, of which a contract need not speak."""


def document_of(door: Door) -> Tree:
    """Return the OpenAPI document as the door serves it."""
    return _fetched(door.url)


@cache
def _fetched(url: str) -> Tree:
    document: Tree = httpx.get(url + "/openapi.json", verify=False).json()
    return document


def fits(value: object, schema: Tree, document: Tree) -> None:
    """Fail unless the value is as the schema says, formats included."""
    whole = {**schema, "components": document["components"]}
    reader = Draft202012Validator(whole, validate_formats=True)
    flaws = [f"{error.instance_path}: {error.message}" for error in reader.iter_errors(value)]
    assert not flaws, f"{encode(value).decode()} is not as documented: {flaws}"


def conforms(answer: httpx.Response, operation: str, document: Tree) -> None:
    """Fail unless this is an answer that the document says the operation may give."""
    (told,) = (
        each["responses"]
        for methods in document["paths"].values()
        for each in methods.values()
        if each["operationId"] == operation
    )
    assert str(answer.status_code) in told, f"{operation}: undocumented {answer.status_code}"
    headers(answer, told[str(answer.status_code)]["headers"], document)
    kind = answer.headers["content-type"].partition(";")[0]
    content = told[str(answer.status_code)]["content"]
    assert kind in content, f"{operation}: {answer.status_code} as {kind} is not documented"
    if kind.endswith("json"):
        fits(answer.json(), content[kind]["schema"], document)
    if kind == "application/problem+json":
        alike(answer, content[kind]["examples"])


def headers(answer: httpx.Response, told: Tree, document: Tree) -> None:
    """Fail unless the answer carries the headers that it must, as told, and no others."""
    known = document["components"]["headers"]
    must = {name.lower() for name in told if known[name]["required"]}
    carried = answer.headers.keys() - USUAL
    assert must <= carried <= {name.lower() for name in told}, (carried, set(told))
    for name in told:
        if name in answer.headers:
            fits(answer.headers[name], known[name]["schema"], document)


def alike(answer: httpx.Response, examples: Tree) -> None:
    """Fail unless a problem is like the example of its code, and of the very request it answers."""
    problem = answer.json()
    assert problem["code"] in examples, f"there is no example of {problem['code']} here"
    example = examples[problem["code"]]["value"]
    assert problem.keys() == example.keys(), problem
    same = ("type", "title", "status")
    assert [problem[name] for name in same] == [example[name] for name in same]
    assert problem["instance"] == answer.request.url.path
