"""An intake of which a trail hears."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from fulfiller.clock import StoreClock
from fulfiller.intake.app import create_app
from fulfiller.intake.parts import Limits
from fulfiller.intake.trail import Trail
from fulfiller.store.opening import open_store
from tests.intake.door import DEAD_BROKER, Door, made_of, served


@contextmanager
def trailed(store_url: str, trail: Trail, *, broker_url: str = DEAD_BROKER) -> Iterator[Door]:
    """Run an intake until the block ends, with a campaign that is open."""
    with (
        closing(open_store(store_url, application="test clock")) as clock,
        closing(open_store(store_url, application="test")) as store,
    ):
        parts = made_of(
            lambda: open_store(store_url, application="intake"),
            now=StoreClock(clock.now).now,
            broker_url=broker_url,
            limits=Limits(),
        )
        parts = replace(parts, trail=trail)
        app = create_app(parts)
        with served(app) as url:
            door = Door(url=url, app=app, parts=parts, store=store, store_url=store_url)
            door.campaign()
            yield door
