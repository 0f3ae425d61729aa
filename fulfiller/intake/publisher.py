"""Offer fresh claims to the workers at once, as long as the queues are short.

At once if nothing went out in the last 25 ms or a full hint is waiting, else when one of
the two is true: without that rule a busy intake makes tiny hints exactly when CPU is short.
A task costs its worker some milliseconds whatever it carries: while much goes out, what comes
next waits for up to 100 ms, and behind a claim that went alone for 5 ms only.
Whatever is not offered here is left to the keeper, so that everything may be dropped at any
time, and nothing here ever holds up a commit.
"""

import asyncio
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from threading import Thread

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.error import StoreError
from fulfiller.domain.tier import Tier
from fulfiller.intake.parts import IntakeParts, Truth
from fulfiller.service.dispatch import Hint, Lane, Queue
from fulfiller.service.release import short

QUIET_GAP_S = 0.005
GAP_S = 0.025
BUSY_GAP_S = 0.1
MUCH = 50
"""Claims that went out together: from here on the next ones wait for each other longer."""
LOOK_S = 0.25
"""How often the queues are looked at, if nothing goes out."""
LOOK_SOON_S = 0.1
"""The same while something does."""
SLOTS_S = 1.0
STALE_S = 1.0
"""Age at which what is known of the queues is worth nothing: the broker may be frozen."""
BACK_OFF_S = 0.5
BACK_OFF_MAX_S = 5.0
WAITING_MAX = 10_000
"""Claims that may wait here; more are left to the keeper."""

Offered = Sequence[tuple[Lane, ClaimId]]


class Publisher:
    """A thread with a queue of its own that publishes hints and knows how deep queues are."""

    def __init__(self, parts: IntakeParts) -> None:
        """Know nothing yet."""
        self._parts = parts
        self._inbox: SimpleQueue[Offered | None] = SimpleQueue()
        self._lanes: dict[Lane, list[ClaimId]] = {}
        self._known: tuple[float, frozenset[Tier]] = (0.0, frozenset())
        self._slots = 0
        self._slots_at = float("-inf")
        self._look_at = float("-inf")
        self._sent_at = float("-inf")
        self._gap_s = GAP_S
        self._back_off_s = BACK_OFF_S
        self._thread = Thread(target=self._work, name="intake-publisher", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def stop(self) -> None:
        """Send what is waiting and end the thread."""
        self._inbox.put(None)
        await asyncio.to_thread(self._thread.join)

    def short(self) -> frozenset[Tier]:
        """Return the tiers whose queue is known to be short; never waits."""
        at, tiers = self._known
        return tiers if self._parts.monotonic() - at < STALE_S else frozenset()

    def offer(self, claims: Offered) -> None:
        """Publish these claims soon, or leave them to the keeper; never waits."""
        if claims and self._inbox.qsize() < WAITING_MAX:
            self._inbox.put(claims)

    # In the thread

    def _work(self) -> None:
        queue = self._parts.open_queue()
        store = self._parts.open_store()
        going = True
        while going:
            going = self._receive()
            if self._lanes and (self._due_at() <= self._parts.monotonic() or not going):
                self._publish(queue)
            if going and self._look_at <= self._parts.monotonic():
                self._look(queue, store)
        store.close()

    def _receive(self) -> bool:
        """Wait for claims until something else is due, take all there are; False at the end."""
        due_at = min(self._due_at(), self._look_at) if self._lanes else self._look_at
        try:
            offered = self._inbox.get(timeout=max(0.0, due_at - self._parts.monotonic()))
            while offered is not None:
                self._keep(offered)
                offered = self._inbox.get_nowait()
        except Empty:
            return True
        return False

    def _keep(self, offered: Offered) -> None:
        if sum(map(len, self._lanes.values())) < WAITING_MAX:
            for lane, claim_id in offered:
                self._lanes.setdefault(lane, []).append(claim_id)

    def _due_at(self) -> float:
        full = any(len(ids) >= self._parts.limits.hint_max for ids in self._lanes.values())
        return float("-inf") if full else self._sent_at + self._gap_s

    def _publish(self, queue: Queue) -> None:
        hints = _hints(self._lanes, self._parts.limits.hint_max)
        self._gap_s = _gap_s(sum(map(len, self._lanes.values())))
        self._lanes = {}
        self._sent_at = self._parts.monotonic()
        if queue.publish(hints):
            if self._parts.trail.on:
                self._parts.trail.offered(hints, self._sent_at)
            # It took something, so that it is left alone for no longer than after a first fault.
            self._back_off_s = BACK_OFF_S
            self._look_at = min(self._look_at, self._sent_at + LOOK_SOON_S)
        else:
            self._rest()

    def _look(self, queue: Queue, store: Truth) -> None:
        """Read how deep the queues are, and now and then how many slots the workers have."""
        depths = queue.depths()
        if depths is None:
            self._rest()
            return
        at = self._parts.monotonic()
        if at - self._slots_at >= SLOTS_S:
            self._slots = _slots(store, self._slots)
            self._slots_at = at
        self._known = (at, short(dict(depths), self._slots))
        self._look_at = at + LOOK_S
        self._back_off_s = BACK_OFF_S

    def _rest(self) -> None:
        """Leave a broker alone that does not answer: for longer each time, and offer nothing."""
        self._known = (0.0, frozenset())
        self._look_at = self._parts.monotonic() + self._back_off_s
        self._back_off_s = min(2 * self._back_off_s, BACK_OFF_MAX_S)


def _gap_s(together: int) -> float:
    """Return the seconds that pass before anything goes out after so many claims."""
    if together >= MUCH:
        return BUSY_GAP_S
    return QUIET_GAP_S if together == 1 else GAP_S


def _hints(lanes: dict[Lane, list[ClaimId]], hint_max: int) -> list[Hint]:
    return [
        Hint(lane, tuple(ids[start : start + hint_max]))
        for lane, ids in lanes.items()
        for start in range(0, len(ids), hint_max)
    ]


def _slots(store: Truth, known: int) -> int:
    try:
        return store.slots()
    except StoreError:
        return known
