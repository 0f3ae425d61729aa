"""The day in five lines: who came, who waited, what was issued, and in which mode."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.text import Text

from fulfiller.domain.breaker import Mode
from fulfiller.ops.demo.chart import Glyphs, bars
from fulfiller.ops.demo.reading import Track

LABEL = 10
WIDEST = 100
STYLES = {Mode.FLOWING: "green", Mode.PAUSED: "bold red", Mode.RAMPING: "yellow"}
SIGNS = {Mode.FLOWING: 0, Mode.PAUSED: -1, Mode.RAMPING: 2}
"""Which level of a chart a mode is drawn with: nothing, all of it, a little."""
ROWS = (
    ("requests", "sent", "cyan"),
    ("in line", "waiting", "magenta"),
    ("backlog", "backlog", "yellow"),
    ("coupons", "issued", "green"),
)
GROWN = frozenset({"sent", "issued"})


def timeline(track: Track, glyphs: Glyphs, width: int) -> Iterator[Text]:
    """Yield the picture of a day that is over; each row has a scale of its own."""
    columns = max(20, min(width, WIDEST) - LABEL)
    axis_s = max(track.last.elapsed_s, 1.0)
    yield Text("The day in one picture, each row on its own scale:")
    for label, name, style in ROWS:
        draw = track.grown if name in GROWN else track.stood
        values = draw(name, axis_s, columns)
        (line,) = bars(values, rows=1, top=max(*values, 1.0), levels=glyphs.levels)
        yield Text.assemble((f"{label:<{LABEL}}", "bold"), (line, style))
    yield Text.assemble((f"{'mode':<{LABEL}}", "bold"), band(track.modes(axis_s, columns), glyphs))
    yield Text.assemble(" " * LABEL, axis(track, columns, axis_s, glyphs))


def band(modes: Sequence[Mode], glyphs: Glyphs) -> Text:
    """Return the modes side by side, each with its name where there is room for it."""
    text = Text()
    for mode, group in groupby(modes):
        width = len(list(group))
        name = f" {mode} "
        fill = glyphs.rest if mode is Mode.FLOWING else glyphs.levels[SIGNS[mode]]
        said = f"{name:{fill}^{width}}" if width >= len(name) else fill * width
        text.append(said, STYLES[mode])
    return text


def axis(track: Track, columns: int, axis_s: float, glyphs: Glyphs) -> Text:
    """Return an axis of seconds, with a cross where something was broken on purpose."""
    text = Text(seconds(columns, axis_s), style="bright_black")
    for at in (int(columns * note.at_s / axis_s) for note in track.notes if note.alarm):
        text = Text.assemble(text[:at], (glyphs.cross, "bold red"), text[at + 1 :])
    return text


def seconds(columns: int, axis_s: float) -> str:
    """Return an axis with a mark every five seconds."""
    marks = [" "] * columns
    for second in range(0, int(axis_s) + 1, 5):
        said = f"{second}s"
        at = int(columns * second / axis_s)
        if at + len(said) <= columns:
            marks[at : at + len(said)] = said
    return "".join(marks)
