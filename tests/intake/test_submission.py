"""Submissions through Celery: read like a batch over HTTP, and described by a published schema."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as some
from jsonschema_rs import Draft202012Validator

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

NO_SUBMISSIONS: list[tuple[tuple[object, ...], dict[str, Any], str]] = [
    ((1,), SOUND, "positional"),
    ((), {}, "keywords"),
    ((), SOUND | {"li@example.com": 1}, "no other"),
    ((), SOUND | {"api_key": 7}, "api_key"),
    ((), SOUND | {"api_key": "x" * 201}, "api_key"),
    ((), SOUND | {"claims": CLAIM}, "claims"),
    ((), SOUND | {"claims": []}, "claims"),
    ((), SOUND | {"claims": [CLAIM] * (CLAIMS_MAX + 1)}, "claims"),
]
SCHEMA = Draft202012Validator(json.loads(schema()))
TEXTS = some.text(alphabet='a-~ "\\\n\0\x7f乐', max_size=3) | some.builds(
    lambda letter, number: letter * number,
    some.sampled_from("a乐"),
    some.sampled_from((64, 65, 128, 129, 200, 201, 255, 256)),
)
FIELDS = ("grant", "tier", "locale", "limit_key", "age", *CLAIM)
CLAIMS = some.builds(
    lambda changes, gone: {n: v for n, v in (CLAIM | changes).items() if n != gone},
    some.dictionaries(
        some.sampled_from(FIELDS), TEXTS | some.sampled_from(("p1", "en-US", None, 7)), max_size=1
    ),
    some.none() | some.sampled_from(FIELDS),
)
"""Claims that are sound but for a field or two."""


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


def test_the_schema_takes_its_own_examples_and_what_is_full() -> None:
    """A real validator says so, and says of each broken one that it is."""
    for sound in (EXAMPLE, SOUND, SOUND | {"claims": [CLAIM] * CLAIMS_MAX}):
        assert SCHEMA.is_valid(sound)
    for _, kwargs, _ in NO_SUBMISSIONS[1:]:
        assert not SCHEMA.is_valid(kwargs), kwargs


@given(CLAIMS)
@example(CLAIM)
@example(CLAIM | {"locale": "en\n"})
@example(CLAIM | {"idempotency_key": "one\n"})
def test_the_schema_refuses_the_claims_that_a_worker_would_and_no_others(claim: object) -> None:
    """What stands in a text, too, since it would not be kept."""
    taken = isinstance(request_in(claim, "shop", number=0), Request)
    assert SCHEMA.is_valid(SOUND | {"claims": [claim]}) == taken


@given(TEXTS)
def test_the_schema_refuses_the_keys_that_a_worker_would_and_no_others(api_key: str) -> None:
    """Whether a key opens is another question, and not a schema's."""
    kwargs = SOUND | {"api_key": api_key}
    assert SCHEMA.is_valid(kwargs) == (flaw((), kwargs) is None)


def test_a_claim_is_the_same_claim_whichever_door_it_comes_through() -> None:
    """Same key and same digest as over HTTP, alone or in a batch, so that a repeat is a repeat."""
    body = json.dumps({name: CLAIM[name] for name in ("user", "campaign")}).encode()
    over_http = claim_request(body, "shop", "one")
    in_a_batch = batch_request(msgspec.Raw(json.dumps(CLAIM).encode()), "shop", number=0)
    assert request_in(CLAIM, "shop", number=0) == over_http == in_a_batch
    assert isinstance(over_http, Request)


@pytest.mark.parametrize(("args", "kwargs", "remedy"), NO_SUBMISSIONS)
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
