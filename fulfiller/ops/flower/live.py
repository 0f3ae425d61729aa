"""Live: the page of a campaign as it is now, made once for all who look at it."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from fulfiller.ops.flower.detail import Detail, detail
from fulfiller.ops.flower.history.ring import Range
from fulfiller.ops.flower.history.series import points
from fulfiller.ops.flower.lookout import Lookout, View
from fulfiller.ops.flower.panel import board

Draw = Callable[[str, Detail | None, View], str]
"""Draws a part of the page, named by its template."""
HEAD, REST = "campaign-head.html", "campaign-rest.html"
DRAWN_MAX = 100


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of a campaign, and of which reading."""

    reading: tuple[int, str]
    text: bytes


class Live:
    """What is told to all viewers of a campaign: per reading it is drawn and written once."""

    def __init__(self, lookout: Lookout) -> None:
        """Tell nothing yet."""
        self.lookout = lookout
        self._told: dict[str, Told] = {}
        self.streams = 0

    def detail(self, campaign: str, view: View) -> Detail | None:
        """Return a campaign ready to be shown, None if it is not in sight."""
        if view.sight is None or campaign not in view.sight.stripes:
            return None
        panels = board(view.sight).panels
        panel = next(each for each in panels if each.campaign.id == campaign)
        return detail(panel, view.sight, self.lookout.annals.past(campaign, Range.MINUTES))

    def tell(self, campaign: str, view: View, draw: Draw) -> bytes:
        """Return what viewers are sent: what has been drawn for one of them serves them all."""
        trouble = "" if view.trouble is None else view.trouble.error
        reading = (0 if view.sight is None else view.sight.survey.now, trouble)
        told = self._told.get(campaign)
        if told is None or told.reading != reading:
            told = Told(reading, self._written(campaign, view, draw))
            if len(self._told) >= DRAWN_MAX:
                self._told.clear()
            self._told[campaign] = told
        return told.text

    def _written(self, campaign: str, view: View, draw: Draw) -> bytes:
        shown = self.detail(campaign, view)
        annals = self.lookout.annals
        marks = () if shown is None else shown.happenings
        told = {
            "head": draw(HEAD, shown, view),
            "rest": "" if shown is None else draw(REST, shown, view),
            "at": 0 if view.sight is None else view.sight.survey.now / 1e6,
            "points": points(annals.newest(campaign)),
            # Charts ask for the marks anew when this is another one.
            "marks": " ".join(f"{mark.at} {mark.kind} {mark.by}" for mark in marks[:1]),
        }
        return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
