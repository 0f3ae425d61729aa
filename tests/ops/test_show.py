"""What commands print: instants as people type them, columns that line up."""

import pytest

from fulfiller.domain.validity import DAY, SECOND
from fulfiller.ops.moments import spoken, stamp
from fulfiller.ops.show import table

NOW = 1_770_339_600 * SECOND


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("now", NOW),
        ("+1d", NOW + DAY),
        ("-90m", NOW - 5_400 * SECOND),
        ("+2h", NOW + 7_200 * SECOND),
        ("+30s", NOW + 30 * SECOND),
    ],
)
def test_relative_instants_are_so_to_the_store_s_time(typed: str, meant: int) -> None:
    """`+1d` is a day from now by the clock that claims are judged by."""
    assert spoken(typed, now=NOW) == stamp(meant)


@pytest.mark.parametrize("typed", ["2026-02-28", "2026-02-06T09:00:00+08:00", "+1y", "tomorrow"])
def test_anything_else_is_left_to_the_terms(typed: str) -> None:
    """Dates pass as they are, and nonsense is refused where the field's name is known."""
    assert spoken(typed, now=NOW) == typed


def test_columns_line_up() -> None:
    """Names to the left, numbers to the right with their thousands set off."""
    assert table(("name", "claims"), [("one", 7), ("another", 12_431)]).splitlines() == [
        "name     claims",
        "one           7",
        "another  12,431",
    ]
