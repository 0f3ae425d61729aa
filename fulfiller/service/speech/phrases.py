"""The phrases that a book must hold, each with the placeholders that it must have."""

from collections.abc import Iterable, Mapping

from fulfiller.domain.patience import Reason, Situation

PLAIN: Mapping[str, frozenset[str]] = {
    **{f"opening.{situation}": frozenset[str]() for situation in Situation},
    **{f"reason.{reason}": frozenset[str]() for reason in Reason},
    "place.next": frozenset(),
    "wait.between": frozenset({"low", "high"}),
    "wait.in_one_unit": frozenset({"low", "high"}),
    "wait.about": frozenset({"high"}),
    "wait.up_to": frozenset({"high"}),
    "wait.more_than": frozenset({"low"}),
    "wait.unknown": frozenset(),
    "wait.planned": frozenset(),
    "do.nothing": frozenset(),
    "do.nothing_if_claimed": frozenset(),
    "do.come_back": frozenset(),
    "do.come_back_at": frozenset({"moment"}),
    "when.since": frozenset({"moment"}),
    "when.look_again": frozenset({"moment"}),
    "when.next_update": frozenset({"moment"}),
    "valid.through": frozenset({"date"}),
    "valid.until": frozenset({"moment"}),
    "form.moment": frozenset({"date", "time"}),
    "form.zone": frozenset({"zone"}),
}
"""Phrases and their placeholders."""
COUNTED: Mapping[str, frozenset[str]] = {"place.ahead": frozenset({"number"})}
"""Phrases that need every plural form of their language, each under `NAME.FORM`."""
OPTIONAL = frozenset({"wait.in_one_unit"})
"""Phrases that some languages do without: Arabic bends the unit by either number."""


def required(forms: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return every phrase of a language with these plural forms, and its placeholders."""
    counted = {f"{name}.{form}": holes for name, holes in COUNTED.items() for form in forms}
    return {**PLAIN, **counted}
