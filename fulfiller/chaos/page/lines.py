"""Panels of the picture: a heading that is a key, a scale, and lines that break off in gaps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fulfiller.chaos.page.course import Course, Span
from fulfiller.chaos.page.markup import Raw, every, tag
from fulfiller.chaos.page.scale import BOLD, LEFT, SIZE, Frame, brief, top, wide

SWATCH = 22.0
ROW = 18.0
KEY, GAP = 6.0, 16.0
DASHES = {
    "asked": "5 3",
    "promised": None,
    "refused": "2 3",
    "unanswered": "8 3 2 3",
    "issued": None,
    "backlog": None,
    "waitlisted": "5 3",
}
"""Lines are told apart by more than their color."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line by its name, which is that of its color, too; `label` stands for it in the key."""

    name: str
    course: Course
    label: str = ""

    @property
    def said(self) -> str:
        """Return what it is called in the key."""
        return self.label or self.name

    @property
    def highest(self) -> float:
        """Return the highest value that is known."""
        return max((span.what for span in self.course if span.what is not None), default=0.0)


@dataclass(frozen=True, slots=True)
class Block:
    """Something drawn, and how high it is."""

    drawn: Raw
    height: float


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines on one scale under a title, and when nothing was known of them."""

    title: str
    lines: Sequence[Line]
    silences: Sequence[Span[bool]] = ()


def drawn(panel: Panel, frame: Frame, y: float, height: float) -> Block:
    """Return a panel whose upper edge is at `y`."""
    title, lines = panel.title, panel.lines
    key = _key(title, lines, frame, y)
    upper = y + key.height + KEY
    full = top(max((line.highest for line in lines), default=0.0))
    parts = every(
        (
            key.drawn,
            *(_silence(span, frame, upper, height) for span in panel.silences),
            *_rules(frame, upper, height, full),
            *(_path(line, frame, upper, height, full) for line in lines),
        )
    )
    return Block(parts, key.height + KEY + height + GAP)


def written(x: float, y: float, text: str, kind: str = "quiet", anchor: str = "start") -> Raw:
    """Return text of the picture."""
    given = None if anchor == "start" else anchor
    return tag("text", text, x=x, y=y, font_size=SIZE, class_=kind, text_anchor=given)


def _silence(span: Span[bool], frame: Frame, upper: float, height: float) -> Raw:
    return tag(
        "rect",
        tag("title", "the store did not answer"),
        x=frame.x(span.from_s),
        y=upper,
        width=max(frame.x(span.to_s) - frame.x(span.from_s), 2.0),
        height=height,
        class_="silence",
    )


def _key(title: str, lines: Sequence[Line], frame: Frame, y: float) -> Block:
    parts = [written(LEFT, y + SIZE, title, "ink")]
    x, row = LEFT + wide(title) * BOLD + 14, 0
    for line in lines:
        if x + SWATCH + 5 + wide(line.said) > frame.right and x > LEFT:
            x, row = LEFT, row + 1
        base = y + row * ROW + SIZE
        parts.append(_stroke(line.name, f"M{x:.1f} {base - 4:.1f}h{SWATCH:g}"))
        parts.append(written(x + SWATCH + 5, base, line.said))
        x += SWATCH + 5 + wide(line.said) + 14
    return Block(every(parts), (row + 1) * ROW)


def _rules(frame: Frame, upper: float, height: float, full: float) -> Iterator[Raw]:
    for share in (0.0, 0.5, 1.0):
        level = upper + height * (1 - share)
        yield tag("path", d=f"M{LEFT:g} {level:.1f}H{frame.right:.1f}", class_="rule")
        if share != 0.5 or full >= 2:
            yield written(LEFT - 6, level + 4, brief(full * share), anchor="end")


def _path(line: Line, frame: Frame, upper: float, height: float, full: float) -> Raw:
    def at(span: Span[float | None], when_s: float) -> str:
        level = upper + height * (1 - (span.what or 0.0) / full)
        return f"{frame.x(when_s):.1f} {level:.1f}"

    path, joined = "", False
    for before, span in pairwise((None, *line.course)):
        joined = before is not None and before.what is not None
        if span is not None and span.what is not None:
            head = "L" if joined else "M"
            path += f"{head}{at(span, span.from_s)}L{at(span, span.to_s)}"
    return _stroke(line.name, path) if path else Raw("")


def _stroke(name: str, path: str) -> Raw:
    return tag("path", d=path, class_=f"line {name}", stroke_dasharray=DASHES[name])
