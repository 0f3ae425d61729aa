"""Plans: no hot statement reads a whole table, however much or little statistics know.

A prepared statement keeps its generic plan, often one made when the table was empty; so each
statement is planned generically, on an empty, a freshly filled and an analyzed table.
"""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from fulfiller.store.array import literal
from fulfiller.store.statement import Statement
from tests.store.statements import ANY, ARGS, BIG, HOT, ROWS

COSTLY = ("Hash Join", "Merge Join", "Sort", "Incremental Sort", "Hash")
STATES = ("empty", "fresh", "analyzed")

FILLING = """
  insert into campaign values ('festival', 'owner', '{{}}', 0);
  insert into claim select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    'festival', 'shop', 'u' || n, 'default', 0, 1, 0, 2, 2500, null, null, n
    from generate_series(1, {rows}) n;
  insert into caller_key select account, "user", claim_id, 'x', accepted_at from claim;
  insert into open_claim select claim_id, campaign, tier, account, "user", "grant", slot, 0,
    amount, null, case when accepted_at % 2 = 0 then 'accepted' else 'waitlisted' end,
    accepted_at, null, 0, '0shop' || accepted_at % 10 from claim;
  insert into waitlist_block select campaign, tier, ready_at, claim_id, 1000 from open_claim
    where ready_at % 1000 = 1;
  insert into coupon select claim_id, campaign, account, 0, tier, amount, 1, 0,
    decode(md5(claim_id::text), 'hex'), 0, 0, 'issued' from claim where accepted_at % 3 = 0;
  insert into coupon_act select account, 'k' || claim_id, 'redeem', claim_id, 1, 0 from coupon;
  insert into outcome select claim_id, campaign, 'cancelled', '', '', 0 from claim
    where accepted_at % 3 = 1;
  insert into event (xid, at, campaign, tier, kind, ids, amount, actor, detail)
    select accepted_at, 0, campaign, 2, 'claim.accepted', '', 0, '', '' from claim;
  insert into seal select id, xid, id, '' from event where id % 2 = 0;
"""

Line = psycopg.Connection[tuple[Any, ...]]
Node = dict[str, Any]


@pytest.fixture(params=STATES)
def line(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[Line]:
    """A connection to a database in one of three states of growth and knowledge."""
    with psycopg.connect(postgres_url, autocommit=True) as opened:
        # Autovacuum would analyze the fresh tables sooner or later.
        for table in BIG:
            _run(opened, f"alter table {table} set (autovacuum_enabled = off)")
        if request.param != "empty":
            _run(opened, FILLING.format(rows=ROWS))
        if request.param == "analyzed":
            _run(opened, "analyze")
        yield opened


def test_no_hot_statement_reads_a_whole_table(line: Line, subtests: pytest.Subtests) -> None:
    """By its generic plan each statement goes by an index and sorts nothing large."""
    for name, statement in HOT.items():
        with subtests.test(name):
            assert _slow(_generic(line, statement)) == []


@pytest.mark.parametrize("line", ["analyzed"], indirect=True)
def test_nor_does_it_with_the_values_at_hand(line: Line, subtests: pytest.Subtests) -> None:
    """The first runs of a prepared statement are planned for their very values."""
    for name, statement in HOT.items():
        with subtests.test(name):
            assert _slow(_planned_for(line, statement)) == []


TEMPTING = {
    "an order by the output column": """select claim_id::text from open_claim
      where campaign = $1 and tier = 2 and stage = 'accepted' order by claim_id limit 10""",
    "exists": """select claim_id, exists(
      select 1 from outcome o where o.claim_id = claim.claim_id) from claim
      where campaign = any($1::text[])""",
}


@pytest.mark.parametrize("line", ["fresh"], indirect=True)
@pytest.mark.parametrize("how", TEMPTING)
def test_the_alarm_goes_off(line: Line, how: str) -> None:
    """What reads well and scans everything is noticed."""
    assert _slow(_explained(line, TEMPTING[how], "generic_plan, "))


def _generic(line: Line, statement: Statement) -> Node:
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement.postgresql)))
    numbered = statement.postgresql
    for number, name in enumerate(names, start=1):
        numbered = numbered.replace(f"%({name})s", f"${number}")
    return _explained(line, numbered, "generic_plan, ")


def _planned_for(line: Line, statement: Statement) -> Node:
    kinds = dict(re.findall(r"%\((\w+)\)s::(\w+)", statement.postgresql))
    bound = {name: _value(name, kind, statement) for name, kind in kinds.items()}
    with psycopg.ClientCursor(line) as cursor:
        return _explained(line, cursor.mogrify(statement.postgresql, bound))


def _value(name: str, kind: str, statement: Statement) -> str:
    usual = ARGS.get(name, ANY.get(kind, "1"))
    if name not in statement.lists:
        return str(usual)
    return literal(usual if isinstance(usual, list) else [usual], kind)


def _explained(line: Line, sql: str, options: str = "") -> Node:
    found = _run(line, f"explain ({options}format json) {sql}").fetchone()
    assert found is not None
    node: Node = found[0][0]["Plan"]
    return node


def _run(line: Line, sql: str) -> psycopg.Cursor[tuple[Any, ...]]:
    return line.execute(sql.encode())


def _slow(node: Node) -> list[str]:
    """Return what a plan does that costs more the larger a table grows."""
    below = [flaw for part in node.get("Plans", ()) for flaw in _slow(part)]
    kind, table = node["Node Type"], node.get("Relation Name")
    if kind == "Seq Scan" and table in BIG:
        return [*below, f"reads all of {table}"]
    if kind in COSTLY and _tables(node) & set(BIG):
        return [*below, f"{kind} over {sorted(_tables(node))}"]
    return below


def _tables(node: Node) -> set[str]:
    below = (_tables(part) for part in node.get("Plans", ()))
    return {node["Relation Name"]} if "Relation Name" in node else set().union(*below)
