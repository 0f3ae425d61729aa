"""What the rows of an insert have in common travels once, and never more than it should."""

from collections.abc import Iterator

import psycopg
import pytest

from fulfiller.store import hot
from fulfiller.store.pattern import KEPT, Patterns
from fulfiller.store.postgres import PostgresLink
from fulfiller.store.statement import Call, Fill, insert, statement
from fulfiller.store.table import CallerKeyRow

ADD = insert(CallerKeyRow, "key", "account", "claim_id", "fingerprint", "at")
READ = statement("select key, account, claim_id, fingerprint, at from caller_key order by key")
ONE, TWO = "01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002"


@pytest.fixture
def link(postgres_url: str) -> Iterator[PostgresLink]:
    """A link to a database of its own."""
    opened = PostgresLink(postgres_url, "test")
    yield opened
    opened.close()


def test_what_all_have_in_common_is_found() -> None:
    """By column; the first one always has rows of its own, and a lone row has nothing else."""
    patterns = Patterns()
    columns = [("a", "a"), ("li", "li"), (1, 2), (None, None)]
    assert patterns.of(ADD, columns) == (False, True, False, True)
    assert patterns.of(ADD, [("a",), ("li",)]) == (True, True)


def test_few_patterns_are_kept() -> None:
    """Whatever else comes has none, while those that are known go on."""
    patterns = Patterns()
    many = [
        tuple((1, 1) if number >> bit & 1 else (1, 2) for bit in range(5)) for number in range(32)
    ]
    found = [patterns.of(ADD, [("a", "b"), *mixed]) for mixed in many]
    assert len(set(found)) == KEPT
    assert found[0] == (False,) * 6
    assert set(found[KEPT:]) == {(False,) * 6}
    assert found[KEPT - 1] == patterns.of(ADD, [("a", "b"), *many[KEPT - 1]])
    assert patterns.of(ADD, [("a",), (1,)]) == (True, True)
    assert patterns.of(hot.ADD_EVENTS, [("a", "b"), (1, 1)]) == (False, True)


@pytest.mark.parametrize(
    "rows",
    [
        [('a "quoted" \\ key', "li", ONE, b"\x00\xff", 3)],
        [("a", "li", ONE, b"f", 3), ("b", "li", TWO, b"f", 3)],
        [("a", "li", ONE, b"f", 3), ("b", 'w"ang', TWO, b"g", 4)],
        [("a", "same", ONE, b"f", 3), ("b", "same", TWO, b"", 3)],
    ],
    ids=["alone", "alike", "apart", "mixed"],
)
def test_rows_arrive_as_they_were(link: PostgresLink, rows: list[tuple[object, ...]]) -> None:
    """One value or many: the table holds what was to be written, row by row."""
    link.write((Fill(ADD, rows),))
    (found,) = link.read((Call(READ, {}),))
    assert found == rows


def test_mixtures_prepare_few_statements(link: PostgresLink, postgres_url: str) -> None:
    """However claims are mixed: the server keeps as many statements as there may be patterns."""
    for number in range(64):
        rows = [
            (f"{number} {each}", f"a{number & 1 and each}", ONE, b"%d" % (number & 2 and each),
             number & 4 and each)
            for each in range(2)
        ]  # fmt: skip
        link.write((Fill(ADD, rows),))
    with psycopg.connect(postgres_url) as line:
        assert line.execute("select count(*) from caller_key").fetchone() == (128,)
    asked = statement("select count(*) from pg_prepared_statements")
    kept = link.read((Call(asked, {}),))[0][0][0]
    assert 0 < int(str(kept)) <= KEPT + 1
