"""The page stands alone, holds whatever it is told, and can be read by everybody."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import product

import pytest

from fulfiller.chaos.outcome import Ran
from fulfiller.chaos.page.page import page
from fulfiller.chaos.page.palette import DARK, DRAWN, GROUNDS, LIGHT, WRITTEN
from fulfiller.chaos.report import INVARIANTS
from fulfiller.chaos.verdict import Word, verdict
from tests.chaos.outcomes import RUNS, clean, failed, hostile, skipped

VOID = {"meta"}
LINKS = {"src", "href", "srcset", "action", "data", "poster", "background", "xlink:href"}
AWAY = re.compile(r"https?:|//\w|@import|url\((?!#)", re.IGNORECASE)


class Page(HTMLParser):
    """Reads a page, and insists that each element is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that begins."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Insist that it is the innermost that ends."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note what people can read."""
        if self.open[-1:] != ["style"]:
            self.said.append(data)

    @property
    def text(self) -> str:
        """Return what people can read."""
        return " ".join(self.said)


@pytest.fixture(params=RUNS)
def ran(request: pytest.FixtureRequest) -> Ran:
    """Return each of the made-up runs."""
    return RUNS[request.param]()


def test_it_is_well_formed_and_needs_nothing_else(ran: Ran) -> None:
    """No script, no link, no picture and no font from anywhere, and no element left open."""
    written = page(ran)
    read = Page(written)
    assert read.open == []
    assert not AWAY.search(written)
    assert not {key for _, given in read.tags for key in given} & LINKS
    assert not {tag for tag, _ in read.tags} & {"script", "link", "img", "iframe", "object", "use"}
    written.encode("utf-8")


def test_it_tells_everything(ran: Ran) -> None:
    """The verdict, each invariant, each stroke in the table and in each picture, and the replay."""
    read = Page(page(ran))
    parts = (verdict(ran).came_to, *INVARIANTS, *INVARIANTS.values())
    assert [part for part in parts if part not in read.text] == []
    rects = [given for tag, given in read.tags if tag == "rect"]
    strokes = [given for given in rects if str(given["class"]).startswith("stroke ")]
    assert len(strokes) == 3 * len(ran.strokes)
    cells = [given for tag, given in read.tags if tag == "td" and given.get("data-of") == "struck"]
    assert len(cells) == len(ran.strokes) + (2 if ran.control else 0)
    assert ("pre", {}) in read.tags


def test_the_verdict_comes_first(ran: Ran) -> None:
    """Nothing but the scenario's title stands above it."""
    read = Page(page(ran))
    heads = [tag for tag, _ in read.tags if re.fullmatch(r"h\d", tag)]
    assert heads[0] == "h1"
    assert heads.count("h1") == 1
    assert verdict(ran).word in read.text


def test_what_wants_to_be_markup_is_text() -> None:
    """Every text of a run comes from somebody, and some of them are hostile."""
    written = page(hostile())
    assert "<script" not in written
    assert written.count("&lt;script&gt;") > 20
    assert "\x00" not in written
    assert written.count("</style>") == 1
    assert written.count("</svg>") == 3


def test_lost_claims_are_named_and_offenders_counted() -> None:
    """All of what was lost by its id, and how many more broke an invariant."""
    said = Page(page(failed())).text
    assert [
        each for each in (*failed().count.lost, *failed().count.doubled) if each not in said
    ] == []
    assert "and 10 more" in said
    assert "asked were 500 ms" in said


def test_what_was_skipped_says_what_it_needs() -> None:
    """And what never struck is told apart from it by a word."""
    said = Page(page(skipped())).text
    assert "needs the PyPI package libfaketime" in said
    assert "It was never seen that the broker forgets its scripts" in said


def test_a_run_that_held_gives_no_reasons_why_not() -> None:
    """The other arm is shown beside it."""
    said = Page(page(clean())).text
    assert "Why" not in said
    assert "Plain Celery under the same cuts: 40 sent, 33 done, 7 lost." in said
    assert "82.5%" in said
    assert Word.HELD in said


def test_tables_have_heads_and_names() -> None:
    """A reader of screens knows what each column and row is about."""
    tags = Page(page(failed())).tags
    tables = sum(tag == "table" for tag, _ in tags)
    assert tables == sum(tag == "caption" for tag, _ in tags) == 3
    assert all("scope" in given for tag, given in tags if tag == "th")
    ids = [given["id"] for _, given in tags if "id" in given]
    assert len(ids) == len(set(ids))


def _pairs() -> Iterator[tuple[str, str, str, float]]:
    for name, palette in (("light", LIGHT), ("dark", DARK)):
        for color, ground in product(WRITTEN, GROUNDS):
            yield f"{name} {color} on {ground}", palette[color], palette[ground], 4.5
        for color, ground in product(DRAWN, GROUNDS):
            yield f"{name} {color} on {ground}", palette[color], palette[ground], 3.0


def test_everything_stands_out_from_its_ground() -> None:
    """Text by 4.5 to 1 and lines by 3 to 1, by day and by night."""
    poor = {
        name: _contrast(one, two)
        for name, one, two, least in _pairs()
        if _contrast(one, two) < least
    }
    assert poor == {}


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_light(one), _light(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _light(color: str) -> float:
    parts = (int(color[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
