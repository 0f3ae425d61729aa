"""The pages of one campaign: as it is, as it was, and live. They change nothing."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flower.api import BaseApiHandler  # type: ignore[import-untyped]
from flower.views import BaseHandler  # type: ignore[import-untyped]
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, authenticated

from fulfiller.ops.flower import wording
from fulfiller.ops.flower.detail import Detail
from fulfiller.ops.flower.hearing.words import said
from fulfiller.ops.flower.history import series
from fulfiller.ops.flower.history.ring import Range
from fulfiller.ops.flower.live import HEAD, REST, Live
from fulfiller.ops.flower.lookout import View
from fulfiller.ops.flower.policy import HEADERS
from fulfiller.ops.flower.relay import Relays
from fulfiller.ops.flower.viewer import Viewer

STREAMS_MAX = 500
"""Who comes when so many watch already is told by polling."""
NEWS_S = 2.0
WORKERS_SHOWN = 50
NO_STEERING = ""
CHALLENGE = 'Basic realm="flower"'
"""As Flower's own pages have it."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker as Flower's own events tell it."""

    name: str
    alive: bool
    active: str
    processed: str


class CampaignHandler(BaseHandler):  # type: ignore[misc]
    """What the pages of one campaign have in common."""

    def initialize(self, live: Live) -> None:
        """Take what all viewers share."""
        self.live = live

    def set_default_headers(self) -> None:
        """Let browsers load only what Flower serves."""
        super().set_default_headers()
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def draw(self, template: str, shown: Detail | None, view: View) -> str:
        """Return a part of the page."""
        hears = said(self.live.ear.hearing)
        parts = {"d": shown, "view": view, "w": wording, "workers": list(self._workers())}
        text: bytes = self.render_string(template, **parts, hears=hears)
        return text.decode()

    def _workers(self) -> Iterator[Worker]:
        state: Any = self.application.events.state
        for name, worker in sorted(state.workers.items())[:WORKERS_SHOWN]:
            active, processed = (getattr(worker, key, None) for key in ("active", "processed"))
            yield Worker(name, bool(worker.alive), _count(active), _count(processed))


class CampaignPage(CampaignHandler):
    """One campaign, with its charts."""

    @authenticated
    async def get(self, campaign: str) -> None:
        """Show a campaign; which range is in the address."""
        span = _span(self.get_query_argument("range", Range.MINUTES.value))
        view = await self.live.lookout.view(campaign)
        if view.trouble is None and self.live.detail(campaign, view) is None:
            # It may have been created since the last reading.
            await self.live.lookout.news(NEWS_S)
            view = self.live.lookout.seen(campaign)
        shown = self.live.detail(campaign, view)
        if shown is None and view.trouble is None:
            self.set_status(HTTPStatus.NOT_FOUND)
        self.render(
            "campaign.html",
            campaign=campaign,
            span=span.value,
            ranges=[each.value for each in Range],
            shown=shown,
            head=self.draw(HEAD, shown, view),
            rest="" if shown is None else self.draw(REST, shown, view),
            steering=self._steering(campaign),
        )

    def _steering(self, campaign: str) -> str:
        """Return where the campaign is steered, nothing if that is not part of this Flower."""
        try:
            return str(self.reverse_url("campaign-steer", campaign))
        except KeyError:
            return NO_STEERING


class CampaignLive(CampaignHandler):
    """What changes, as server-sent events or, with `once`, as a single answer."""

    def initialize(self, live: Live, relays: Relays) -> None:  # type: ignore[override] # Tornado's
        """Take what all viewers share."""
        super().initialize(live)
        self.relays = relays

    @authenticated
    async def get(self) -> None:
        """Tell what changes of a campaign as it is read, for as long as somebody listens."""
        campaign = self.get_query_argument("campaign")
        if self.get_query_argument("once", ""):
            view = await self.live.lookout.view(campaign)
            self.set_header("Content-Type", "application/json")
            self.write(self.live.tell(campaign, view, self.draw).whole)
            return
        if self.relays.viewers >= STREAMS_MAX:
            raise HTTPError(HTTPStatus.SERVICE_UNAVAILABLE)
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("X-Accel-Buffering", "no")
        with suppress(StreamClosedError):
            await self.flush()
        # From here on the relay writes, the same bytes to all, and Tornado's part is over.
        viewer = Viewer(self.detach(), chunked=self.request.version == "HTTP/1.1")
        self.relays.of(campaign).join(viewer, self.draw)


class CampaignSeries(BaseApiHandler):  # type: ignore[misc]
    """The remembered figures of a campaign, for charts and for programs."""

    def initialize(self, live: Live) -> None:
        """Take what all viewers share."""
        self.live = live

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Ask for the login as pages do: browsers send it by themselves only below a page."""
        if status_code == HTTPStatus.UNAUTHORIZED:
            self.set_header("WWW-Authenticate", CHALLENGE)
        super().write_error(status_code, **kwargs)

    @authenticated
    async def get(self, campaign: str) -> None:
        """Tell a range as JSON, or with format=csv as a table."""
        span = _span(self.get_query_argument("range", Range.MINUTES.value))
        form = self.get_query_argument("format", "json")
        if form not in {"json", "csv"}:
            raise HTTPError(HTTPStatus.BAD_REQUEST, reason="format is json or csv")
        await self.live.lookout.view(campaign)
        past = self.live.lookout.annals.past(campaign, span)
        if past is None:
            raise HTTPError(HTTPStatus.NOT_FOUND, reason="No such campaign is remembered")
        self.set_header("Cache-Control", "no-store")
        if form == "json":
            self.write(series.as_json(campaign, past))
            return
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        name = f"{campaign}-{span.value}.csv"
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.write(series.as_csv(past))


def _span(text: str) -> Range:
    try:
        return Range(text)
    except ValueError:
        known = ", ".join(Range)
        raise HTTPError(HTTPStatus.BAD_REQUEST, reason=f"range is one of {known}") from None


def _count(number: int | None) -> str:
    return "unknown" if number is None else f"{number:,}"
