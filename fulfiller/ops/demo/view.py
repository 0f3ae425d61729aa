"""The live picture: the day's shape, what came of it so far, and what happened on the way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from fulfiller.ops.demo.arrival import HOURS, REQUESTS, per_column
from fulfiller.ops.demo.chart import Glyphs, bars, gauge, hours
from fulfiller.ops.demo.reading import Note, Track
from fulfiller.ops.demo.timeline import band
from fulfiller.ops.supervise.plan import Urls

LABEL = 15
"""Columns in front of every chart."""
SHORT_LABEL = 10
"""Columns in front of every row of figures."""
MARGIN = " "
WIDEST = 118
REQUEST_ROWS = 3
COUPON_ROWS = 2
OTHER_LINES = 21
"""Lines beside those about what happened, with one to spare for the cursor."""
NOTES_MIN, NOTES_MAX = 3, 8
DRAIN_SHARE = 0.08
"""Part of the axis that is kept for what comes after the last request."""
WORKING = "working"
NAME, QUIET, ALARM = "bold", "bright_black", "bold red"
SENT, ISSUED, BACKLOG, WAITING = "cyan", "green", "yellow", "magenta"
REFUSALS = {"user_limit": "limit", "sold_out": "sold out"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What does not change while the day is played: its size, its length, its doors."""

    requests: int
    span_s: float
    coupons: int
    urls: Urls
    login: str
    glyphs: Glyphs


class Picture:
    """The whole picture; renders anew from the track whenever it is asked."""

    def __init__(self, stage: Stage, track: Track) -> None:
        """Draw this stage with whatever the track holds by then."""
        self.stage = stage
        self.track = track

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines of the picture, as wide as the terminal but not too wide."""
        width = min(options.max_width, WIDEST) - len(MARGIN)
        notes = min(max(console.height - OTHER_LINES, NOTES_MIN), NOTES_MAX)
        for line in self._lines(width, notes):
            line.truncate(width, overflow="ellipsis")
            yield Text.assemble(MARGIN, line, no_wrap=True)

    def _lines(self, width: int, notes: int) -> Iterator[Text]:
        yield from self._head(width)
        yield Text()
        yield from self._charts(width - LABEL)
        yield Text()
        yield from self._figures(width - SHORT_LABEL)
        yield Text()
        yield from self._notes(notes)
        yield from self._doors()

    def _head(self, width: int) -> Iterator[Text]:
        stage = self.stage
        title = Text.assemble(("Spring Festival", NAME), ", 6 February 2026, once more")
        hour = Text(clock(self.track.last.elapsed_s, stage.span_s), style=NAME)
        yield Text.assemble(title, " " * max(1, width - len(title) - len(hour)), hour)
        yield Text(
            f"{REQUESTS:,} requests in {HOURS:.0f} hours, here {stage.requests:,} in "
            f"{stage.span_s:.0f} s: one stands for {REQUESTS / stage.requests:,.0f}.",
            style=QUIET,
        )

    def _charts(self, width: int) -> Iterator[Text]:
        stage, track = self.stage, self.track
        axis_s = max(stage.span_s / (1 - DRAIN_SHARE), track.last.elapsed_s)
        now = int(width * track.last.elapsed_s / axis_s)
        planned = self._planned(width, axis_s)
        sent = track.grown("sent", axis_s, width)[:now] + planned[now:]
        issued = track.grown("issued", axis_s, width)
        # One scale for both, so that their heights can be compared.
        row = max(*planned, *sent, 1.0) / REQUEST_ROWS
        levels = stage.glyphs.levels
        lines = bars(sent, rows=REQUEST_ROWS, top=REQUEST_ROWS * row, levels=levels)
        yield from self._beside("requests", track.pace("sent"), lines, (SENT, now))
        lines = bars(issued, rows=COUPON_ROWS, top=COUPON_ROWS * row, levels=levels)
        yield from self._beside("coupons", track.pace("issued"), lines, (ISSUED, width))
        backlog = track.stood("backlog", axis_s, width)
        lines = bars(backlog, rows=1, top=max(*backlog, 1.0), levels=levels)
        yield Text.assemble(_label("backlog", f"{track.last.backlog:,}"), (lines[0], BACKLOG))
        waiting = track.stood("waiting", axis_s, width)
        lines = bars(waiting, rows=1, top=max(*waiting, 1.0), levels=levels)
        yield Text.assemble(_label("in line", f"{track.last.waiting:,}"), (lines[0], WAITING))
        yield Text.assemble(_label("mode"), band(track.modes(axis_s, width), stage.glyphs))
        yield Text.assemble(_label(""), self._axis(width, axis_s))

    def _axis(self, width: int, axis_s: float) -> Text:
        """Return the hours of the day, with a cross where something was broken on purpose."""
        marks = hours(width, axis_s, self.stage.span_s, HOURS)
        axis = Text(marks, style=QUIET)
        for at in (int(width * note.at_s / axis_s) for note in self.track.notes if note.alarm):
            cross = Text(self.stage.glyphs.cross, style=ALARM)
            axis = Text.assemble(axis[:at], cross, axis[at + 1 :])
        return axis

    def _planned(self, width: int, axis_s: float) -> list[float]:
        """Return the day's shape over the part of the axis that it takes."""
        columns = max(1, int(width * self.stage.span_s / axis_s))
        return per_column(self.stage.requests, columns) + [0.0] * (width - columns)

    def _beside(
        self, name: str, pace: float, lines: list[str], ink: tuple[str, int]
    ) -> Iterator[Text]:
        """Yield a chart with its name and pace; what lies behind the ink's reach is faint."""
        style, reach = ink
        names = [_label(name), _label("", f"{pace:,.0f}/s"), *[_label("")] * len(lines)]
        for label, line in zip(names, lines, strict=False):
            yield Text.assemble(label, (line[:reach], style), (line[reach:], QUIET))

    def _figures(self, width: int) -> Iterator[Text]:
        yield self._budget(width)
        yield self._wait()
        yield self._answers()
        yield self._workers()

    def _budget(self, width: int) -> Text:
        now, stage = self.track.last, self.stage
        known = bool(now.coupons)
        taken = stage.coupons - now.left if known else 0
        left = f"{now.left:,} left" if now.left or not known else "sold out"
        words = f"  {now.issued:,} of {stage.coupons:,} issued, {left}"
        done, rest = gauge(taken / stage.coupons, max(8, width - len(words)), stage.glyphs)
        return Text.assemble(_short("budget"), (done, ISSUED), (rest, QUIET), words)

    def _wait(self) -> Text:
        now = self.track.last
        return Text.assemble(
            _short("wait"),
            f"accepted {self.stage.glyphs.arrow} coupon",
            ("   p50 ", QUIET),
            (duration(now.p50_ms), NAME),
            ("   p95 ", QUIET),
            (duration(now.p95_ms), NAME),
        )

    def _answers(self) -> Text:
        tally = self.track.last.tally
        counts = {"accepted": tally.accepted, "repeated": tally.repeated, **refusals(tally.refused)}
        pairs = (((f"{word} ", QUIET), f"{count:,}  ") for word, count in counts.items())
        words = [piece for pair in pairs for piece in pair]
        failed = ("failed ", ALARM if tally.failed else QUIET)
        return Text.assemble(_short("answers"), *words, failed, f"{tally.failed:,}")

    def _workers(self) -> Text:
        glyph = self.stage.glyphs
        signs = [
            (f"{glyph.dot} {name} {word}   ", ISSUED)
            if word == WORKING
            else (f"{glyph.cross} {name} {word}   ", ALARM)
            for name, word in self.track.last.workers
        ]
        return Text.assemble(_short("workers"), *signs)

    def _notes(self, count: int) -> Iterator[Text]:
        shown = self.track.notes[-count:]
        yield from (note_line(note) for note in shown)
        yield from (Text() for _ in range(count - len(shown)))

    def _doors(self) -> Iterator[Text]:
        urls = self.stage.urls
        login = (f"  {self.stage.login}", QUIET)
        yield Text.assemble(_short("Flower"), (urls.flower, f"link {urls.flower}"), login)
        yield Text.assemble(_short("API docs"), (urls.docs, f"link {urls.docs}"))


def clock(elapsed_s: float, span_s: float) -> str:
    """Return the hour of the day that is being played, and the second of the play."""
    hour = min(elapsed_s / span_s, 1.0) * HOURS
    return f"hour {int(hour)}:{int(hour % 1 * 60):02d}   {elapsed_s:.0f} s"


def note_line(note: Note) -> Text:
    """Return what happened, with its second in front."""
    return Text.assemble((f"{note.at_s:4.1f} s  ", QUIET), (note.text, ALARM * note.alarm))


def plain(stage: Stage, track: Track) -> str:
    """Return the newest reading as one line, for logs and pipes."""
    now = track.last
    hour = clock(now.elapsed_s, stage.span_s).rpartition("   ")[0]
    return (
        f"{now.elapsed_s:4.1f} s  {hour}"
        f"  requests {now.tally.sent:>6,} ({track.pace('sent'):>5,.0f}/s)"
        f"  coupons {now.issued:>6,} ({track.pace('issued'):>5,.0f}/s)"
        f"  {now.mode:<7}  backlog {now.backlog:>5,}  in line {now.waiting:>5,}"
        f"  left {now.left:>6,}"
        f"  wait p50 {duration(now.p50_ms)} p95 {duration(now.p95_ms)}"
    )


def duration(value_ms: float | None) -> str:
    """Return a duration as people read it."""
    if value_ms is None:
        return "-"
    return f"{value_ms:.0f} ms" if value_ms < 1000 else f"{value_ms / 1000:.1f} s"


def refusals(refused: Mapping[str, int]) -> dict[str, int]:
    """Return refusals by the word for them, those that are expected always among them."""
    expected = {word: refused.get(code, 0) for code, word in REFUSALS.items()}
    return expected | {code: n for code, n in refused.items() if code not in REFUSALS}


def _short(name: str) -> Text:
    return Text(f"{name:<{SHORT_LABEL}}", style=NAME)


def _label(name: str, figure: str = "") -> Text:
    text = Text.assemble((name, NAME), " " if name and figure else "", figure)
    text.pad_right(max(0, LABEL - len(text)))
    return text
