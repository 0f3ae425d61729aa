"""Lanes of the picture: one per kind of fault, with a tick or a bar for each of its strokes."""

from collections import Counter
from collections.abc import Mapping, Sequence

from fulfiller.chaos.outcome import Ran, Stroke
from fulfiller.chaos.page.lines import Block, written
from fulfiller.chaos.page.markup import Raw, every, tag
from fulfiller.chaos.page.scale import BOLD, LEFT, SIZE, Frame, cut, wide
from fulfiller.chaos.verdict import numbered, outcome, settled

BAR, LANE, SPAN = 10.0, 36.0, 3.0
MANY = 12
"""Strokes from which on shades would outshine the lines."""


def by_words(strokes: Sequence[Stroke]) -> Mapping[str, Sequence[Stroke]]:
    """Return the strokes of each fault, in the order in which faults came first."""
    lanes: dict[str, list[Stroke]] = {}
    for stroke in sorted(strokes, key=lambda each: each.began_s):
        lanes.setdefault(stroke.words, []).append(stroke)
    return lanes


def state(stroke: Stroke) -> str:
    """Return what a stroke came to, in a word."""
    if stroke.skipped is not None:
        return "skipped"
    return "fired" if stroke.fired else "idle"


def lanes(ran: Ran, frame: Frame, y: float) -> Block:
    """Return all lanes, and below them how long it took to settle."""
    drawn, below = [], y
    for words, strokes in by_words(ran.strokes).items():
        drawn.append(_lane(words, strokes, frame, below))
        below += LANE
    if ran.strokes:
        drawn.append(_settling(ran, frame, below))
        below += LANE
    return Block(every(drawn), below - y)


def shades(ran: Ran, frame: Frame, lower: float) -> Raw:
    """Return where faults struck, behind everything else: spans shaded, moments as lines."""
    fired = [stroke for stroke in ran.strokes if stroke.fired]
    kind = "shade" if len(fired) <= MANY else "shade faint"
    return every(_shade(stroke, frame, lower, kind) for stroke in fired)


def healed_s(ran: Ran) -> float:
    """Return when the last fault was healed."""
    return max((each.ended_s for each in ran.strokes if each.skipped is None), default=0.0)


def _shade(stroke: Stroke, frame: Frame, lower: float, kind: str) -> Raw:
    x = frame.x(stroke.began_s)
    width = frame.x(stroke.ended_s) - x
    if width < SPAN:
        return tag("path", d=f"M{x:.1f} 0V{lower:.1f}", class_=kind)
    return tag("rect", x=x, y=0, width=width, height=lower, class_=kind)


def _lane(words: str, strokes: Sequence[Stroke], frame: Frame, y: float) -> Raw:
    return every(
        (
            _head(_sign(strokes), words, f" · {_counted(strokes)}", frame, y),
            _ground(frame, y + SIZE + 6),
            *(_bar(stroke, frame, y + SIZE + 6) for stroke in strokes),
        )
    )


def _sign(strokes: Sequence[Stroke]) -> str:
    states = {state(stroke) for stroke in strokes}
    return "✗" if "idle" in states else "✓" if "fired" in states else "○"


def _counted(strokes: Sequence[Stroke]) -> str:
    counts = Counter(state(stroke) for stroke in strokes)
    if counts == {"fired": len(strokes)}:
        return numbered(len(strokes), "time")
    said = {"fired": "struck", "idle": "never seen", "skipped": "skipped"}
    return ", ".join(f"{counts[each]:,} {what}" for each, what in said.items() if counts[each])


def _bar(stroke: Stroke, frame: Frame, y: float) -> Raw:
    x = frame.x(stroke.began_s)
    return tag(
        "rect",
        tag("title", _told(stroke)),
        x=min(x, frame.right - SPAN),
        y=y,
        width=max(frame.x(stroke.ended_s) - x, SPAN),
        height=BAR,
        class_=f"stroke {state(stroke)}",
    )


def _told(stroke: Stroke) -> str:
    lasted_s = stroke.ended_s - stroke.began_s
    span = f", for {lasted_s:,.1f} s" if lasted_s >= 0.1 else ""
    return f"{stroke.words} at {stroke.began_s:,.1f} s{span}: {outcome(stroke)}"


def _settling(ran: Ran, frame: Frame, y: float) -> Raw:
    begun, still = healed_s(ran), ran.settled_s is None
    ended = begun + (ran.settled_s or 0.0) if ran.settled_s is not None else frame.span_s
    bar = tag(
        "rect",
        tag("title", settled(ran)),
        x=min(frame.x(begun), frame.right - SPAN),
        y=y + SIZE + 6,
        width=max(frame.x(ended) - frame.x(begun), SPAN),
        height=BAR,
        class_="unsettled" if still else "settled",
    )
    said = (
        "claims still open at the end"
        if still
        else f"settled {ran.settled_s:,.1f} s after all of it"
    )
    head = _head("✗" if still else "✓", said, "", frame, y)
    return every((head, _ground(frame, y + SIZE + 6), bar))


def _head(sign: str, words: str, more: str, frame: Frame, y: float) -> Raw:
    """Return the heading of a lane; where room is short, the words give way."""
    fits = cut(words, frame.room / BOLD - wide(f"{sign} {more}"))
    heading = written(LEFT, y + SIZE, f"{sign} {fits}{more}", "ink")
    return tag("g", tag("title", f"{sign} {words}{more}"), heading)


def _ground(frame: Frame, y: float) -> Raw:
    return tag("rect", x=LEFT, y=y, width=frame.room, height=BAR, class_="lane", rx=2)
