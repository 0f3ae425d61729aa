"""Bar charts of characters: each column a value, each character an eighth of a row."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """The characters to draw with; `levels` from empty to full."""

    levels: str
    line: str
    tip: str
    rest: str
    dot: str
    cross: str
    arrow: str
    dash: str


UNICODE = Glyphs(
    levels=" ▁▂▃▄▅▆▇█", line="━", tip="╸", rest="─", dot="●", cross="✗", arrow="→", dash="─"
)
ASCII = Glyphs(levels=" .:#", line="=", tip=">", rest="-", dot="o", cross="x", arrow="to", dash="-")


def glyphs(encoding: str) -> Glyphs:
    """Return the characters that a terminal of this encoding can show."""
    return UNICODE if encoding.lower().replace("-", "").startswith("utf") else ASCII


def bars(values: Sequence[float], *, rows: int, top: float, levels: str) -> list[str]:
    """Return the lines of a chart, the highest first; a value of `top` fills all rows.

    Whatever is above zero shows, be it ever so little.
    """
    full = len(levels) - 1
    heights = [_height(value, rows * full, top) for value in values]
    return [
        "".join([levels[min(max(height - row * full, 0), full)] for height in heights])
        for row in reversed(range(rows))
    ]


def gauge(share: float, width: int, glyph: Glyphs) -> tuple[str, str]:
    """Return a bar of `width` characters in two parts: what is done, and the rest."""
    done = round(min(max(share, 0.0), 1.0) * width)
    head = glyph.line * (done - 1) + glyph.tip if 0 < done < width else glyph.line * done
    return head, glyph.rest * (width - done)


def hours(width: int, axis_s: float, span_s: float, day_h: float) -> str:
    """Return an axis of whole hours below `width` columns; the day takes `span_s` of it."""
    marks = [" "] * width
    for hour in range(int(day_h) + 1):
        text = f"{hour}h"
        at = int(width * (hour / day_h * span_s) / axis_s)
        if at + len(text) <= width:
            marks[at : at + len(text)] = text
    return "".join(marks)


def _height(value: float, steps: int, top: float) -> int:
    if value <= 0 or top <= 0:
        return 0
    return min(steps, max(1, round(steps * value / top)))
