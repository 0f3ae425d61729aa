"""The timeline draws what was measured, breaks off where nothing was, and never overprints."""

from dataclasses import dataclass
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from fulfiller.chaos.outcome import Ran, Sample
from fulfiller.chaos.page.course import levels, modes, rates, risen, silences
from fulfiller.chaos.page.picture import WIDTHS, picture
from fulfiller.chaos.page.scale import EM, Frame, brief, cut, top
from tests.chaos.outcomes import RUNS, aborted, clean, crowded, stroke


@dataclass(frozen=True)
class Box:
    """The box that a text fills at most."""

    text: str
    left: float
    right: float
    upper: float
    lower: float

    def meets(self, other: "Box") -> bool:
        """Return whether two boxes overlap."""
        across = self.left < other.right and other.left < self.right
        return across and self.upper < other.lower and other.upper < self.lower


@pytest.fixture(params=RUNS)
def ran(request: pytest.FixtureRequest) -> Ran:
    """Return each of the made-up runs."""
    return RUNS[request.param]()


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest) -> int:
    """Return each width in which the picture is drawn."""
    given: int = request.param
    return given


def test_no_label_lies_upon_another_or_outside(ran: Ran, width: int) -> None:
    """However many strokes there are, and however long their names."""
    drawn = ET.fromstring(picture(ran, width))
    height = float(drawn.attrib["viewBox"].split()[3])
    boxes = [_box(each) for each in drawn.iter("text")]
    assert boxes
    assert [(a.text, b.text) for a, b in combinations(boxes, 2) if a.meets(b)] == []
    outside = [b.text for b in boxes if b.left < 0 or b.right > width + 1 or b.lower > height]
    assert outside == []


def test_a_picture_has_a_title_and_says_in_words_what_it_shows(ran: Ran, width: int) -> None:
    """For whoever can't see it."""
    drawn = ET.fromstring(picture(ran, width))
    named = drawn.attrib["aria-labelledby"].split()
    assert [each.attrib.get("id") for each in drawn[:2]] == named
    assert all(each.text for each in drawn[:2])


def test_every_stroke_lies_where_it_struck() -> None:
    """Within the plot, in the lane of its fault, in proportion to the seconds."""
    ran, frame = crowded(), Frame(1120, crowded().samples[-1].at_s)
    drawn = ET.fromstring(picture(ran, 1120))
    bars = [each for each in drawn.iter("rect") if each.attrib["class"].startswith("stroke ")]
    lanes = {bar.attrib["y"] for bar in bars}
    assert len(lanes) == 9
    wanted = sorted(round(frame.x(stroke.began_s), 1) for stroke in ran.strokes)
    assert sorted(round(float(bar.attrib["x"]), 1) for bar in bars) == pytest.approx(
        wanted, abs=0.2
    )


def test_a_stroke_at_the_very_end_can_be_seen() -> None:
    """It is drawn inside the plot."""
    drawn = ET.fromstring(picture(clean(strokes=[stroke(999.0)], settled_s=0.0), 352))
    (bar,) = [each for each in drawn.iter("rect") if each.attrib["class"] == "stroke fired"]
    assert float(bar.attrib["x"]) + float(bar.attrib["width"]) <= Frame(352, 1.0).right


def test_lines_break_off_where_the_store_did_not_answer() -> None:
    """Nothing is drawn across a gap, and the gap is marked."""
    drawn = ET.fromstring(picture(clean(), 1120))
    paths = [each.attrib["d"] for each in drawn.iter("path") if "issued" in each.attrib["class"]]
    assert max(path.count("M") for path in paths) == 2
    assert sum(each.attrib["class"] == "silence" for each in drawn.iter("rect")) == 2
    whole = ET.fromstring(picture(aborted(), 1120))
    assert not [each for each in whole.iter("rect") if each.attrib["class"] == "silence"]


def _at(at_s: float, number: int | None, mode: str | None = "flowing") -> Sample:
    return Sample(
        at_s=at_s,
        asked=int(at_s * 10),
        promised=0,
        refused=0,
        unanswered=0,
        issued=number,
        backlog=number,
        waitlisted=None,
        mode=mode,
    )


SAMPLES = [_at(0, 0), _at(0.5, 8), _at(1, 4), _at(2, None, None), _at(3, 24, "paused"), _at(4, 34)]


def test_rates_are_what_grew_over_the_time_it_took() -> None:
    """And not known where either end is not."""
    told = [(each.from_s, each.to_s, each.what) for each in rates(SAMPLES, lambda s: s.issued, 1.0)]
    assert told == [(0, 0.5, 16), (0.5, 1, -8), (1, 2, None), (2, 3, None), (3, 4, 10)]


def test_levels_keep_their_peaks() -> None:
    """Of several samples in a step the highest is shown, up to the next step."""
    told = [(each.from_s, each.what) for each in levels(SAMPLES, lambda s: s.backlog, 1.0)]
    assert told == [(0, 8), (1, 4), (2, None), (3, 24), (4, 34)]


def test_modes_and_silences_last_until_the_next() -> None:
    """A mode that is not known is none."""
    assert [(m.from_s, m.to_s, m.what) for m in modes(SAMPLES, 4)] == [
        (0, 2, "flowing"),
        (2, 3, None),
        (3, 4, "paused"),
        (4, 4, "flowing"),
    ]
    assert [(s.from_s, s.to_s) for s in silences(SAMPLES, 4)] == [(2, 3)]


def test_what_stays_at_zero_is_not_drawn() -> None:
    """But the feet of what rises are."""
    course = rates([_at(n, max(0, n - 3)) for n in range(6)], lambda s: s.issued, 1.0)
    assert [each.what for each in risen(course)] == [None, None, 0, 1, 1]


@pytest.mark.parametrize(("highest", "full"), [(0, 1), (1, 1), (3, 3), (160, 200), (999, 1_000)])
def test_scales_end_at_round_numbers(highest: float, full: float) -> None:
    """Never below what they have to show."""
    assert top(highest) == full


def test_axes_are_brief() -> None:
    """Numbers at an axis fit beside it, and what does not fit is cut with a sign that it is."""
    assert [brief(n) for n in (0, 950, 1_500, 12_000, 1_500_000)] == [
        "0",
        "950",
        "1,500",
        "12k",
        "1.5M",
    ]
    assert cut("worker1 is killed", 10 * 12 * EM) == "worker1 i…"


def _box(text: ET.Element) -> Box:
    size, said = float(text.attrib["font-size"]), text.text or ""
    bold = 1.1 if text.attrib["class"] == "ink" else 1.0
    wide, x, y = len(said) * size * EM * bold, float(text.attrib["x"]), float(text.attrib["y"])
    shift = {"end": wide, "middle": wide / 2}.get(text.attrib.get("text-anchor", ""), 0.0)
    return Box(said, x - shift, x - shift + wide, y - size * 0.8, y + size * 0.2)
