"""What a query of Prometheus asks for: series by name and label, read as far as tests need it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

GROUPING = re.compile(
    r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)", re.IGNORECASE
)
TEXT = r'"[^"]*"'
SELECTED = re.compile(
    rf"{TEXT}|(?<![\w.:])(?P<name>[a-zA-Z_:][\w:]*)\s*(?P<call>\()?"
    rf"(?P<matchers>\{{(?:[^}}\"]|{TEXT})*\}})?"
)
MATCHER = re.compile(r'(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"')
WORDS = {"and", "or", "unless", "offset", "bool", "inf", "nan"}


@dataclass(frozen=True, slots=True)
class Selector:
    """A series that a query asks for, with its matchers: label, operator, value."""

    name: str
    matchers: tuple[tuple[str, str, str], ...]

    def finds(self, labels: dict[str, str]) -> bool:
        """Return whether a series with these labels is one of those."""
        return all(_fits(labels.get(label, ""), *how) for label, *how in self.matchers)


def selectors(query: str) -> Iterator[Selector]:
    """Yield the series that a query asks for."""
    for found in SELECTED.finditer(GROUPING.sub(" ", query)):
        name = found["name"]
        if name and not found["call"] and name.lower() not in WORDS:
            yield Selector(name, tuple(MATCHER.findall(found["matchers"] or "")))


def grouped(query: str) -> set[str]:
    """Return the labels that a query groups or joins by."""
    return {label.strip() for each in GROUPING.findall(query) for label in each.split(",")} - {""}


def _fits(value: str, how: str, wanted: str) -> bool:
    alike = value == wanted if how in ("=", "!=") else re.fullmatch(wanted, value) is not None
    return alike is how.startswith("=")
