"""The seam: our routes before Flower's own, our templates before Flower's, and one more tab.

Everything that we know of Flower's inside is here. `config/flowerconfig.py` calls `install`
while Flower reads its options; Flower makes its application afterwards, from the list and the
settings that are changed here.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flower.events import Events  # type: ignore[import-untyped]
from flower.urls import handlers, settings  # type: ignore[import-untyped]
from prometheus_client import REGISTRY
from tornado.template import Loader, Template
from tornado.web import url

from fulfiller.domain.code import CodeKey
from fulfiller.ops.flower.campaign_pages import CampaignLive, CampaignPage, CampaignSeries
from fulfiller.ops.flower.clerk import Clerk
from fulfiller.ops.flower.guard import keep_from_viewers
from fulfiller.ops.flower.hearing.ear import Ear
from fulfiller.ops.flower.hearing.tally import Event
from fulfiller.ops.flower.hearing.words import Gauges
from fulfiller.ops.flower.live import Live
from fulfiller.ops.flower.lookout import Lookout
from fulfiller.ops.flower.pages import (
    Asset,
    BoardPart,
    CampaignsPage,
    CampaignsTold,
    Drawing,
)
from fulfiller.ops.flower.relay import Relays
from fulfiller.ops.flower.roles import Roles
from fulfiller.ops.flower.steer.hand import Hand
from fulfiller.ops.flower.steer.pages import steering
from fulfiller.ops.flower.story_pages import SearchPage, StoryPage
from fulfiller.ops.search import key_of
from fulfiller.settings import Settings
from fulfiller.wiring import Truth, open_truth

HERE = Path(__file__).parent
NAVIGATION = "navbar.html"
TABS_END = "</ul>"
CLAIM = "clm_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
TAB = '{% include "campaigns-tab.html" %}'


class Layered(Loader):
    """Looks for a template in our folder first, then in Flower's, and adds our tab to the rest."""

    def __init__(self, ours: Path, theirs: str) -> None:
        super().__init__(theirs)
        self._ours = ours

    def _create_template(self, name: str) -> Template:
        own = self._ours / name
        source = (own if own.is_file() else Path(self.root) / name).read_text("utf-8")
        if name == NAVIGATION:
            # Woven in, because a copy of all of it would hide what Flower adds later.
            source = source.replace(TABS_END, TAB + TABS_END, 1)
        return Template(source, name=name, loader=self)


def install(ours: Settings) -> None:
    """Add the campaigns to the Flower that is about to be made, and roles to all of it."""

    def open_store() -> Truth:
        return open_truth(ours, application="flower")

    roles = Roles(ours.home)
    roles.check()
    keep_from_viewers(roles)
    lookout = Lookout(open_store)
    ear = Ear()
    listen(ear)
    REGISTRY.register(Gauges(ear))
    ours_first = routes(open_store, lookout=lookout, ear=ear, key=lambda: key_of(ours))
    handlers[:0] = [*ours_first, *steering(Hand(open_store), roles)]
    lookout.keep_looking()
    settings["template_loader"] = Layered(HERE / "templates", settings["template_path"])


def listen(ear: Ear) -> None:
    """Have events go through an ear, in place of one callback for each of them."""

    def on_event(events: Any, event: Event) -> None:
        ear.take(event, events.io_loop, events.state.event)

    Events.on_event = on_event


def routes(
    open_store: Callable[[], Truth],
    *,
    lookout: Lookout | None = None,
    ear: Ear | None = None,
    key: Callable[[], CodeKey | None] = lambda: None,
) -> list[Any]:
    """Return our routes; all of them share one lookout, and all ask for Flower's login."""
    lookout, ear = lookout or Lookout(open_store), ear or Ear()
    shared = {"lookout": lookout, "ear": ear}
    overview = shared | {"drawing": Drawing()}
    live = {"live": Live(lookout, ear)}
    streams = live | {"relays": Relays(live["live"])}
    searching = {"clerk": Clerk(open_store, key)}
    assets = {"path": str(HERE / "static")}
    return [
        url(r"/campaigns", CampaignsPage, overview, name="campaigns"),
        url(r"/campaigns/board", BoardPart, overview, name="campaigns-board"),
        url(r"/api/campaigns", CampaignsTold, shared),
        url(r"/campaigns/view/([^/]+)", CampaignPage, live, name="campaign-view"),
        url(r"/campaigns/live", CampaignLive, streams, name="campaigns-live"),
        url(r"/api/campaigns/([^/]+)/series", CampaignSeries, live, name="campaign-series"),
        url(r"/campaigns/search", SearchPage, searching, name="campaigns-search"),
        url(rf"/campaigns/story/{CLAIM}", StoryPage, searching, name="campaigns-story"),
        url(r"/campaigns/asset/(.+)", Asset, assets, name="campaigns-asset"),
    ]
