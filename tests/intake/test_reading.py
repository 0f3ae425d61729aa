"""Reading claims: whatever comes, it is a request or a problem, and never anything else."""

import json
from re import fullmatch

import msgspec
from hypothesis import example, given
from hypothesis import strategies as some

from fulfiller.domain.claim import Request
from fulfiller.intake.exchange import encode
from fulfiller.intake.problem import Problem
from fulfiller.intake.reading import (
    KEY_PATTERN,
    SENT_KEY_PATTERN,
    batch_bodies,
    batch_request,
    claim_request,
    idempotency_key,
)

FIELDS = ("campaign", "user", "grant", "tier", "locale", "limit_key", "idempotency_key", "usr")
TEXTS = some.text(alphabet=some.characters(), max_size=140)
ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | TEXTS,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
CLAIMS = some.dictionaries(some.sampled_from(FIELDS) | TEXTS, ANYTHING, max_size=8)
SOUND = some.fixed_dictionaries(
    {"campaign": some.text(min_size=1, max_size=64), "user": some.text(min_size=1, max_size=128)}
)


def _told(problem: Problem) -> None:
    """Check that a problem can be sent: a client's error, in valid UTF-8."""
    assert 400 <= problem.kind.status < 500
    body = encode(problem.body(instance="/", request_id="r"))
    assert msgspec.json.decode(body)["status"] == problem.kind.status


@given(
    some.binary(max_size=200) | (CLAIMS | ANYTHING | SOUND).map(lambda c: json.dumps(c).encode())
)
def test_any_body_is_a_request_or_a_problem(body: bytes) -> None:
    """No body whatsoever breaks the reader, and no text gets through that a store can't keep."""
    try:
        request = claim_request(body, "teahouse", "one")
    except Problem as problem:
        _told(problem)
        return
    assert isinstance(request, Request)
    for text in (request.campaign, request.user, request.grant, request.limit_key or ""):
        text.encode()
        assert "\0" not in text
        assert len(text) <= 128


@given(some.binary(max_size=200) | some.lists(CLAIMS, max_size=3).map(
    lambda claims: json.dumps({"claims": claims}).encode()
))  # fmt: skip
def test_any_batch_is_read_or_a_problem(body: bytes) -> None:
    """The same for batches, claim by claim."""
    try:
        bodies = batch_bodies(body, limit=1_000)
    except Problem as problem:
        _told(problem)
        return
    for number, raw in enumerate(bodies):
        read = batch_request(raw, "teahouse", number=number)
        if isinstance(read, Problem):
            _told(read)


NEARLY = some.text(alphabet='ab "\\\n\t~\x7f\xe9', max_size=6)


@given(NEARLY)
@example("a\n")
@example('"a"')
@example('"a" "b"')
def test_a_key_is_what_the_contract_says(text: str) -> None:
    """Header, query and batch read what their published patterns allow, and nothing else."""
    in_header = fullmatch(SENT_KEY_PATTERN, text.strip(" \t"))
    try:
        key = idempotency_key(text.encode("latin-1"))
    except Problem:
        assert in_header is None
    else:
        assert in_header is not None
        assert fullmatch(KEY_PATTERN, key)
    claim = json.dumps({"campaign": "c", "user": "u", "idempotency_key": text}).encode()
    in_batch = batch_request(msgspec.Raw(claim), "teahouse", number=0)
    assert isinstance(in_batch, Request) == bool(fullmatch(KEY_PATTERN, text))


@given(some.binary(max_size=300))
def test_any_header_is_a_key_or_a_problem(header: bytes) -> None:
    """A key is 1 to 255 printable ASCII characters, whatever was sent."""
    try:
        key = idempotency_key(header)
    except Problem as problem:
        _told(problem)
        return
    assert 1 <= len(key) <= 255
    assert key.isascii()
    assert key.isprintable()


def test_a_fingerprint_follows_meaning_not_writing() -> None:
    """Order, spaces and stated defaults don't matter; every field's value does."""
    same = (
        b'{"campaign": "c", "user": "u"}',
        b'{"user":"u","campaign":"c"}',
        b'{"user":"u","campaign":"c","grant":"default","tier":null,"locale":null}',
    )
    other = (
        b'{"campaign": "c", "user": "v"}',
        b'{"campaign": "d", "user": "u"}',
        b'{"campaign": "c", "user": "u", "grant": "g"}',
        b'{"campaign": "c", "user": "u", "tier": "p2"}',
        b'{"campaign": "c", "user": "u", "limit_key": "g"}',
        b'{"campaign": "c", "user": "u", "locale": "en"}',
    )
    prints = [claim_request(body, "a", "k").fingerprint for body in (*same, *other)]
    assert len(set(prints[: len(same)])) == 1
    assert len(set(prints)) == 1 + len(other)
