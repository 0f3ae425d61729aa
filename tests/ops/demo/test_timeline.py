"""The day in one picture: every row in its place, and the modes where they were."""

import pytest

from fulfiller.domain.breaker import Mode
from fulfiller.ops.demo.chart import ASCII, UNICODE
from fulfiller.ops.demo.reading import Note, Reading, Tally, Track
from fulfiller.ops.demo.timeline import LABEL, WIDEST, band, timeline


def _day() -> Track:
    """Return a day of forty seconds: ten flow, twenty are paused, the rest ramps."""
    modes = [Mode.FLOWING] * 10 + [Mode.PAUSED] * 20 + [Mode.RAMPING] * 10
    readings = [
        Reading(
            elapsed_s=float(second),
            tally=Tally(sent=100 * second),
            issued=50 * second,
            waiting=second if mode is Mode.PAUSED else 0,
            mode=mode,
        )
        for second, mode in enumerate(modes, start=1)
    ]
    return Track(readings=readings, notes=[Note(20.0, "killed", alarm=True), Note(1.0, "open")])


@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_row_is_as_wide_as_the_terminal_allows(width: int) -> None:
    """Six rows below a title, none wider than the terminal or than anybody wants."""
    lines = [line.plain for line in timeline(_day(), UNICODE, width)]
    assert len(lines) == 7
    assert max(map(len, lines[1:])) <= min(width, WIDEST)


def test_modes_stand_where_they_were() -> None:
    """A quarter of the picture flows, half is paused, the last quarter ramps."""
    drawn = [line.plain for line in timeline(_day(), UNICODE, LABEL + 80)][5][LABEL:]
    assert "flowing" in drawn[:20]
    assert "paused" in drawn[20:60]
    assert "ramping" in drawn[60:]
    assert drawn[20:60].count("█") > 20


def test_what_was_broken_on_purpose_is_crossed() -> None:
    """Half way, and nothing else is."""
    axis = [line.plain for line in timeline(_day(), ASCII, LABEL + 80)][6][LABEL:]
    assert axis.index("x") == 40
    assert axis.count("x") == 1
    assert axis.startswith("0s")


def test_a_mode_without_room_for_its_name_is_drawn_without_it() -> None:
    """A short pause is still seen."""
    assert band([Mode.FLOWING, Mode.PAUSED, Mode.PAUSED], UNICODE).plain == "─██"
