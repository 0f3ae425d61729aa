"""The pages about campaigns, served by Flower behind its own login; they change nothing."""

from collections.abc import Callable
from http import HTTPStatus

from flower.api import BaseApiHandler  # type: ignore[import-untyped]
from flower.views import BaseHandler  # type: ignore[import-untyped]
from tornado.web import StaticFileHandler, authenticated

from fulfiller.ops.flower import wording
from fulfiller.ops.flower.hearing.ear import Ear
from fulfiller.ops.flower.hearing.words import said
from fulfiller.ops.flower.lookout import Lookout, View
from fulfiller.ops.flower.panel import board
from fulfiller.ops.flower.policy import HEADERS
from fulfiller.ops.flower.telling import as_json


class Drawing:
    """The board as it was drawn last: it serves all who ask while it would look the same."""

    def __init__(self) -> None:
        """Nothing is drawn yet."""
        self._seen: tuple[int, str, str, str] | None = None
        self._text = b""

    def of(self, view: View, draw: Callable[[View], bytes], hears: str = "") -> bytes:
        """Return the board of a view, with what Flower did not hear."""
        at = 0 if view.sight is None else view.sight.survey.now
        trouble = "" if view.trouble is None else view.trouble.error
        seen = (at, trouble, wording.age(view.age_s), hears)
        if self._seen != seen:
            self._seen, self._text = seen, draw(view)
        return self._text


class CampaignsPage(BaseHandler):  # type: ignore[misc]
    """The whole page, with the board as it is now."""

    def initialize(self, lookout: Lookout, ear: Ear, drawing: Drawing) -> None:
        """Take what all pages share."""
        self.lookout = lookout
        self.ear = ear
        self.drawing = drawing

    def set_default_headers(self) -> None:
        """Let browsers load only what Flower serves."""
        super().set_default_headers()
        for name, value in HEADERS.items():
            self.set_header(name, value)

    @authenticated
    async def get(self) -> None:
        """Show the campaigns."""
        self.render("campaigns.html", **self.parts(await self.lookout.view()))

    def parts(self, view: View) -> dict[str, object]:
        """Return what the templates speak of."""
        return {"view": view, "board": _board(view), "w": wording, "hears": self._hears()}

    def _hears(self) -> str:
        hearing = self.ear.hearing
        return said(hearing) if hearing.tasks.missed else ""


class BoardPart(CampaignsPage):
    """The board alone, with which the page renews itself."""

    @authenticated
    async def get(self) -> None:
        """Send the board."""
        self.write(self.drawing.of(await self.lookout.view(), self._drawn, self._hears()))

    def _drawn(self, view: View) -> bytes:
        text: bytes = self.render_string("campaigns-board.html", **self.parts(view))
        return text


class CampaignsTold(BaseApiHandler):  # type: ignore[misc]
    """The campaigns for programs."""

    def initialize(self, lookout: Lookout, ear: Ear) -> None:
        """Take what all pages share."""
        self.lookout = lookout
        self.ear = ear

    @authenticated
    async def get(self) -> None:
        """Tell the campaigns; 503 while the store does not answer, with what was last known."""
        view = await self.lookout.view()
        self.set_header("Cache-Control", "no-store")
        if view.trouble is not None:
            self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
        self.write(as_json(view, self.ear.hearing))


class Asset(BaseHandler, StaticFileHandler):  # type: ignore[misc]
    """The page's own style and script, behind the login like the page."""

    @authenticated
    def prepare(self) -> None:
        """Let nobody in who has not logged in."""

    def set_extra_headers(self, path: str) -> None:
        """Let browsers ask whether it has changed: it goes with the page of the same release."""
        del path
        self.set_header("Cache-Control", "no-cache")


def _board(view: View) -> object:
    return None if view.sight is None else board(view.sight)
