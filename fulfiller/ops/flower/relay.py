"""The relay: one loop per campaign tells all who look, however many, by the same bytes.

A viewer costs one write per reading in which something changed, and none at all while nothing
does; no viewer is waited for, and none has a timer or a task of its own.
"""

import asyncio
import logging
from functools import partial

from fulfiller.clock import monotonic
from fulfiller.ops.flower.live import Draw, Live, Told
from fulfiller.ops.flower.viewer import BREATH, Frame, Viewer, event

logger = logging.getLogger(__name__)
NEWS_S = 2.0
"""The lookout reads more often than this while somebody looks; if not, it is asked anyway."""
STILL_S = 5.0
"""While nothing changes, viewers are told so often of when that was last seen."""
BREATH_S = 15.0
"""While there is nothing to tell at all, a line goes out this often: nobody on the way hangs up."""


class Relay:
    """Tells of one campaign for as long as somebody looks."""

    def __init__(self, live: Live, campaign: str) -> None:
        """Have no viewer yet."""
        self._live = live
        self._campaign = campaign
        self._viewers: set[Viewer] = set()
        self._task: asyncio.Task[None] | None = None
        self._said_at = 0.0

    @property
    def viewers(self) -> int:
        """How many look."""
        return len(self._viewers)

    def join(self, viewer: Viewer, draw: Draw) -> None:
        """Tell a newcomer everything, and from now on what changes."""
        told = self._told(draw)
        self._viewers.add(viewer)
        viewer.when_gone(partial(self._viewers.discard, viewer))
        frame = event(told.whole)
        viewer.send(frame, lambda: frame)
        if self._task is None or self._task.done():
            self._said_at = monotonic()
            self._task = asyncio.create_task(self._tell_all(told, draw))

    def _told(self, draw: Draw) -> Told:
        # Looking keeps the lookout awake, and the campaign closely watched.
        view = self._live.lookout.seen(self._campaign)
        return self._live.tell(self._campaign, view, draw)

    async def _tell_all(self, last: Told, draw: Draw) -> None:
        try:
            while self._viewers:
                await self._live.lookout.news(NEWS_S)
                told = self._told(draw)
                self._tell(self._news(told, last), told)
                last = told
        except Exception:
            logger.exception("The page of %s can't be told", self._campaign)
        finally:
            # Should drawing fail, nobody is left with a page that only seems to live.
            for viewer in tuple(self._viewers):
                viewer.close()

    def _news(self, told: Told, last: Told) -> Frame | None:
        """Return what goes out to those who know the last reading, None if nothing does."""
        silent_s = monotonic() - self._said_at
        if told is last:
            return BREATH if silent_s >= BREATH_S else None
        fresh = told.since(last)
        if fresh is not None:
            return event(fresh)
        return event(told.still) if silent_s >= STILL_S else None

    def _tell(self, news: Frame | None, told: Told) -> None:
        whole: list[Frame] = []

        def all_of_it() -> Frame:
            whole[:] = whole or [event(told.whole)]
            return whole[0]

        if news is not None:
            self._said_at = monotonic()
        for viewer in tuple(self._viewers):
            viewer.send(news, all_of_it)
        self._viewers -= {viewer for viewer in self._viewers if viewer.is_gone}


class Relays:
    """The relays of all campaigns that somebody looks at."""

    def __init__(self, live: Live) -> None:
        """Have none yet."""
        self._live = live
        self._relays: dict[str, Relay] = {}

    @property
    def viewers(self) -> int:
        """How many look at any campaign."""
        return sum(relay.viewers for relay in self._relays.values())

    def of(self, campaign: str) -> Relay:
        """Return a campaign's relay; those that nobody looks at are let go."""
        self._relays = {name: relay for name, relay in self._relays.items() if relay.viewers}
        return self._relays.setdefault(campaign, Relay(self._live, campaign))
