"""Hot statements: written once, spoken in the dialects of PostgreSQL and SQLite.

A template names its parameters: `{now}` is one value, `{in:ids:uuid}` a list to look up,
`{now_us}` the store's own clock. Lists are looked up with `= any(array)` or `in (json_each)`,
never by a join against `unnest`, which plans as a scan of the whole campaign.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

SPOT = re.compile(r"\{(in:)?(\w+)(?::(\w+))?\}")
CLOCK = {
    "postgresql": "(extract(epoch from clock_timestamp()) * 1000000)::bigint",
    "sqlite": "cast((julianday('now') - 2440587.5) * 86400000000 as integer)",
}
Args = Mapping[str, object]
Rows = Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement in both dialects; `lists` are its list parameters and their types."""

    postgresql: str
    sqlite: str
    lists: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Insert:
    """An insert of many rows: array-bound on PostgreSQL, executemany on SQLite.

    `postgresql` has places for what its columns are filled with, see `filled`.
    """

    postgresql: str
    sqlite: str
    kinds: tuple[str, ...]

    def filled(self, shared: Sequence[bool]) -> str:
        """Return the insert on PostgreSQL, with one value for each column that is shared.

        All other columns are arrays, row by row; where all are shared there is but one row.
        """
        kinds = list(zip(self.kinds, shared, strict=True))
        cells = ", ".join(
            f"%s::{kind}" if one else f"c{number}" for number, (kind, one) in enumerate(kinds)
        )
        arrays = ", ".join(f"%s::{kind}[]" for kind, one in kinds if not one)
        names = ", ".join(f"c{number}" for number, one in enumerate(shared) if not one)
        rows = f" from unnest({arrays}) as u({names})" if arrays else ""
        return self.postgresql.format(cells=cells, rows=rows)


@dataclass(frozen=True, slots=True)
class Call:
    """A statement with its parameters."""

    statement: Statement
    args: Args = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fill:
    """An insert with its rows, in the order in which they are to be inserted."""

    insert: Insert
    rows: Rows


Step = Call | Fill


def statement(template: str, **sqlite: str) -> Statement:
    """Return a template in both dialects; `sqlite` replaces words that PostgreSQL alone knows."""
    lists = {m[2]: m[3] for m in SPOT.finditer(template) if m[1]}
    other = template
    for old, new in sqlite.items():
        other = other.replace(f"<{old}>", new)
    plain = re.sub(r"<(\w+)>", lambda match: _POSTGRES_WORDS[match[1]], template)
    return Statement(SPOT.sub(_postgresql, plain), SPOT.sub(_sqlite, other), lists)


def insert(model: type[SQLModel], *names: str, extra: str = "", value: str = "") -> Insert:
    """Return the insert of these columns of a table.

    `extra` is one more column that PostgreSQL fills with the expression `value`.
    """
    table = table_of(model)
    kinds = tuple(_kind(table.c[name]) for name in names)
    into = ", ".join(f'"{name}"' for name in names)
    more, also = (f', "{extra}"', f", {value}") if extra else ("", "")
    return Insert(
        f"insert into {table.name} ({into}{more}) select {{cells}}{also}{{rows}}",
        f"insert into {table.name} ({into}) values ({', '.join('?' * len(names))})",
        kinds,
    )


def table_of(model: type[SQLModel]) -> Table:
    """Return the table behind a SQLModel class."""
    return model.__table__  # type: ignore[attr-defined,no-any-return]


def names(model: type[SQLModel], *left_out: str) -> tuple[str, ...]:
    """Return the column names of a table, in order, without some."""
    return tuple(column.name for column in table_of(model).c if column.name not in left_out)


def listed(columns: Sequence[str], table: str = "") -> str:
    """Return column names as SQL lists them, those of a named table if there are several."""
    of = f"{table}." if table else ""
    return ", ".join(f'{of}"{name}"' for name in columns)


def _kind(column: Column[object]) -> str:
    kind = column.type.compile(dialect=postgresql.dialect()).lower()  # type: ignore[no-untyped-call]
    bare = kind.partition(" collate ")[0]
    return {"varchar(36)": "uuid"}.get(bare, bare)


def _postgresql(spot: re.Match[str]) -> str:
    many, name, kind = spot.groups()
    if name == "now_us":
        return CLOCK["postgresql"]
    return f"= any(%({name})s::{kind}[])" if many else f"%({name})s" + (f"::{kind}" if kind else "")


def _sqlite(spot: re.Match[str]) -> str:
    many, name, _ = spot.groups()
    if name == "now_us":
        return CLOCK["sqlite"]
    return f"in (select value from json_each(:{name}))" if many else f":{name}"


_POSTGRES_WORDS = {
    "behind": "(xid, id) > ({xid:bigint}, {id:bigint})",
    "for_update": "for update",
    "member": "cast(encode(substring(ids from 16 * n + 1 for 16), 'hex') as uuid)",
    "members": "select 1 from generate_series(0, length(ids) / 16 - 1) as n",
    "place": "position({claim:bytea} in e.ids)",
    "position": "event.xid, event.id",
    "settled": "xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
    "unheld": "campaign <> all(array(select scope from mode where held))"
    " and not ('*' = any(array(select scope from mode where held)))",
}
