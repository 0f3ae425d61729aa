"""What a statement does to its transaction, told from its text."""

import re
from enum import Enum, auto
from functools import lru_cache

REMEMBERED_MAX = 8_192
"""Bytes of a text that may come again; longer ones are read each time."""


class Deed(Enum):
    """What a statement does, as far as moments go."""

    BEGIN = auto()
    COMMIT = auto()
    ROLLBACK = auto()
    UPDATE = auto()
    WRITE = auto()
    OTHER = auto()


# Texts and remarks may hold any word and any semicolon.
_QUOTED = re.compile(
    rb"""'(?:[^']|'')*+'|"(?:[^"]|"")*+"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$""", re.DOTALL
)
_DEEDS = (
    (Deed.BEGIN, re.compile(rb"(?:begin|start\s+transaction)\b")),
    (Deed.COMMIT, re.compile(rb"(?:commit|end)(?:\s+(?:work|transaction))?$")),
    (Deed.ROLLBACK, re.compile(rb"(?:rollback|abort)(?:\s+(?:work|transaction))?$")),
    (Deed.UPDATE, re.compile(rb"update\b")),
    (Deed.WRITE, re.compile(rb"(?:insert|delete|merge)\b|copy\b.*\bfrom\b", re.DOTALL)),
    # Locking is no writing: `for update`, `for no key update`.
    (
        Deed.WRITE,
        re.compile(
            rb"with\b.*(?:\b(?:insert|delete|merge)\b|(?<!for )(?<!key )\bupdate\b)", re.DOTALL
        ),
    ),
)


def deeds(text: bytes) -> tuple[Deed, ...]:
    """Return what each statement of a query does, in order."""
    return _remembered(text) if len(text) <= REMEMBERED_MAX else _deeds(text)


def _deeds(text: bytes) -> tuple[Deed, ...]:
    bare = _QUOTED.sub(b" ", text).lower()
    return tuple(_deed(one) for part in bare.split(b";") if (one := part.strip()))


_remembered = lru_cache(maxsize=1_024)(_deeds)


def _deed(statement: bytes) -> Deed:
    return next((deed for deed, how in _DEEDS if how.match(statement)), Deed.OTHER)
