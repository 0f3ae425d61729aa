"""Plans on SQLite: no hot statement reads a whole table, however much or little it knows.

A plan says what it scans, and not how far: so on full tables the steps of SQLite's machine
are counted, too.
"""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from fulfiller.store.statement import Statement
from tests.store.statements import ANY, ARGS, BIG, HOT, ROWS

FILLING = """
  create temp table up as with recursive up(n) as (
    select 1 union all select n + 1 from up where n < {rows}) select n from up;
  insert into campaign values ('festival', 'owner', '{{}}', 0);
  insert into claim select printf('01900000-0000-7000-8000-%012x', n), 'festival', 'shop',
    'u' || n, 'default', 0, 1, 0, 2, 2500, null, null, n from up;
  insert into caller_key select account, "user", claim_id, 'x', accepted_at from claim;
  insert into open_claim select claim_id, campaign, tier, account, "user", "grant", slot, 0,
    amount, null, iif(accepted_at % 2 = 0, 'accepted', 'waitlisted'), accepted_at, null, 0,
    '0shop' || accepted_at % 10 from claim;
  insert into waitlist_block select campaign, tier, ready_at, claim_id, 1000 from open_claim
    where ready_at % 1000 = 1;
  insert into coupon (claim_id, campaign, account, stripe, tier, amount, key_id, salt, lookup,
    issued_at, valid_until, state)
    select claim_id, campaign, account, 0, tier, amount, 1, 0, cast(claim_id as blob), 0, 0,
    'issued' from claim where accepted_at % 3 = 0;
  insert into coupon_act select account, 'k' || claim_id, 'redeem', claim_id, 1, 0 from coupon;
  insert into outcome select claim_id, campaign, 'cancelled', '', '', 0 from claim
    where accepted_at % 3 = 1;
  insert into event (at, campaign, tier, kind, ids, amount, actor, detail)
    select 0, campaign, 2, 'claim.accepted', '', 0, '', '' from claim;
  insert into seal select id, xid, id, '' from event;
"""
NEVER_SCANNED = frozenset(BIG) - {"seal"}
"""The last seal is the first that a scan from the end comes across: its steps are few."""
NO_TRANSACTIONS = {"xid": 0}
"""They have no numbers here: whoever writes, writes alone."""
FEW = 10
"""Values in a list, so that those who look each of them up take few steps."""


@pytest.fixture
def empty(sqlite_url: str) -> Iterator[sqlite3.Connection]:
    """A connection to an empty database."""
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as line:
        yield line


@pytest.fixture
def fresh(empty: sqlite3.Connection) -> sqlite3.Connection:
    """A connection to a database of which SQLite knows nothing yet."""
    empty.executescript(FILLING.format(rows=ROWS))
    return empty


@pytest.fixture
def analyzed(fresh: sqlite3.Connection) -> sqlite3.Connection:
    """A connection to a database that SQLite has taken stock of."""
    fresh.execute("analyze")
    return fresh


@pytest.mark.parametrize("state", ["empty", "fresh", "analyzed"])
def test_no_hot_statement_scans_a_large_table(
    state: str, request: pytest.FixtureRequest, subtests: pytest.Subtests
) -> None:
    """Each goes by an index, and by a part of it."""
    line: sqlite3.Connection = request.getfixturevalue(state)
    for name, statement in HOT.items():
        with subtests.test(name):
            assert _scanned(line, statement.sqlite) & NEVER_SCANNED == set()


@pytest.mark.parametrize("state", ["fresh", "analyzed"])
def test_no_hot_statement_works_its_way_through_a_table(
    state: str, request: pytest.FixtureRequest, subtests: pytest.Subtests
) -> None:
    """It takes fewer steps than a table has rows."""
    line: sqlite3.Connection = request.getfixturevalue(state)
    for name, statement in HOT.items():
        with subtests.test(name):
            assert _steps(line, statement) < ROWS


@pytest.mark.parametrize(
    "tempting",
    [
        "select count(*) from open_claim where stage = 'accepted'",
        "select * from event e where kind = 'claim.accepted' order by id desc limit 1",
    ],
)
def test_the_alarm_goes_off(tempting: str, analyzed: sqlite3.Connection) -> None:
    """What reads well and scans everything is noticed, under another name too."""
    assert _scanned(analyzed, tempting) & NEVER_SCANNED


def _scanned(line: sqlite3.Connection, sql: str) -> set[str]:
    """Return the tables of which a plan reads every row."""
    named = {alias: table for table, alias in re.findall(r"\b(?:from|join) (\w+) (\w+)", sql)}
    plan = line.execute(f"explain query plan {sql}", dict.fromkeys(_names(sql)))
    places = [str(row[3]).split()[1] for row in plan if str(row[3]).startswith("SCAN ")]
    return {named.get(place, place) for place in places}


def _steps(line: sqlite3.Connection, statement: Statement) -> int:
    """Return how many steps of SQLite's machine a statement takes, undone again."""
    taken: list[None] = []
    line.set_progress_handler(lambda: taken.append(None), 1)
    line.execute(statement.sqlite, _values(statement)).fetchall()
    line.set_progress_handler(None, 0)
    line.rollback()
    return len(taken)


def _values(statement: Statement) -> dict[str, object]:
    kinds = dict(re.findall(r"%\((\w+)\)s::(\w+)", statement.postgresql))
    return {name: _value(name, kinds.get(name, ""), statement) for name in _names(statement.sqlite)}


def _value(name: str, kind: str, statement: Statement) -> object:
    usual = (ARGS | NO_TRANSACTIONS).get(name, ANY.get(kind, 1))
    if name not in statement.lists:
        return usual
    return json.dumps(usual[-FEW:] if isinstance(usual, list) else [usual])


def _names(sql: str) -> list[str]:
    return re.findall(r":(\w+)", sql)
