"""The seam: our routes before Flower's own, our templates before Flower's, and one more tab.

Everything that we know of Flower's inside is here. `config/flowerconfig.py` calls `install`
while Flower reads its options; Flower makes its application afterwards, from the list and the
settings that are changed here.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flower.urls import handlers, settings  # type: ignore[import-untyped]
from tornado.template import Loader, Template
from tornado.web import url

from fulfiller.ops.flower.campaign_pages import CampaignLive, CampaignPage, CampaignSeries
from fulfiller.ops.flower.live import Live
from fulfiller.ops.flower.lookout import Lookout
from fulfiller.ops.flower.pages import Asset, BoardPart, CampaignsPage, CampaignsTold
from fulfiller.service.port import Store
from fulfiller.settings import Settings
from fulfiller.wiring import open_truth

HERE = Path(__file__).parent
NAVIGATION = "navbar.html"
TABS_END = "</ul>"
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
    """Add the campaigns to the Flower that is about to be made."""

    def open_store() -> Store:
        return open_truth(ours, application="flower")

    lookout = Lookout(open_store)
    handlers[:0] = routes(open_store, lookout)
    lookout.keep_looking()
    settings["template_loader"] = Layered(HERE / "templates", settings["template_path"])


def routes(open_store: Callable[[], Store], lookout: Lookout | None = None) -> list[Any]:
    """Return our routes; all of them share one lookout, and all ask for Flower's login."""
    lookout = lookout or Lookout(open_store)
    shared = {"lookout": lookout}
    live = {"live": Live(lookout)}
    assets = {"path": str(HERE / "static")}
    return [
        url(r"/campaigns", CampaignsPage, shared, name="campaigns"),
        url(r"/campaigns/board", BoardPart, shared, name="campaigns-board"),
        url(r"/api/campaigns", CampaignsTold, shared),
        url(r"/campaigns/view/([^/]+)", CampaignPage, live, name="campaign-view"),
        url(r"/campaigns/live", CampaignLive, live, name="campaigns-live"),
        url(r"/api/campaigns/([^/]+)/series", CampaignSeries, live, name="campaign-series"),
        url(r"/campaigns/asset/(.+)", Asset, assets, name="campaigns-asset"),
    ]
