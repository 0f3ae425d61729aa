"""Which columns of an insert have one value in all its rows.

The claims of a group have most of theirs in common: campaign, account, amount, the instant.
Such a value travels once, and the database reads it once, instead of once per row.
"""

from collections import defaultdict
from collections.abc import Sequence

from fulfiller.store.statement import Insert

KEPT = 8
"""Patterns of an insert that one connection has statements for, besides that of a lone row, which
is all claims at rest; whatever else comes is none.

Each is prepared once and kept. Mixed claims have many patterns, and must not push out of the
server's memory what others are written with.
"""
Pattern = tuple[bool, ...]


class Patterns:
    """The patterns that one connection has met, a few for each insert."""

    def __init__(self) -> None:
        """Know none yet."""
        self._known: defaultdict[str, set[Pattern]] = defaultdict(set)

    def of(self, insert: Insert, columns: Sequence[Sequence[object]]) -> Pattern:
        """Return by column whether it is written as one value; all of them in a lone row."""
        rows = len(columns[0])
        if rows == 1:
            return (True,) * len(columns)
        # The first column always has rows of its own: they have to come from somewhere.
        found = (False, *[column.count(column[0]) == rows for column in columns[1:]])
        known = self._known[insert.sqlite]
        if found not in known:
            if len(known) >= KEPT:
                return (False,) * len(columns)
            known.add(found)
        return found
