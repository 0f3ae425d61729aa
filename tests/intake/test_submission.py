"""Submissions through Celery: read like a batch over HTTP, and described by a published schema."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fulfiller.domain.claim import Request
from fulfiller.intake.problem import Problem
from fulfiller.intake.reading import batch_request, claim_request
from fulfiller.intake.submission import (
    CLAIMS_MAX,
    EXAMPLE,
    SubmissionIn,
    flaw,
    request_in,
    schema,
)

PUBLISHED = Path(__file__).parents[2] / "config" / "schemas" / "claims.submit.json"
RENEW = "from fulfiller.intake.submission import schema; print(schema(), end='')"
CLAIM: dict[str, Any] = {"campaign": "festival", "user": "li", "idempotency_key": "one"}
SOUND: dict[str, Any] = {"api_key": "ful_1_2", "claims": [CLAIM]}


def test_the_published_schema_is_current() -> None:
    """The file is what the code says; the command that renews it is in the message."""
    assert PUBLISHED.read_text() == schema(), f"python -c {RENEW!r} > {PUBLISHED}"


def test_the_schema_names_everything_and_shows_an_example_that_holds() -> None:
    """Every field is there, nothing else may be, and the example is a submission."""
    read = json.loads(schema())
    claim = read["$defs"]["BatchClaimIn"]
    assert read["required"] == ["api_key", "claims"]
    assert read["properties"]["claims"]["maxItems"] == CLAIMS_MAX
    assert claim["required"] == ["campaign", "user", "idempotency_key"]
    assert read["additionalProperties"] is claim["additionalProperties"] is False
    assert len(msgspec.convert(EXAMPLE, SubmissionIn).claims) == 2
    assert "Enqueued is not accepted" in read["description"]


def test_a_claim_is_the_same_claim_whichever_door_it_comes_through() -> None:
    """Same key and same digest as over HTTP, alone or in a batch, so that a repeat is a repeat."""
    body = json.dumps({name: CLAIM[name] for name in ("user", "campaign")}).encode()
    over_http = claim_request(body, "shop", "one")
    in_a_batch = batch_request(msgspec.Raw(json.dumps(CLAIM).encode()), "shop", number=0)
    assert request_in(CLAIM, "shop", number=0) == over_http == in_a_batch
    assert isinstance(over_http, Request)


@pytest.mark.parametrize(
    ("args", "kwargs", "remedy"),
    [
        ((1,), SOUND, "positional"),
        ((), {}, "keywords"),
        ((), SOUND | {"li@example.com": 1}, "no other"),
        ((), SOUND | {"api_key": 7}, "api_key"),
        ((), SOUND | {"api_key": "x" * 201}, "api_key"),
        ((), SOUND | {"claims": CLAIM}, "claims"),
        ((), SOUND | {"claims": []}, "claims"),
        ((), SOUND | {"claims": [CLAIM] * (CLAIMS_MAX + 1)}, "claims"),
    ],
)
def test_what_is_no_submission_is_told_without_its_contents(
    args: tuple[object, ...], kwargs: dict[str, Any], remedy: str
) -> None:
    """Each flaw has a sentence that says what to write and repeats nothing of the message."""
    told = flaw(args, kwargs)
    assert told is not None
    assert remedy in told
    assert "example.com" not in told


def test_a_full_submission_has_no_flaw() -> None:
    """As many claims as are allowed are fine."""
    assert flaw((), SOUND | {"claims": [CLAIM] * CLAIMS_MAX}) is None


@pytest.mark.parametrize(
    "claim",
    [
        7,
        None,
        [],
        CLAIM | {"user": ""},
        CLAIM | {"age": 3},
        CLAIM | {"user": "\ud800"},
        {"a": {1j}},
    ],
)
def test_a_claim_that_is_none_is_a_problem_and_not_a_fault(claim: object) -> None:
    """Whatever stands in the list, reading it raises nothing."""
    assert isinstance(request_in(claim, "shop", number=3), Problem)
