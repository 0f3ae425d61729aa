"""The gallery: a running Flower in a cast, and an audience that watches it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Any

import httpx

from fulfiller.clock import monotonic
from fulfiller.ops.bench.aide import Aide
from fulfiller.ops.bench.cast import Cast
from fulfiller.ops.bench.memory import own_mib
from fulfiller.ops.bench.usage import exact_s
from fulfiller.ops.flower.login import login
from fulfiller.ops.supervise import programs
from fulfiller.settings import surroundings
from fulfiller.store.sqlstore import SqlStore

READY_S = 60.0
SETTLED_S = 6.0
"""Three heartbeats: by then Flower knows what it has been told of and what it has not."""
AUDIENCE = "fulfiller.ops.bench.flower.audience"
BACKENDS = "select pid from pg_stat_activity where application_name = 'fulfiller flower'"


class Gallery:
    """Flower as those see it who measure."""

    def __init__(self, cast: Cast, audience: Aide) -> None:
        """Be watched by nobody yet."""
        self._settings = cast.settings
        self._audience = audience
        self._never = Event()
        self.pid = cast.pids[programs.FLOWER]

    def watch(self, campaign: str, viewers: int) -> None:
        """Have so many look at a campaign's page."""
        self._audience.order(viewers=viewers, path=f"/campaigns/live?campaign={campaign}")
        self._audience.await_report(READY_S)

    def heard(self) -> int:
        """Return the bytes that viewers have been told so far."""
        self._audience.order(heard=True)
        return int(self._audience.await_report(READY_S)["bytes"])

    def ask(self, paths: Sequence[str]) -> None:
        """Have somebody ask for pages in turn until `asked`."""
        self._audience.order(ask=list(paths))

    def asked(self) -> dict[str, list[float]]:
        """Return the milliseconds of each answer so far by page, -1 for one that was not OK."""
        self._audience.order(stop=True)
        took_ms: dict[str, list[float]] = self._audience.await_report(READY_S)["took_ms"]
        return took_ms

    def cost_ms(self, span_s: float) -> float:
        """Return the milliseconds of CPU that Flower uses per second, over so many seconds."""
        used_s, at_s = exact_s(self.pid), monotonic()
        self._never.wait(span_s)
        return 1_000 * (exact_s(self.pid) - used_s) / (monotonic() - at_s)

    def store_s(self, store: SqlStore) -> float:
        """Return the CPU seconds that the database's processes for Flower have used so far."""
        with store.link.engine.connect() as at:
            found = at.exec_driver_sql(BACKENDS).scalars().all()
        return sum(map(exact_s, found))

    def settle(self, span_s: float = SETTLED_S) -> None:
        """Let some time pass."""
        self._never.wait(span_s)

    @property
    def mib(self) -> float:
        """Its memory."""
        return own_mib(self.pid)

    def tasks(self) -> dict[str, int]:
        """Return of how many tasks it was told, by its own account."""
        user, _, password = login(self._settings).partition(":")
        url = f"http://{self._settings.flower_host}:{self._settings.flower_port}/api/campaigns"
        told: dict[str, Any] = httpx.get(url, auth=(user, password), timeout=READY_S).json()
        return dict(told["tasks"])


@contextmanager
def gallery(cast: Cast) -> Iterator[Gallery]:
    """Start Flower, and lend it with an audience."""
    cast.enter(programs.FLOWER)
    settings = cast.settings
    with Aide(AUDIENCE, surroundings()) as audience:
        audience.order(host=settings.flower_host, port=settings.flower_port, login=login(settings))
        audience.await_report(READY_S)
        yield Gallery(cast, audience)
