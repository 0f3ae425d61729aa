"""Claims that come in as a Celery task: what the message says, read as the HTTP door reads.

The keywords of `claims.submit` are an API key and claims, each exactly as in a batch over
HTTP, so that the same key means the same claim whichever door it came through.
"""

import json
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from fulfiller.domain.claim import Request
from fulfiller.intake.fields import described
from fulfiller.intake.problem import Code, Problem
from fulfiller.intake.reading import BatchClaimIn, batch_request

CLAIMS_MAX = 500
"""Claims in one message: what is committed together at most."""
API_KEY_MAX = 200
TITLE = "Keywords of the Celery task claims.submit"
ABOUT = (
    "Sent to the queue claims.in, without positional arguments. Enqueued is not accepted: a claim "
    "is accepted once the store has it, and GET /v1/claims?key= tells whether it has. Sending a "
    "message again is harmless: the same idempotency_key is the same claim."
)
EXAMPLE = {
    "api_key": "ful_0123456789abcdef01_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "claims": [
        {"campaign": "spring-festival", "user": "li", "idempotency_key": "order-42"},
        {
            "campaign": "spring-festival",
            "user": "wang",
            "grant": "friend:li",
            "tier": "p1",
            "locale": "zh-Hans-CN",
            "limit_key": "shop-7",
            "idempotency_key": "order-43",
        },
    ],
}


class SubmissionIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keywords of a submission; each claim gets an outcome of its own."""

    api_key: Annotated[str, Meta(min_length=1, max_length=API_KEY_MAX)]
    claims: Annotated[list[BatchClaimIn], Meta(min_length=1, max_length=CLAIMS_MAX)]


def flaw(args: object, kwargs: dict[str, Any]) -> str | None:
    """Return what keeps a message from being a submission at all; None if it is one."""
    if args:
        return "write no positional arguments, but the keywords api_key and claims"
    if kwargs.keys() != {"api_key", "claims"}:
        return "write the keywords api_key and claims, and no other"
    api_key, claims = kwargs["api_key"], kwargs["claims"]
    if not isinstance(api_key, str) or not 1 <= len(api_key) <= API_KEY_MAX:
        return f"api_key: write a key, a text of at most {API_KEY_MAX} characters"
    if not isinstance(claims, list) or not 1 <= len(claims) <= CLAIMS_MAX:
        return f"claims: write a list of 1 to {CLAIMS_MAX} claims"
    return None


def request_in(claim: object, account: str, *, number: int) -> Request | Problem:
    """Return the request in one claim of a submission, or the problem with it."""
    try:
        body = msgspec.json.encode(claim)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return Problem(Code.MALFORMED)
    return batch_request(msgspec.Raw(body), account, number=number)


def schema() -> str:
    """Return the JSON Schema of a submission, as it is published."""
    _, shapes = msgspec.json.schema_components([SubmissionIn], ref_template="#/$defs/{name}")
    shapes = {name: described(name, shape) for name, shape in shapes.items()}
    shape = shapes.pop(SubmissionIn.__name__) | {"title": TITLE, "description": ABOUT}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    whole = head | shape | {"examples": [EXAMPLE], "$defs": shapes}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
