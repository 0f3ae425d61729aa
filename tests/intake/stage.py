"""One intake for many tests: it keeps running, and each test puts a database of its own behind it.

To start and to end an intake takes longer than what most tests ask of it.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import cast

from fulfiller.clock import StoreClock
from fulfiller.intake.app import App, create_app
from fulfiller.intake.parts import IntakeParts, Limits, Truth
from fulfiller.store.opening import open_store
from tests.intake.door import DEAD_BROKER, Door, made_of, served

AT_ONCE = Limits(campaign_ttl_s=0.0, metrics_ttl_s=0.0)
"""Nothing is remembered, for the next test has others of the same name."""


class Moving:
    """A store that is on the database of whichever test is running."""

    def __init__(self, place: Callable[[], str]) -> None:
        """Keep what tells the place; nothing is opened yet."""
        self._place = place
        self._opened_at = ""
        self._store: Truth | None = None

    def __getattr__(self, name: str) -> object:
        """Pass everything on, to a fresh store if the place is another by now."""
        place = self._place()
        if self._store is None or self._opened_at != place:
            self.close()
            self._store, self._opened_at = open_store(place, application="intake"), place
        return getattr(self._store, name)

    def close(self) -> None:
        """Close the store that is open, if any."""
        if self._store is not None:
            self._store.close()
            self._store = None


@dataclass(slots=True, kw_only=True)
class Stage:
    """An intake that runs for as long as there are tests."""

    url: str = ""
    store_url: str = ""
    app: App
    parts: IntakeParts

    @contextmanager
    def on(self, store_url: str) -> Iterator[Door]:
        """Put a database behind the intake, with a campaign that is open, for one test."""
        self.store_url = store_url
        with closing(open_store(store_url, application="test")) as store:
            door = Door(
                url=self.url, app=self.app, parts=self.parts, store=store, store_url=store_url
            )
            door.campaign()
            yield door


@contextmanager
def staged() -> Iterator[Stage]:
    """Run an intake until the block ends, for one test after the other."""
    stages: list[Stage] = []

    def moving() -> Truth:
        return cast("Truth", Moving(lambda: stages[0].store_url))

    def read() -> int:
        # Looked up on each read, because the store behind it changes.
        return clock_store.now()

    with closing(moving()) as clock_store:
        now = StoreClock(read).now
        parts = made_of(moving, now=now, broker_url=DEAD_BROKER, limits=AT_ONCE)
        stages.append(Stage(app=create_app(parts), parts=parts))
        with served(stages[0].app) as stages[0].url:
            yield stages[0]
