"""The picture of a campaign: modes, claims, coupons, waits and money over the same minutes."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from fulfiller.chaos.page.course import Span
from fulfiller.chaos.page.lines import Block, Line, Panel, drawn, written
from fulfiller.chaos.page.markup import Raw, every, tag
from fulfiller.chaos.page.scale import SIZE, Frame, wide
from fulfiller.domain.event import Kind
from fulfiller.domain.money import EXPONENTS
from fulfiller.domain.validity import SECOND, moment
from fulfiller.ops.report.account import Account
from fulfiller.ops.report.minutes import Bin, Minutes
from fulfiller.ops.report.modes import FLOWING, HELD, PAUSED, Stretch

WIDTHS = (352, 680, 1120)
"""One picture per width of window, as text that shrinks with a picture can't be read."""
PANEL, BAND, GAP, FOOT = 96.0, 16.0, 16.0, 38.0
Number = Callable[[Bin], float | None]


def picture(told: Account, minutes: Minutes, width: int) -> Raw:
    """Return the course as SVG of this width; colors are classes of the page."""
    frame = Frame(width, (minutes.ends - minutes.begins) / SECOND)
    name = f"t{width}"
    blocks, y = [_band(told, minutes, frame)], 0.0
    y += blocks[0].height
    for panel in panels(told, minutes):
        blocks.append(drawn(panel, frame, y, PANEL))
        y += blocks[-1].height
    return tag(
        "svg",
        tag("title", f"The course of {told.campaign.id}", id=f"{name}-title"),
        tag("desc", "The tables below tell in numbers what is drawn.", id=f"{name}-desc"),
        every(_shades(told, minutes, frame, y)),
        _grid(frame, y),
        *(block.drawn for block in blocks),
        _axis(told, minutes, frame, y),
        viewBox=f"0 0 {width} {y + FOOT:.0f}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        class_=f"timeline {name}",
    )


def panels(told: Account, minutes: Minutes) -> Sequence[Panel]:
    """Return what is drawn, each on a scale of its own."""
    unit = 10 ** EXPONENTS.get(told.campaign.value.currency, 2)

    def per_s(kind: Kind) -> Number:
        return lambda each: each.claims[kind] / (minutes.step * 60)

    def line(name: str, label: str, number: Number) -> Line:
        return Line(name, _course(minutes, number), label)

    came = [
        line("promised", "accepted", per_s(Kind.CLAIM_ACCEPTED)),
        line("waitlisted", "waitlisted", per_s(Kind.CLAIM_WAITLISTED)),
        line("backlog", "admitted later", per_s(Kind.CLAIM_ADMITTED)),
    ]
    return (
        Panel("Claims a second", [came[0], *(each for each in came[1:] if each.highest)]),
        Panel("Coupons a second", [line("issued", "issued", per_s(Kind.CLAIM_ISSUED))]),
        Panel("Claims not yet done", [line("backlog", "open", lambda each: each.opened)]),
        Panel(
            "Seconds from claim to coupon",
            [
                line("promised", "half waited less", lambda each: each.wait_s(0.5)),
                line("refused", "99 of 100 waited less", lambda each: each.wait_s(0.99)),
            ],
        ),
        Panel(
            f"Budget left, {told.campaign.value.currency}",
            [line("issued", "not promised to anybody", lambda each: each.left / unit)],
        ),
    )


def _course(minutes: Minutes, number: Number) -> Sequence[Span[float | None]]:
    lasts_s = minutes.step * 60.0
    begun = ((each.at - minutes.begins) / SECOND for each in minutes.bins)
    return [
        Span(at_s, at_s + lasts_s, number(each))
        for at_s, each in zip(begun, minutes.bins, strict=True)
    ]


def _shades(told: Account, minutes: Minutes, frame: Frame, lower: float) -> Iterator[Raw]:
    """Yield the paused and the held stretches, behind everything else."""
    for each in told.stretches:
        if each.word in (PAUSED, HELD):
            left, right = _ends(each, minutes, frame)
            yield tag(
                "rect", x=left, y=0, width=max(right - left, 1.0), height=lower, class_="shade"
            )


def _band(told: Account, minutes: Minutes, frame: Frame) -> Block:
    parts = [written(46, SIZE, "Mode", "ink")]
    for each in told.stretches:
        parts += _mode(each, *_ends(each, minutes, frame))
    return Block(every(parts), SIZE + 6 + BAND + GAP)


def _mode(stretch: Stretch, left: float, right: float) -> Iterator[Raw]:
    """Yield a stretch of the band: a line while claims flow, else a box with its word."""
    low = BAND - 4 if stretch.word == FLOWING else 0.0
    kind = "other" if stretch.word == HELD else stretch.word
    upper, width = SIZE + 6, max(right - left, 1.0)
    yield tag(
        "rect",
        tag("title", f"{stretch.word} for {(stretch.ends - stretch.begins) / SECOND:,.0f} s"),
        x=left,
        y=upper + low,
        width=width,
        height=BAND - low,
        class_=f"mode {kind}",
    )
    if stretch.word != FLOWING and wide(stretch.word) + 8 <= width:
        yield written((left + right) / 2, upper + SIZE, stretch.word, f"on-{kind}", "middle")


def _ends(stretch: Stretch, minutes: Minutes, frame: Frame) -> tuple[float, float]:
    begins, ends = stretch.begins - minutes.begins, stretch.ends - minutes.begins
    return frame.x(begins / SECOND), frame.x(ends / SECOND)


def _grid(frame: Frame, lower: float) -> Raw:
    path = "".join(f"M{frame.x(at_s):.1f} 0V{lower + 4:.1f}" for at_s in frame.marks())
    return tag("path", d=path, class_="rule")


def _axis(told: Account, minutes: Minutes, frame: Frame, y: float) -> Raw:
    """Return the clock of the campaign's own zone, with the day where it is another one."""
    parts, day = [], ""
    form = "%H:%M" if all(at_s % 60 == 0 for at_s in frame.marks()) else "%H:%M:%S"
    for at_s in frame.marks():
        local = _local(minutes.begins + int(at_s * SECOND), told.campaign.zone)
        x = frame.x(at_s)
        anchor = "end" if frame.right - x < 20 else "middle"
        parts.append(written(x, y + 4 + SIZE, f"{local:{form}}", anchor=anchor))
        if f"{local:%d %b}" != day:
            day = f"{local:%d %b}"
            parts.append(written(x, y + 18 + SIZE, day, anchor=anchor))
    return every(parts)


def _local(instant: int, zone: str) -> datetime:
    return moment(instant).astimezone(ZoneInfo(zone))
