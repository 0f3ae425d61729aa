"""Array literals: whatever a caller writes into a key comes out of PostgreSQL as it went in."""

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfiller.store.array import literal

AWKWARD = (
    "",
    " ",
    "  both sides  ",
    "NULL",
    "null",
    '"',
    '""',
    "'",
    "\\",
    "\\\\",
    '\\"',
    "{",
    "}",
    "{a,b}",
    ",",
    "a,b",
    "\n",
    "\r\n",
    "\t",
    "\x01",
    "\x7f",
    "%s",
    "%(name)s",
    "$1",
    "é",
    "e\u0301",
    "龙年大吉",
    "\U0001f9e7",
    "\u200b",
    "\u2028",
    "x" * 10_000,
    None,
)
# PostgreSQL's text holds every character but NUL; half a surrogate pair is none.
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))

Line = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def line(postgres_url: str) -> Iterator[Line]:
    """A connection to PostgreSQL."""
    with psycopg.connect(postgres_url, autocommit=True) as opened:
        yield opened


def through(line: Line, text: str, kind: str) -> list[object]:
    """Return the elements that PostgreSQL reads in a literal."""
    answer = line.execute(f"select unnest(%s::{kind}[])", (text,))
    return [cells[0] for cells in answer]


def test_awkward_texts_survive(line: Line) -> None:
    """Quotes, backslashes, braces, NULL and the word NULL, newlines, unicode, emptiness."""
    assert through(line, literal(AWKWARD, "text"), "text") == list(AWKWARD)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.none(), TEXTS)))
def test_any_texts_survive(line: Line, texts: list[str | None]) -> None:
    """No list of texts means anything but itself."""
    assert through(line, literal(texts, "text"), "text") == texts


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.none(), st.binary())))
def test_any_bytes_survive(line: Line, values: list[bytes | None]) -> None:
    """Digests and packed ids keep every byte, zeros included."""
    assert through(line, literal(values, "bytea"), "bytea") == values


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint", [0, -1, 2**63 - 1, -(2**63), None]),
        ("smallint", [0, 32_767, -32_768]),
        ("boolean", [True, False, None]),
        ("text", []),
        ("bigint", []),
    ],
)
def test_plain_values_need_no_quotes(line: Line, kind: str, values: list[object]) -> None:
    """Numbers and truths go as they are, and nothing at all is an empty array."""
    assert through(line, literal(values, kind), kind) == values


def test_ids_survive(line: Line) -> None:
    """An id is a UUID there and text here."""
    claim_id = "01900000-0000-7000-8000-00000000abcd"
    assert list(map(str, through(line, literal([claim_id], "uuid"), "uuid"))) == [claim_id]


def test_rows_become_one_literal_per_column(line: Line) -> None:
    """Columns unnest side by side into the rows they were made of, in their order."""
    rows = [(1, 'a "quoted" one', b"\x00"), (2, None, b""), (3, "", None)]
    kinds = ("bigint", "text", "bytea")
    literals = [
        literal(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)
    ]
    answer = line.execute("select * from unnest(%s::bigint[], %s::text[], %s::bytea[])", literals)
    assert answer.fetchall() == rows
