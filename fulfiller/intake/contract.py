"""The contract: every operation of the door with its shapes and problems, for OpenAPI."""

from typing import Any

import msgspec

from fulfiller.domain.key import Scope
from fulfiller.domain.terms import KEYS, REQUIRED
from fulfiller.intake.claims import BatchOut, BatchResult
from fulfiller.intake.coupons import ReserveIn, RevokeIn
from fulfiller.intake.operation import BODY, KEYED, Operation
from fulfiller.intake.outcomes import AFTER_DIGITS_MAX, PublicOutcomes
from fulfiller.intake.problem import KINDS, Code, ProblemBody
from fulfiller.intake.reading import KEY_MAX, BatchClaimIn, ClaimIn
from fulfiller.intake.till import COUPON_OPERATIONS
from fulfiller.service.view import PublicCampaign, PublicClaim, PublicCouponNow

_OF_COUPONS = (PublicCouponNow, ReserveIn, RevokeIn)
REF = "#/components/schemas/"
PROBLEM_TYPE = "application/problem+json"
Tree = dict[str, Any]


_REFUSALS = (
    Code.UNKNOWN_CAMPAIGN,
    Code.SOLD_OUT,
    Code.NOT_OPEN_YET,
    Code.USER_LIMIT,
    Code.IDENTITY_TAKEN,
    Code.ENDED,
    Code.KEY_REUSED,
)

OPERATIONS = (
    Operation(
        name="submit_claim",
        method="POST",
        path="/v1/claims",
        summary="Submit a claim; a 202 is a promise",
        scope=Scope.CLAIM_WRITE,
        takes="ClaimIn",
        gives={
            202: ("The claim is kept, its money reserved.", "PublicClaim"),
            200: ("A repeat: the claim as it is now.", "PublicClaim"),
        },
        problems=(*KEYED, *BODY, Code.KEY_MISSING, Code.KEY_INVALID, *_REFUSALS),
        key=True,
    ),
    Operation(
        name="submit_claims",
        method="POST",
        path="/v1/claims/batch",
        summary="Submit up to 1,000 claims, each with a result of its own",
        scope=Scope.CLAIM_WRITE,
        takes="BatchIn",
        gives={207: ("One result per claim, in order.", "BatchOut")},
        problems=(*KEYED, *BODY),
    ),
    Operation(
        name="find_claim",
        method="GET",
        path="/v1/claims",
        summary="Find a claim by the Idempotency-Key it was submitted with, through whichever door",
        scope=Scope.CLAIM_READ,
        gives={200: ("The claim as it is now.", "PublicClaim")},
        problems=(*KEYED, Code.UNKNOWN_CLAIM, Code.INVALID),
        finds=True,
    ),
    Operation(
        name="show_claim",
        method="GET",
        path="/v1/claims/{claim_id}",
        summary="See a claim as it is now, or wait until it changes",
        scope=Scope.CLAIM_READ,
        gives={200: ("The claim as it is now.", "PublicClaim")},
        problems=(*KEYED, Code.UNKNOWN_CLAIM, Code.INVALID),
        waits=True,
    ),
    Operation(
        name="cancel_claim",
        method="DELETE",
        path="/v1/claims/{claim_id}",
        summary="Cancel a claim that is waitlisted or accepted",
        scope=Scope.CLAIM_WRITE,
        gives={200: ("The claim is cancelled.", "PublicClaim")},
        problems=(*KEYED, Code.UNKNOWN_CLAIM, Code.NOT_CANCELLABLE),
    ),
    Operation(
        name="follow_outcomes",
        method="GET",
        path="/v1/events",
        summary="How the account's claims ended, in an order that never changes",
        scope=Scope.CLAIM_READ,
        gives={200: ("The next outcomes, and where to go on.", "PublicOutcomes")},
        problems=(*KEYED, Code.INVALID),
        follows=True,
    ),
    *COUPON_OPERATIONS,
    Operation(
        name="create_campaign",
        method="POST",
        path="/v1/campaigns",
        summary="Create a campaign",
        scope=Scope.OPS,
        takes="CampaignIn",
        gives={201: ("The campaign is created.", "Created")},
        problems=(*KEYED, *BODY, Code.CAMPAIGN_EXISTS),
    ),
    Operation(
        name="show_campaign",
        method="GET",
        path="/v1/campaigns/{campaign}",
        summary="See what anybody may know of a campaign",
        gives={200: ("The campaign as it is now.", "PublicCampaign")},
        problems=(Code.UNKNOWN_CAMPAIGN, Code.UNAVAILABLE),
    ),
    Operation(
        name="live",
        method="GET",
        path="/livez",
        summary="Is the process alive?",
        gives={200: ("It is.", "Status")},
    ),
    Operation(
        name="ready",
        method="GET",
        path="/readyz",
        summary="Can claims be taken in? Paused is ready",
        gives={200: ("They can.", "Status")},
        problems=(Code.UNAVAILABLE,),
    ),
    Operation(
        name="explain_problem",
        method="GET",
        path="/problems/{code}",
        summary="What a problem means, and its remedy",
        gives={200: ("The problem's kind.", "ProblemKind")},
        problems=(Code.NOT_FOUND,),
    ),
)


def described(operation: Operation) -> Tree:
    """Return what OpenAPI says of an operation besides its name and path."""
    tree: Tree = {"parameters": _parameters(operation), "responses": _responses(operation)}
    if operation.takes:
        body = {"application/json": {"schema": {"$ref": REF + operation.takes}}}
        tree["requestBody"] = {"required": True, "content": body}
    if operation.scope:
        tree["security"] = [{"api_key": [operation.scope.value]}]
    return tree


def components() -> Tree:
    """Return the shapes that operations speak of."""
    _, shapes = msgspec.json.schema_components(
        [
            ClaimIn,
            BatchClaimIn,
            PublicClaim,
            PublicCampaign,
            BatchOut,
            BatchResult,
            PublicOutcomes,
            ProblemBody,
            *_OF_COUPONS,
        ],
        ref_template=REF + "{name}",
    )
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "ful_<id>_<secret>"}
    return {"schemas": {**shapes, **_BY_HAND}, "securitySchemes": {"api_key": scheme}}


def _parameters(operation: Operation) -> list[Tree]:
    parameters = [
        {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}
        for part in operation.path.split("/")
        if part.startswith("{")
    ]
    if operation.key:
        schema: Tree = {"type": "string", "minLength": 1, "maxLength": 255}
        parameters.append(
            {"name": "Idempotency-Key", "in": "header", "required": True, "schema": schema}
        )
    if operation.finds:
        schema = {"type": "string", "minLength": 1, "maxLength": KEY_MAX}
        about = "The key that the claim was submitted with."
        parameters.append(
            {"name": "key", "in": "query", "required": True, "schema": schema, "description": about}
        )
    if operation.follows:
        schema = {
            "type": "integer",
            "minimum": 0,
            "maximum": 10**AFTER_DIGITS_MAX - 1,
            "default": 0,
        }
        about = "The number to go on behind; 0 is the beginning."
        parameters.append({"name": "after", "in": "query", "schema": schema, "description": about})
    if operation.waits:
        schema = {"type": "number", "minimum": 0, "default": 0}
        about = "Seconds to wait for a change, cut to 30; 0 answers at once."
        parameters.append({"name": "wait_s", "in": "query", "schema": schema, "description": about})
    return parameters


def _responses(operation: Operation) -> Tree:
    responses: Tree = {
        str(status): {
            "description": about,
            "content": {"application/json": {"schema": {"$ref": REF + shape}}},
        }
        for status, (about, shape) in operation.gives.items()
    }
    for status in sorted({KINDS[code].status for code in operation.problems}):
        codes = [code for code in operation.problems if KINDS[code].status == status]
        responses[str(status)] = _problem_response(codes)
    return responses


def _problem_response(codes: list[Code]) -> Tree:
    examples = {
        code.value: {
            "summary": KINDS[code].title,
            "value": {
                "type": f"/problems/{code}",
                "title": KINDS[code].title,
                "status": KINDS[code].status,
                "code": code.value,
                "detail": KINDS[code].remedy,
                "instance": "/v1/claims",
                "request_id": "5f0c4a7be0d1",
            },
        }
        for code in codes
    }
    content = {"schema": {"$ref": REF + "ProblemBody"}, "examples": examples}
    titles = "; ".join(f"`{code}`: {KINDS[code].title}" for code in codes)
    return {"description": titles, "content": {PROBLEM_TYPE: content}}


_TEXT: Tree = {"type": "string"}
_BY_HAND: Tree = {
    "BatchIn": {
        "title": "BatchIn",
        "description": "Many claims at once; each gets its own result.",
        "type": "object",
        "required": ["claims"],
        "additionalProperties": False,
        "properties": {
            "claims": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1000,
                "items": {"$ref": REF + "BatchClaimIn"},
            }
        },
    },
    "CampaignIn": {
        "title": "CampaignIn",
        "description": "A campaign's terms; amounts in minor units, instants RFC 3339.",
        "type": "object",
        "required": [name for name in REQUIRED if name != "owner"],
        "additionalProperties": False,
        "properties": {name: {} for name in KEYS},
    },
    "Created": {"type": "object", "required": ["campaign"], "properties": {"campaign": _TEXT}},
    "Status": {"type": "object", "required": ["status"], "properties": {"status": _TEXT}},
    "ProblemKind": {
        "type": "object",
        "required": ["code", "status", "title", "remedy"],
        "properties": {
            "code": _TEXT,
            "status": {"type": "integer"},
            "title": _TEXT,
            "remedy": _TEXT,
        },
    },
}
