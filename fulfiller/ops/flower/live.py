"""Live: the page of a campaign as it is now, made once for all who look at it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from fulfiller.ops.flower.detail import Detail, detail
from fulfiller.ops.flower.hearing.ear import Ear
from fulfiller.ops.flower.history.ring import Range
from fulfiller.ops.flower.history.series import Row, points
from fulfiller.ops.flower.lookout import Lookout, View
from fulfiller.ops.flower.panel import board

Draw = Callable[[str, Detail | None, View], str]
"""Draws a part of the page, named by its template."""
HEAD, REST = "campaign-head.html", "campaign-rest.html"
DRAWN_MAX = 100


@dataclass(frozen=True, kw_only=True)
class Told:
    """A campaign as one reading has it, in the parts in which it is told."""

    reading: tuple[int, str]
    head: str
    rest: str
    marks: str
    points: Mapping[str, Sequence[Row]]

    @cached_property
    def whole(self) -> bytes:
        """All of it, as JSON."""
        return _json({**self.parts, "at": self._at, "points": self.points})

    def since(self, last: "Told") -> bytes | None:
        """Return as JSON what is new since another reading; None if only time has passed."""
        fresh = {name: part for name, part in self.parts.items() if part != last.parts[name]}
        if not fresh and self.figures == last.figures:
            return None
        return _json({**fresh, "at": self._at, "points": self.points})

    @cached_property
    def still(self) -> bytes:
        """When it was read, as JSON: for whoever knows the rest."""
        return _json({"at": self._at})

    @property
    def _at(self) -> float:
        return self.reading[0] / 1e6

    @cached_property
    def parts(self) -> Mapping[str, str]:
        """What is told in words, by name."""
        return {"head": self.head, "rest": self.rest, "marks": self.marks}

    @cached_property
    def figures(self) -> Mapping[str, Row]:
        """The newest figures without their time."""
        return {span: rows[-1][1:] for span, rows in self.points.items()}


class Live:
    """What is told to all viewers of a campaign: per reading it is drawn and written once."""

    def __init__(self, lookout: Lookout, ear: Ear) -> None:
        """Tell nothing yet."""
        self.lookout = lookout
        self.ear = ear
        self._told: dict[str, Told] = {}

    def detail(self, campaign: str, view: View) -> Detail | None:
        """Return a campaign ready to be shown, None if it is not in sight."""
        if view.sight is None or campaign not in view.sight.stripes:
            return None
        panels = board(view.sight).panels
        panel = next(each for each in panels if each.campaign.id == campaign)
        return detail(panel, view.sight, self.lookout.annals.past(campaign, Range.MINUTES))

    def tell(self, campaign: str, view: View, draw: Draw) -> Told:
        """Return what viewers are told: what has been drawn for one of them serves them all."""
        trouble = "" if view.trouble is None else view.trouble.error
        reading = (0 if view.sight is None else view.sight.survey.now, trouble)
        told = self._told.get(campaign)
        if told is None or told.reading != reading:
            told = self._drawn(campaign, view, draw, reading)
            if len(self._told) >= DRAWN_MAX:
                self._told.clear()
            self._told[campaign] = told
        return told

    def _drawn(self, campaign: str, view: View, draw: Draw, reading: tuple[int, str]) -> Told:
        shown = self.detail(campaign, view)
        marks = () if shown is None else shown.happenings
        return Told(
            reading=reading,
            head=draw(HEAD, shown, view),
            rest="" if shown is None else draw(REST, shown, view),
            # Charts ask for the marks anew when this is another one.
            marks=" ".join(f"{mark.at} {mark.kind} {mark.by}" for mark in marks[:1]),
            points=points(self.lookout.annals.newest(campaign)),
        )


def _json(told: Mapping[str, object]) -> bytes:
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
