"""Headers of the contract: what a request may carry besides its key, and what answers carry."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fulfiller.intake.examples import CLAIM_ID
from fulfiller.intake.operation import Operation
from fulfiller.intake.problem import Code

Tree = dict[str, Any]
REF = "#/components/headers/"
_TEXT: Tree = {"type": "string"}
ASKS: Mapping[str, Tree] = {
    "X-Request-Id": {
        "description": "An id of your own for this request, 1 to 128 printable ASCII characters "
        "without a space; the answer carries it, else a fresh one.",
        "schema": _TEXT,
        "example": "checkout-7-4711",
    },
    "Accept-Language": {
        "description": "The language that people are to be told in, where the claim has no "
        "`locale` of its own; else the campaign's, else English.",
        "schema": _TEXT,
        "example": "zh-Hans, en;q=0.5",
    },
}
"""Headers that any request, or one that may be told to wait, can carry."""
ANSWERS: Mapping[str, Tree] = {
    "X-Request-Id": {
        "description": "The request's id: yours, if it was sound, else a fresh one.",
        "schema": _TEXT,
        "example": "5f0c4a7be0d1-1",
    },
    "Location": {
        "description": "Where to see what was taken in.",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": f"/v1/claims/{CLAIM_ID}",
    },
    "Idempotency-Replayed": {
        "description": "There, and `true`, if it had been done before, by this key.",
        "schema": {"enum": ["true"]},
        "example": "true",
    },
    "Cache-Control": {
        "description": "Who may keep the answer, and for how long.",
        "schema": {"enum": ["no-store", "public, max-age=1"]},
        "example": "no-store",
    },
    "Vary": {
        "description": "What the answer depends on besides the address.",
        "schema": {"enum": ["accept-language"]},
        "example": "accept-language",
    },
    "Retry-After": {
        "description": "Seconds after which to try again.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "example": "1",
    },
    "RateLimit-Policy": {
        "description": "The limits of whoever asks, each with its name: `q` may come at once, and "
        "`w` is the time in seconds in which so many may come again "
        "(draft-ietf-httpapi-ratelimit-headers-10). Not there where nothing is limited.",
        "schema": _TEXT,
        "example": '"user";q=20;w=4',
    },
    "RateLimit": {
        "description": "What is left of those limits: `r` may come now, and in `t` seconds one "
        "more. After a refusal, of the limits that refused; in a batch, of the account's.",
        "schema": _TEXT,
        "example": '"user";r=19;t=1',
    },
    "Allow": {
        "description": "The methods that there are for this address.",
        "schema": _TEXT,
        "example": "GET, HEAD, POST",
    },
    "WWW-Authenticate": {
        "description": "How to say who is calling.",
        "schema": {"enum": ["Bearer"]},
        "example": "Bearer",
    },
}
LIMITS = ("RateLimit-Policy", "RateLimit")
"""What any answer carries of an operation that can be limited."""
SOMETIMES = ("Idempotency-Replayed", *LIMITS)
"""Those that an answer of the same status may do without."""
OF_PROBLEM: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    405: ("Allow",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
"""What a problem carries besides its request's id."""


def components() -> Tree:
    """Return all headers of answers, as the document's components."""
    return {name: told | {"required": name not in SOMETIMES} for name, told in ANSWERS.items()}


def of_answer(operation: Operation, names: Iterable[str]) -> Tree:
    """Return the headers of an answer of this operation that carries these."""
    limits = LIMITS if Code.RATE_LIMITED in operation.problems else ()
    return {name: {"$ref": REF + name} for name in ("X-Request-Id", *names, *limits)}


def asked_of(operation: Operation) -> Iterator[Tree]:
    """Yield the parameters that stand for headers of a request."""
    for name, told in ASKS.items():
        if name != "Accept-Language" or operation.speaks:
            yield {"name": name, "in": "header", "required": False, **told}
