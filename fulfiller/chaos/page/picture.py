"""The timeline of a run: mode, intake, coupons, backlog and faults over the same seconds."""

from collections.abc import Sequence
from itertools import chain, groupby

from fulfiller.chaos.outcome import Ran
from fulfiller.chaos.page.course import levels, modes, rates, risen, silences
from fulfiller.chaos.page.lanes import healed_s, lanes, shades
from fulfiller.chaos.page.lines import Block, Line, Panel, drawn, written
from fulfiller.chaos.page.markup import Raw, every, tag
from fulfiller.chaos.page.scale import BOLD, LEFT, SIZE, Frame, cut, wide
from fulfiller.chaos.verdict import verdict
from fulfiller.domain.breaker import Mode

WIDTHS = (352, 680, 1120)
"""One picture per width of window, as text that shrinks with a picture can't be read."""
PANEL, BAND, GAP, FOOT = 96.0, 16.0, 16.0, 24.0
MOVES = 5
"""Modes that are told in their order."""
KINDS = frozenset(Mode)


def picture(ran: Ran, width: int) -> Raw:
    """Return the timeline as SVG of this width; colors are classes of the page."""
    frame = Frame(width, _span_s(ran))
    body, height = _stacked(ran, frame)
    name = f"t{width}"
    return tag(
        "svg",
        tag("title", f"Timeline of the run “{ran.scenario.title}”", id=f"{name}-title"),
        tag("desc", _described(ran), id=f"{name}-desc"),
        _hatch(name),
        shades(ran, frame, height - FOOT),
        *body,
        viewBox=f"0 0 {width} {height:.0f}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        class_=f"timeline {name}",
        style=f"--hatch:url(#{name}-hatch)",
    )


def _span_s(ran: Ran) -> float:
    moments = [each.at_s for each in ran.samples]
    strokes = [each.ended_s for each in ran.strokes]
    return max(1.0, *moments, *strokes, healed_s(ran) + (ran.settled_s or 0.0))


def _stacked(ran: Ran, frame: Frame) -> tuple[Sequence[Raw], float]:
    blocks, y = [_band(ran, frame, 0)], 0.0
    y += blocks[0].height
    for each in _panels(ran, frame):
        blocks.append(drawn(each, frame, y, PANEL))
        y += blocks[-1].height
    blocks.append(lanes(ran, frame, y))
    y += blocks[-1].height
    return [_grid(frame, y), *(block.drawn for block in blocks), _axis(frame, y)], y + FOOT


def _panels(ran: Ran, frame: Frame) -> Sequence[Panel]:
    samples, step_s = ran.samples, frame.step_s
    intake = [
        Line("asked", rates(samples, lambda each: each.asked, step_s)),
        Line("promised", rates(samples, lambda each: each.promised, step_s)),
        Line("refused", risen(rates(samples, lambda each: each.refused, step_s))),
        Line("unanswered", risen(rates(samples, lambda each: each.unanswered, step_s))),
    ]
    waiting = [
        Line("backlog", levels(samples, lambda each: each.backlog, step_s)),
        Line("waitlisted", risen(levels(samples, lambda each: each.waitlisted, step_s))),
    ]
    issued = [Line("issued", rates(samples, lambda each: each.issued, step_s))]
    silent = silences(samples, samples[-1].at_s) if samples else ()
    return (
        Panel("Claims a second", [*intake[:2], *filter(_seen, intake[2:])]),
        Panel("Coupons a second", issued, silent),
        Panel("Claims that wait", [*waiting[:1], *filter(_seen, waiting[1:])], silent),
    )


def _seen(line: Line) -> bool:
    return line.highest > 0


def _band(ran: Ran, frame: Frame, y: float) -> Block:
    spans = modes(ran.samples, max((each.at_s for each in ran.samples), default=0.0))
    upper = y + SIZE + 6
    parts = chain.from_iterable(
        _mode(span.what, frame.x(span.from_s), frame.x(span.to_s), upper) for span in spans
    )
    head = cut(f"Mode: {_moves(ran)}", frame.room / BOLD)
    return Block(every((written(LEFT, y + SIZE, head, "ink"), *parts)), SIZE + 6 + BAND + GAP)


def _moves(ran: Ran) -> str:
    seen = [mode for mode, _ in groupby(each.mode for each in ran.samples if each.mode)]
    if len(seen) > MOVES:
        return f"{', '.join(dict.fromkeys(seen))}, {len(seen) - 1:,} moves"
    return " → ".join(seen) or "never seen"


def _mode(mode: str | None, left: float, right: float, upper: float) -> Sequence[Raw]:
    """Return a mode's part of the band: a line while claims flow, else a box, with its name."""
    if mode is None:
        return ()
    kind = mode if mode in KINDS else "other"
    low = BAND - 4 if mode == Mode.FLOWING else 0.0
    box = tag(
        "rect",
        tag("title", mode),
        x=left,
        y=upper + low,
        width=max(right - left, 2.0),
        height=BAND - low,
        class_=f"mode {kind}",
    )
    if mode == Mode.FLOWING or wide(mode) + 8 > right - left:
        return (box,)
    return (box, written((left + right) / 2, upper + SIZE, mode, f"on-{kind}", "middle"))


def _grid(frame: Frame, lower: float) -> Raw:
    path = "".join(f"M{frame.x(at_s):.1f} 0V{lower + 4:.1f}" for at_s in frame.marks())
    return tag("path", d=path, class_="rule")


def _axis(frame: Frame, y: float) -> Raw:
    return every(
        written(frame.x(at_s), y + 4 + SIZE, f"{at_s:g} s", anchor=_anchor(frame, at_s))
        for at_s in frame.marks()
    )


def _anchor(frame: Frame, at_s: float) -> str:
    return "end" if frame.right - frame.x(at_s) < wide(f"{at_s:g} s") / 2 else "middle"


def _hatch(name: str) -> Raw:
    line = tag("path", d="M0 0V6", class_="hatch")
    pattern = tag(
        "pattern",
        line,
        id=f"{name}-hatch",
        width=6,
        height=6,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    return tag("defs", pattern)


def _described(ran: Ran) -> str:
    return f"{verdict(ran).sentence} Mode: {_moves(ran)}. The tables below tell what is drawn."
