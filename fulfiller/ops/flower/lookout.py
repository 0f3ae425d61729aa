"""The lookout: one reading of the store for all who look, made beside Flower's event loop.

While Flower runs it is the one sampler, too: it looks by itself, and remembers what it saw.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from fulfiller.clock import monotonic
from fulfiller.domain.campaign import Publication
from fulfiller.domain.stripe import Stripe
from fulfiller.ops.flower.history.annals import Annals
from fulfiller.ops.flower.trouble import DOCTOR, Trouble, trouble_of
from fulfiller.service.helm import Survey
from fulfiller.service.keep import LEASE
from fulfiller.service.port import Store
from fulfiller.service.traffic import Traffic, read_traffic

EVERY_S = 1.0
"""However many look: the store is read no more often than this."""
TICK_S = 1.0
IDLE_TICK_S = 5.0
"""How often it looks by itself while somebody looks, and while nobody does."""
WATCHED_S = 15.0
"""For how long after the last look somebody counts as looking."""
MOMENT_S = 0.01
"""Between two looks there is a rest in any case."""
ANYBODY = ""
PATIENCE_S = 3.0
"""How long a page waits for a store that is slow before it says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What was read at one moment; archived campaigns have no stripes here."""

    survey: Survey
    stripes: Mapping[str, Sequence[Stripe]]
    keeper: str | None
    slots: int = 0
    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    refused: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The last sight with its age, and what stands in the way of a newer one."""

    sight: Sight | None
    age_s: float
    trouble: Trouble | None


def look(store: Store, closely: Collection[str] = ()) -> Sight:
    """Read what the pages show; of some campaigns what waits for which rate, too."""
    survey = store.survey()
    kept = [each.id for each in survey.campaigns.values() if not is_archived(each.publication)]
    stripes = {campaign: store.stripes(campaign) for campaign in kept}
    return Sight(
        survey=survey,
        stripes=stripes,
        keeper=store.leader(LEASE),
        slots=store.slots(),
        traffic={each: read_traffic(store, (each,)) for each in stripes.keys() & set(closely)},
        refused=store.refusals(),
    )


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
        self._watched_until = {ANYBODY: float("-inf")}
        self._latch = Lock()
        self._woken = Event()
        self._is_over = False
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self.annals = Annals()

    def keep_looking(self) -> None:
        """Look by itself from now on, until `close`."""
        Thread(target=self._look_again, name="campaigns-clock", daemon=True).start()

    def close(self) -> None:
        """Look no more."""
        self._is_over = True
        self._woken.set()
        self._thread.shutdown()

    async def news(self, timeout_s: float) -> bool:
        """Wait for the next reading, good or bad; False if there was none in time."""
        waiting = (asyncio.get_running_loop(), asyncio.Event())
        with self._latch:
            self._waiting.add(waiting)
        try:
            async with asyncio.timeout(timeout_s):
                return await waiting[1].wait()
        except TimeoutError:
            return False
        finally:
            with self._latch:
                self._waiting.discard(waiting)

    def seen(self, campaign: str = ANYBODY) -> View:
        """Return what was read last, without reading; of a campaign that is named, more is read."""
        self._watch(campaign)
        is_late = self._reading is not None and not self._reading.done()
        late = self._late() if is_late and self._waited_s() > self._patience_s else None
        return self._viewed(late or self._trouble)

    async def view(self, campaign: str = ANYBODY) -> View:
        """Return a fresh sight, or the last one with the reason why there is none."""
        self._watch(campaign)
        reading = self._begun()
        done, _ = await asyncio.wait((asyncio.wrap_future(reading),), timeout=self._patience_s)
        trouble = self._trouble if done else self._late()
        return self._viewed(trouble)

    def _viewed(self, trouble: Trouble | None) -> View:
        return View(sight=self._last, age_s=monotonic() - self._last_at, trouble=trouble)

    def _watch(self, campaign: str) -> None:
        """Remember that somebody looks; whoever comes first after a while wakes the sampler."""
        with self._latch:
            now = monotonic()
            was_watched = self._watched_until[ANYBODY] > now
            self._watched_until |= dict.fromkeys((ANYBODY, campaign), now + WATCHED_S)
        if not was_watched:
            self._woken.set()

    def _look_again(self) -> None:
        """Look at each tick; a look that is under way is waited for and not made again."""
        # The pool is closed before this thread ends when Flower does.
        with suppress(RuntimeError):
            while not self._is_over:
                self._woken.clear()
                self._begun().result()
                self._woken.wait(max(MOMENT_S, self._pause_s() - self._waited_s()))

    def _pause_s(self) -> float:
        return TICK_S if self._watched_until[ANYBODY] > monotonic() else IDLE_TICK_S

    def _watched(self) -> Collection[str]:
        """Return the campaigns that somebody looks at closely."""
        with self._latch:
            now = monotonic()
            ends = {name: end for name, end in self._watched_until.items() if end > now}
            self._watched_until = {ANYBODY: float("-inf"), **ends}
            return ends.keys() - {ANYBODY}

    def _begun(self) -> Future[None]:
        """Return the reading under way or just made; begin one if it is time."""
        with self._latch:
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
            sight = look(self._store, self._watched())
            self._last, self._last_at, self._trouble = sight, at, None
            self.annals.see(sight.survey, sight.stripes, sight.slots, sight.refused)
            self.annals.follow(self._store)
        except Exception as fault:  # noqa: BLE001 - drivers raise what is their own, and Flower goes on
            self._trouble = trouble_of(fault)
        self._tell()

    def _tell(self) -> None:
        """Wake those who wait for news, each in its own loop."""
        with self._latch:
            waiting = tuple(self._waiting)
        for loop, event in waiting:
            # A loop that has ended has nobody left to tell.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(event.set)
