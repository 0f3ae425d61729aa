"""Where the demonstration is seen: a live picture on a terminal, else one line a second."""

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from fulfiller.ops.demo.chart import UNICODE, glyphs
from fulfiller.ops.demo.proof import Line
from fulfiller.ops.demo.reading import Note, Track
from fulfiller.ops.demo.view import ALARM, ISSUED, NAME, Picture, Stage, note_line, plain

LINE_EVERY_S = 1.0


class Screen(Protocol):
    """What the play needs to show itself."""

    def show(self) -> None:
        """Show the track as it is now."""

    def note(self, note: Note) -> None:
        """Show that something happened."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last picture standing."""


class LiveScreen:
    """A picture that is drawn over and over in the same place."""

    def __init__(self, console: Console, stage: Stage, track: Track) -> None:
        """Draw nothing yet."""
        self._track = track
        self._live = Live(
            Picture(stage, track),
            console=console,
            auto_refresh=False,
            vertical_overflow="visible",
        )

    def show(self) -> None:
        """Draw the picture anew."""
        self._live.refresh()

    def note(self, note: Note) -> None:
        """Keep the note; the next picture has it."""
        self._track.notes.append(note)

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last picture standing."""
        self._live.refresh()
        self._live.stop()


class PlainScreen:
    """One line a second, for pipes and logs."""

    def __init__(self, console: Console, stage: Stage, track: Track) -> None:
        """Print nothing yet."""
        self._console = console
        self._stage = stage
        self._track = track
        self._due_s = 0.0

    def show(self) -> None:
        """Print the newest reading, if a second has passed since the last line."""
        if self._track.last.elapsed_s >= self._due_s:
            self._due_s = int(self._track.last.elapsed_s) + LINE_EVERY_S
            self._say(Text(plain(self._stage, self._track)))

    def note(self, note: Note) -> None:
        """Print what happened."""
        self._track.notes.append(note)
        self._say(note_line(note))

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Print the end."""
        self._due_s = 0.0
        self.show()

    def _say(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)
        self._console.file.flush()


def screen(console: Console, stage: Stage, track: Track) -> Screen:
    """Return the screen that suits where our output goes."""
    kind = LiveScreen if console.is_terminal and not console.is_dumb_terminal else PlainScreen
    return kind(console, stage, track)


def proof_table(lines: Sequence[Line], console: Console) -> Text:
    """Return the proof, each line with its sign and its figures, below it where space is short."""
    yes, no = ("✓", "✗") if glyphs(console.encoding) is UNICODE else ("ok", "BROKEN")
    width = max(len(line.law) for line in lines)
    widest = max(len(line.detail) for line in lines) + width + len(f" {yes}   ")
    narrow = console.is_terminal and widest > console.width
    table = Text()
    for line in lines:
        sign = (f" {yes} ", ISSUED) if line.ok else (f" {no} ", ALARM)
        gap = "\n" + " " * len(sign[0]) if narrow else " " * (width - len(line.law) + 2)
        table.append_text(Text.assemble(sign, (line.law, NAME), gap, (line.detail, ""), "\n"))
    return table
