"""The OpenAPI document: each operation as OpenAPI tells it, and the shapes they speak of."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from fulfiller.domain.act import Verb
from fulfiller.domain.key import Scope
from fulfiller.intake import headers
from fulfiller.intake.examples import (
    CAMPAIGN,
    CLAIM_ID,
    COUPON_CODE,
    EXAMPLES,
    FRESH,
    INVALID,
    KEY,
    problem,
)
from fulfiller.intake.fields import described
from fulfiller.intake.operation import ALWAYS, Operation
from fulfiller.intake.outcomes import AFTER_DIGITS_MAX
from fulfiller.intake.problem import KINDS, Code
from fulfiller.intake.reading import KEY_MAX, SENT_KEY_PATTERN
from fulfiller.intake.scale import MAX, MAX_MOST
from fulfiller.intake.shapes import BY_HAND, REF

TITLE = "Fulfiller"
VERSION = "1"
ABOUT = "Claims come in, are kept, and become coupons; a 202 is a promise."
INSTANTS = ("at", "until", "floor", "since")
"""How the names of all instants end, and of nothing else."""
WHOLE = "Public"
"""How the names of shapes begin of which every field is sent, be it null."""
PROBLEM_TYPE = "application/problem+json"
Tree = dict[str, Any]
_TEXT: Tree = {"type": "string"}
_KEY: Tree = {
    "type": "string",
    "minLength": 1,
    "maxLength": KEY_MAX,
    "pattern": SENT_KEY_PATTERN,
}
_AFTER: Tree = {"type": "integer", "minimum": 0, "maximum": 10**AFTER_DIGITS_MAX - 1, "default": 0}
_MAX: Tree = {"type": "integer", "minimum": 1, "maximum": MAX_MOST, "default": MAX}
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
IN_PATH: dict[str, tuple[Tree, str, str]] = {
    "claim_id": (_TEXT | {"pattern": f"^clm_{_UUID}$"}, CLAIM_ID, "The claim's id."),
    "limit_key": (
        _TEXT | {"minLength": 1, "maxLength": 128, "pattern": "^[^/\\x00-\\x1f\\x7f]+$"},
        "shop-7",
        "The limit_key of claims: one merchant of a campaign. One with a slash is set by command.",
    ),
    "campaign": (_TEXT | {"pattern": "^[a-z0-9-]{1,64}$"}, CAMPAIGN, "The campaign's name."),
    "code": (
        _TEXT | {"pattern": "^[0-9A-Za-z-]{16,32}$"},
        COUPON_CODE,
        "The coupon's code as people read it; case and hyphens don't matter.",
    ),
}
_CLAIM = {"claim_id": "$response.body#/claim_id"}
_COUPON = {"code": "$response.body#/code"}
LEADS_TO = {
    ("submit_claim", 202): (("show_claim", "cancel_claim"), _CLAIM),
    ("submit_claim", 200): (("show_claim", "cancel_claim"), _CLAIM),
    ("find_claim", 200): (("show_claim", "cancel_claim"), _CLAIM),
    ("show_coupon", 200): (tuple(f"{verb}_coupon" for verb in Verb), _COUPON),
    ("create_campaign", 201): (("show_campaign",), {"campaign": "$response.body#/campaign"}),
}
"""Where an answer leads to: by operation and status."""


def document(operations: Sequence[Operation], shapes: Sequence[type]) -> Tree:
    """Return the document that tells these operations and these types."""
    paths: dict[str, Tree] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _told(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION, "description": ABOUT},
        "paths": paths,
        "components": _components(shapes),
    }


def _told(operation: Operation) -> Tree:
    tree: Tree = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": list(_parameters(operation)),
        "responses": dict(_answers(operation)) | dict(_problems(operation)),
    }
    if operation.takes:
        shown = {"schema": {"$ref": REF + operation.takes}, "example": EXAMPLES[operation.takes]}
        tree["requestBody"] = {"required": True, "content": {"application/json": shown}}
    if operation.scope:
        tree["security"] = [{"api_key": [operation.scope.value]}]
    return tree


def _components(shapes: Sequence[type]) -> Tree:
    _, drawn = msgspec.json.schema_components(shapes, ref_template=REF + "{name}")
    scopes = ", ".join(f"`{scope}`" for scope in Scope)
    about = (
        f"A key belongs to an account and has scopes: {scopes}. `fulfiller key create` makes one."
        " `pressure:write` and `limit:write` are good for the campaign that the key is bound to,"
        " and the limit_key if to one; unbound, for the campaigns that its account owns."
    )
    scheme = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "ful_<id>_<secret>",
        "description": about,
    }
    for name, shape in drawn.items():
        _complete(name, shape)
    schemas = {name: described(name, shape) for name, shape in {**drawn, **BY_HAND}.items()}
    return {
        "schemas": schemas,
        "headers": headers.components(),
        "securitySchemes": {"api_key": scheme},
    }


def _complete(name: str, shape: Tree) -> None:
    """Say what the types don't: how instants are written, and what is always there."""
    fields: dict[str, Tree] = shape.get("properties", {})
    if name.startswith(WHOLE):
        shape["required"] = list(fields)
    for field, kind in fields.items():
        if kind.get("default", ...) is None:
            # Null is as good as left out. Said as a default, generators would ask for it.
            del kind["default"]
        for each in kind.get("anyOf", [kind]) if field.rpartition("_")[2] in INSTANTS else ():
            if each.get("type") == "string":
                each["format"] = "date-time"


def _parameters(operation: Operation) -> Iterator[Tree]:
    for part in operation.path.split("/"):
        if part.startswith("{"):
            schema, example, about = _of_path(operation, part[1:-1])
            yield {
                "name": part[1:-1],
                "in": "path",
                "required": True,
                "schema": schema,
                "description": about,
                "example": example,
            }
    if operation.key:
        about = (
            "A value of your own; the same one again repeats the request without doing it twice."
        )
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "schema": _KEY,
            "description": about,
            "example": KEY,
        }
    if operation.finds:
        about = "The key that the claim was submitted with."
        yield _in_query("key", _KEY, about, KEY) | {"required": True}
    if operation.follows:
        about = "The number to go on behind; 0 is the beginning."
        yield _in_query("after", _AFTER, about, 0)
    if operation.waits:
        about = "Seconds to wait for a change, cut to 30; 0 answers at once."
        yield _in_query("wait_s", {"type": "number", "minimum": 0, "default": 0}, about, 0)
    if operation.scales:
        about = "Worker slots that are suggested at most."
        yield _in_query("max", _MAX, about, MAX)
    yield from headers.asked_of(operation)


def _of_path(operation: Operation, name: str) -> tuple[Tree, str, str]:
    if operation.name == "explain_problem":
        return {"$ref": REF + "Code"}, Code.SOLD_OUT.value, "The problem's code."
    return IN_PATH[name]


def _in_query(name: str, schema: Tree, about: str, example: object) -> Tree:
    told = {"schema": schema, "description": about, "example": example}
    return {"name": name, "in": "query", "required": False, **told}


def _answers(operation: Operation) -> Iterator[tuple[str, Tree]]:
    for status, (about, shape) in operation.gives.items():
        example = FRESH.get((operation.name, status), EXAMPLES[shape])
        schema = {"$ref": REF + shape} if operation.media == "application/json" else _TEXT
        response: Tree = {
            "description": about,
            "headers": headers.of_answer(operation, operation.carries.get(status, ())),
            "content": {operation.media: {"schema": schema, "example": example}},
        }
        if (operation.name, status) in LEADS_TO:
            names, given = LEADS_TO[operation.name, status]
            links = {name: {"operationId": name, "parameters": given} for name in names}
            response["links"] = links
        yield str(status), response


def _problems(operation: Operation) -> Iterator[tuple[str, Tree]]:
    # What is written in the place of a part may be an address of its own, such as `batch`.
    named = (Code.METHOD_NOT_ALLOWED,) if "{" in operation.path else ()
    codes = (*operation.problems, *named, *ALWAYS)
    for status in sorted({KINDS[code].status for code in codes}):
        mine = [code for code in codes if KINDS[code].status == status]
        yield str(status), _problem_response(operation, mine)


def _problem_response(operation: Operation, codes: list[Code]) -> Tree:
    examples = {
        code.value: {"summary": KINDS[code].title, "value": _problem(operation, code)}
        for code in codes
    }
    content = {"schema": {"$ref": REF + "ProblemBody"}, "examples": examples}
    titles = "; ".join(f"`{code}`: {KINDS[code].title}" for code in codes)
    return {
        "description": titles,
        "headers": headers.of_answer(operation, headers.OF_PROBLEM.get(KINDS[codes[0]].status, ())),
        "content": {PROBLEM_TYPE: content},
    }


def _problem(operation: Operation, code: Code) -> Tree:
    """Return a problem as this operation tells it."""
    invalid = INVALID.get(operation.takes or operation.name)
    errors = (invalid,) if code is Code.INVALID and invalid is not None else ()
    if code is Code.UNKNOWN_CAMPAIGN and operation.takes == "ClaimIn":
        errors = ({"detail": KINDS[code].remedy, "pointer": "/campaign"},)
    return problem(code, _address(operation, code), *errors)


def _address(operation: Operation, code: Code) -> str:
    """Return a path that was asked for, by the examples of its parts; as far as it is known."""
    if code is Code.TIMED_OUT:
        return ""
    shown = [
        _of_path(operation, part[1:-1])[1] if part.startswith("{") else part
        for part in operation.path.split("/")
    ]
    # There is no page only of problems that there are not.
    return "/".join([*shown[:-1], "unheard_of"] if code is Code.NOT_FOUND else shown)
