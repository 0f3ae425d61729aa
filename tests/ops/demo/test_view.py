"""The live picture and the plain line, drawn from readings made up for the purpose."""

from io import StringIO

import pytest
from rich.console import Console

from fulfiller.ops.demo.arrival import arrived
from fulfiller.ops.demo.chart import ASCII, UNICODE, Glyphs, bars, gauge, glyphs
from fulfiller.ops.demo.reading import Note, Reading, Tally, Track, percentile
from fulfiller.ops.demo.view import Picture, Stage, plain
from fulfiller.ops.supervise.plan import Urls

REQUESTS, COUPONS, SPAN_S = 14_400, 10_800, 36.0


def stage(drawn_with: Glyphs = UNICODE) -> Stage:
    """Return a stage of a usual size."""
    door = "http://127.0.0.1:28080"
    return Stage(
        requests=REQUESTS,
        span_s=SPAN_S,
        coupons=COUPONS,
        urls=Urls(intake=door, docs=f"{door}/docs", flower="http://127.0.0.1:25555"),
        login="fulfiller:" + "x" * 32,
        glyphs=drawn_with,
    )


def played(until_s: float) -> Track:
    """Return the track of a day played up to a second, coupons lagging behind requests."""
    track = Track(notes=[Note(0.0, "The doors are open."), Note(18.0, "A kill.", alarm=True)])
    for step in range(int(until_s * 4) + 1):
        sent = int(REQUESTS * arrived(step / 4 / SPAN_S * 9))
        taken = min(COUPONS, int(sent * 0.9))
        track.readings.append(
            Reading(
                elapsed_s=step / 4,
                tally=Tally(sent=sent, accepted=taken, refused={"sold_out": sent - taken}),
                issued=int(taken * 0.9),
                backlog=taken - int(taken * 0.9),
                left=COUPONS - taken,
                coupons=COUPONS,
                p50_ms=12.3,
                p95_ms=1_234.0,
                workers=(("worker1", "working"), ("worker2", "killed")),
            )
        )
    return track


def drawn(track: Track, *, width: int = 80, height: int = 24, using: Glyphs = UNICODE) -> str:
    """Return the picture as a terminal of this size shows it, without colors."""
    console = Console(width=width, height=height, file=StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(Picture(stage(using), track))
    return capture.get()


@pytest.mark.parametrize("until_s", [0.0, 0.25, 22.0, 36.0, 60.0])
@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_picture_fits_its_terminal(until_s: float, width: int) -> None:
    """At every moment no line is wider than the terminal, and all fit on 24 rows."""
    lines = drawn(played(until_s), width=width).splitlines()
    assert len(lines) <= 23
    assert max(map(len, lines)) <= width


def test_eighty_columns_cut_nothing_off() -> None:
    """On the usual terminal every figure is there whole."""
    picture = drawn(played(30.0))
    assert "…" not in picture
    for words in ("requests", "coupons", "backlog", "budget", "p95 1.2 s", "failed 0", "x" * 32):
        assert words in picture


def test_an_empty_track_is_drawn_as_the_plan() -> None:
    """Before the first reading the day's shape stands there already."""
    picture = drawn(Track())
    assert "█" in picture
    assert "hour 0:00" in picture


def test_sold_out_is_said_in_words() -> None:
    """When the last coupon is reserved, the budget row says so."""
    assert "sold out" in drawn(played(36.0)).split("budget")[1].splitlines()[0]
    assert "left" in drawn(played(20.0)).split("budget")[1].splitlines()[0]


def test_a_killed_worker_is_marked_without_color() -> None:
    """What is wrong is told by sign and word, not by color alone."""
    assert "● worker1 working   ✗ worker2 killed" in drawn(played(20.0))


def test_the_kill_is_marked_on_the_axis() -> None:
    """A cross stands below the charts at the moment of the kill, in the middle of the day."""
    axis = next(line for line in drawn(played(30.0)).splitlines() if "0h" in line)
    assert axis.index("5h") > axis.index("✗") > axis.index("4h")


def test_a_tall_terminal_shows_more_of_what_happened() -> None:
    """More rows are used for more notes."""
    track = played(10.0)
    track.notes += [Note(n, f"happening {n}") for n in range(8)]
    assert "happening 4" not in drawn(track, height=24)
    assert "happening 4" in drawn(track, height=50)


def test_ascii_terminals_get_ascii() -> None:
    """Where there is no Unicode nothing of it is drawn."""
    assert drawn(played(22.0), using=ASCII).isascii()
    assert glyphs("utf-8") is UNICODE
    assert glyphs("ascii") is ASCII


def test_the_plain_line_carries_the_same_figures() -> None:
    """Without a terminal a second is one line."""
    line = plain(stage(), played(22.0))
    assert line.startswith("22.0 s  hour 5:30  requests  8,5")
    assert line.endswith("wait p50 12 ms p95 1.2 s")


def test_bars_show_the_least_and_never_overflow() -> None:
    """A single claim is seen, and what is above the top fills the column."""
    assert bars([0, 1, 50, 100, 500], rows=2, top=100, levels=" ▁▂▃▄▅▆▇█") == ["   ██", " ▁███"]


def test_a_gauge_is_as_wide_as_asked() -> None:
    """Empty, half, full and beyond."""
    for share in (-1, 0, 0.01, 0.5, 0.999, 1, 2):
        assert len("".join(gauge(share, 20, UNICODE))) == 20
    assert gauge(0, 4, ASCII) == ("", "----")
    assert gauge(1, 4, ASCII) == ("====", "")


def test_a_track_is_cut_into_columns_without_loss() -> None:
    """What was sent is spread over the axis, and the future is empty."""
    track = played(18.0)
    columns = track.grown("sent", 36.0, 10)
    assert sum(columns) == pytest.approx(track.last.tally.sent)
    assert columns[6:] == [0.0] * 4


def test_percentiles_of_nothing_are_unknown() -> None:
    """Without a sample there is no figure, not a zero."""
    assert percentile([], 0.5) is None
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile([3, 1, 2], 0.95) == 3
