"""What commands print: JSON for programs, aligned text for people, remarks to stderr."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """Give a command the option that every read has."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def show(answer: object, text: str, *, as_json: bool) -> None:
    """Print an answer, in one of its two forms."""
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False) if as_json else text)


def remark(text: str) -> None:
    """Tell a person something that is not the answer."""
    click.echo(text, err=True)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as aligned columns: numbers to the right, everything else to the left."""
    body = [list(row) for row in rows]
    cells = [list(header), *([_cell(value) for value in row] for row in body)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [
        all(isinstance(row[n], int) for row in body) and bool(body) for n in range(len(widths))
    ]
    return "\n".join(_line(row, widths, right) for row in cells)


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    fields = zip(row, widths, right, strict=True)
    return "  ".join(t.rjust(w) if r else t.ljust(w) for t, w, r in fields).rstrip()


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
