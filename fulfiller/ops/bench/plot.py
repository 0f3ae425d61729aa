"""The picture of a bench: bars of claims a second, as SVG for light pages and dark ones.

It is drawn from the JSON that the bench tells, so that a saved one can be drawn again.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from fulfiller.domain.error import FulfillerError
from fulfiller.ops.bench.style import STYLE

WIDTH = 760
EDGE, BEGIN, LONGEST, APART = 20, 252, 310, 8
"""Where texts and bars begin, how wide the longest may be, how far figures stand from bars."""
HEAD, TITLE, ROW, BAR, GAP, FOOT = 64, 32, 28, 16, 14, 30
EXPLAINED = "bare statements: the same rows by SQL in a loop, without queue, Celery or checks"
DOOR = "end_to_end_"
OURS = {"drain", "end_to_end_single", "end_to_end_batch"}
FLOOR = "floor"
BESIDES = {"quiet", "overload", "drain_limited", "end_to_end_single_64", "end_to_end_wrk"}
"""Rates that answer other questions than how fast coupons come."""
REMEDY = "give it what fulfiller bench --json told"


class NothingToDraw(FulfillerError):
    """A file has no rates in it, or is no findings of the bench at all."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rate with its range, in claims a second; `kind` is `ours`, `theirs` or `floor`."""

    title: str
    kind: str
    median: float
    low: float
    high: float

    @property
    def spoken(self) -> str:
        """The figure in words."""
        wide = f" ({self.low:,.0f} to {self.high:,.0f})" if self.low < self.high else ""
        return f"{self.title}: {self.median:,.0f}{wide}"


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars that are of one kind of work."""

    title: str
    bars: Sequence[Bar]

    @property
    def height(self) -> int:
        """Pixels from its title to its last bar."""
        return TITLE + ROW * len(self.bars) + GAP


def read(file: Path) -> dict[str, Any]:
    """Return the findings in a file; raise NothingToDraw if it holds anything else."""
    try:
        found: object = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as flaw:
        raise NothingToDraw(f"{file} is no JSON: {flaw}") from flaw
    if not isinstance(found, dict) or not isinstance(found.get("rates"), dict):
        raise NothingToDraw(f"there are no rates in {file}: {REMEDY}")
    return found


def drawn(found: Mapping[str, Any]) -> str:
    """Return the picture of findings; raise NothingToDraw if there are no rates in them."""
    panels = [panel for panel in panels_of(found) if panel.bars]
    if not panels:
        raise NothingToDraw(f"none of its rates is one of coupons: {REMEDY}")
    bars = [bar for panel in panels for bar in panel.bars]
    scale = LONGEST / max(bar.high for bar in bars)
    height = HEAD + sum(panel.height for panel in panels) + FOOT
    lines = [*_opening(height, bars), *_heading(found)]
    top = HEAD
    for panel in panels:
        lines += _panel(panel, top, scale)
        top += panel.height
    if any(bar.kind == FLOOR for bar in bars):
        lines.append(_text(EDGE, top + 10, EXPLAINED, "note"))
    return "\n".join([*lines, "</svg>"]) + "\n"


def panels_of(found: Mapping[str, Any]) -> tuple[Panel, Panel]:
    """Return the rates to draw: drains, then doors, the slowest of each first."""
    rates: Mapping[str, float] = found.get("rates", {})
    shown = [name for name in rates if not name.startswith("accept_") and name not in BESIDES]
    bars = {name: _bar(name, found) for name in sorted(shown, key=rates.__getitem__)}
    return (
        Panel("A backlog that lies ready", [b for n, b in bars.items() if not n.startswith(DOOR)]),
        Panel("From the HTTP door", [b for n, b in bars.items() if n.startswith(DOOR)]),
    )


def _bar(name: str, found: Mapping[str, Any]) -> Bar:
    title = found.get("titles", {}).get(name, name.replace("_", " ")).removeprefix("drain, ")
    median = found["rates"][name]
    low, high = found.get("ranges", {}).get(f"rates.{name}", (median, median))
    kind = "ours" if name in OURS else "floor" if name == FLOOR else "theirs"
    return Bar(title, kind, median, low, high)


def _opening(height: int, bars: Sequence[Bar]) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" role="img" aria-labelledby="title desc">'
    )
    yield '<title id="title">Claims a second until their coupons are committed</title>'
    yield f'<desc id="desc">{escape("; ".join(bar.spoken for bar in bars))}</desc>'
    yield f"<style>{STYLE}</style>"
    yield (
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><rect class="hatch" width="3" height="6"/></pattern></defs>'
    )


def _heading(found: Mapping[str, Any]) -> Iterator[str]:
    yield _text(EDGE, 28, "Claims a second until their coupons are committed", "head")
    yield _text(EDGE, 48, " · ".join(_about(found)), "note")


def _about(found: Mapping[str, Any]) -> Iterator[str]:
    """Say what the figures are and where they come from."""
    rounds, machine = found.get("rounds", 1), found.get("machine", {})
    yield f"median of {rounds} rounds, with range" if rounds > 1 else "one round"
    if machine.get("cores"):
        yield f"{machine['cores']} cores of {machine.get('cpu', 'unknown make')}"
    stores = {"postgres": "PostgreSQL, synced to disk", "sqlite": "SQLite"}
    yield stores.get(found.get("store", ""), "all on one machine")


def _panel(panel: Panel, top: int, scale: float) -> Iterator[str]:
    yield _text(EDGE, top + 19, panel.title, "panel")
    begin = top + TITLE
    for number, bar in enumerate(panel.bars):
        yield from _row(bar, begin + ROW * number + ROW // 2, scale)
    yield f'<path class="line" d="M{BEGIN} {begin}v{ROW * len(panel.bars)}"/>'


def _row(bar: Bar, middle: int, scale: float) -> Iterator[str]:
    """Draw name, bar, range and figures around a height."""
    yield _text(BEGIN - 12, middle + 4.5, bar.title, "end")
    width = max(1.5, bar.median * scale)
    place = f'x="{BEGIN}" y="{middle - BAR // 2}" width="{width:.1f}" height="{BAR}"'
    yield f'<rect class="{bar.kind}" {place}/>'
    wide = ""
    if bar.low < bar.high:
        low, high = BEGIN + bar.low * scale, BEGIN + bar.high * scale
        # The ends of a short range would run together into a block.
        ends = (
            "" if high - low < BAR // 2 else f"M{low:.1f} {middle - 4}v8M{high:.1f} {middle - 4}v8"
        )
        yield f'<path class="range" d="M{low:.1f} {middle}H{high:.1f}{ends}"/>'
        wide = f'<tspan class="note" dx="7">{bar.low:,.0f} &#8211; {bar.high:,.0f}</tspan>'
    x = BEGIN + max(bar.high, bar.median) * scale + APART
    figures = f"{bar.median:,.0f}{wide}"
    yield f'<text class="{bar.kind}-figure" x="{x:.1f}" y="{middle + 4.5}">{figures}</text>'


def _text(x: float, y: float, said: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y}">{escape(said)}</text>'
