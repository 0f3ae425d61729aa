"""The lookout: one reading of the store for all who look, made beside Flower's event loop."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from fulfiller.clock import monotonic
from fulfiller.domain.campaign import Publication
from fulfiller.domain.error import FulfillerError
from fulfiller.domain.stripe import Stripe
from fulfiller.service.helm import Survey
from fulfiller.service.keep import LEASE
from fulfiller.service.port import Store

EVERY_S = 1.0
"""However many look: the store is read no more often than this."""
PATIENCE_S = 3.0
"""How long a page waits for a store that is slow before it says so."""
MISSING = ("no such table", "does not exist")
"""What drivers say of a database in which our tables are not."""
UPGRADE = "It seems to be new: run fulfiller store upgrade."
DOCTOR = "Look at it with fulfiller doctor, and whether FULFILLER_STORE_URL is the right one."
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing can be read, and what to do about it."""

    error: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What was read at one moment; archived campaigns have no stripes here."""

    survey: Survey
    stripes: Mapping[str, Sequence[Stripe]]
    keeper: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The last sight with its age, and what stands in the way of a newer one."""

    sight: Sight | None
    age_s: float
    trouble: Trouble | None


def look(store: Store) -> Sight:
    """Read what the page shows."""
    survey = store.survey()
    kept = [each.id for each in survey.campaigns.values() if not is_archived(each.publication)]
    stripes = {campaign: store.stripes(campaign) for campaign in kept}
    return Sight(survey=survey, stripes=stripes, keeper=store.leader(LEASE))


def is_archived(publication: Publication) -> bool:
    """Return whether a campaign is out of sight."""
    return publication is Publication.ARCHIVED


class Lookout:
    """Reads the store when somebody looks, in a thread of its own: a store is never shared."""

    def __init__(self, open_store: Callable[[], Store], *, patience_s: float = PATIENCE_S) -> None:
        """Nothing is opened before the first look."""
        self._open = open_store
        self._patience_s = patience_s
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="campaigns")
        self._store: Store | None = None
        self._reading: Future[None] | None = None
        self._begun_at = 0.0
        self._last: Sight | None = None
        self._last_at = 0.0
        self._trouble: Trouble | None = None

    async def view(self) -> View:
        """Return a fresh sight, or the last one with the reason why there is none."""
        reading = self._begun()
        done, _ = await asyncio.wait((asyncio.wrap_future(reading),), timeout=self._patience_s)
        trouble = self._trouble if done else self._late()
        return View(sight=self._last, age_s=monotonic() - self._last_at, trouble=trouble)

    def _begun(self) -> Future[None]:
        """Return the reading under way or just made; begin one if it is time."""
        if self._reading is None or (self._reading.done() and self._waited_s() >= EVERY_S):
            self._begun_at = monotonic()
            self._reading = self._thread.submit(self._read)
        return self._reading

    def _late(self) -> Trouble:
        return Trouble(f"it has not answered for {self._waited_s():.0f} s", DOCTOR)

    def _waited_s(self) -> float:
        return monotonic() - self._begun_at

    def _read(self) -> None:
        """Read in the thread; what was seen last stays when the store does not answer."""
        at = monotonic()
        try:
            self._store = self._store or self._open()
            self._last, self._last_at, self._trouble = look(self._store), at, None
        except Exception as fault:  # noqa: BLE001 - drivers raise what is their own, and Flower goes on
            self._trouble = _trouble(fault)


def _trouble(fault: Exception) -> Trouble:
    """Return a fault in words; of one that nobody knows the text stays in the log."""
    if any(sign in str(fault) for sign in MISSING):
        return Trouble("its tables are missing", UPGRADE)
    if isinstance(fault, FulfillerError):
        # Drivers go on for lines; the first one says what is wrong.
        first, *_ = str(fault).splitlines() or [type(fault).__name__]
        return Trouble(first.rstrip("."), DOCTOR)
    logger.error("The campaigns can't be read", exc_info=fault)
    return Trouble(f"{type(fault).__name__}, see Flower's log", DOCTOR)
