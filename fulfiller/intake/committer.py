"""The group commit: requests that arrive together are committed together, each answered.

One thread with one store takes whatever is waiting whenever it is free, never on a timer:
a lone claim waits for nobody, and under load groups grow by themselves. Two transactions at
a time would halve the groups and cost the database half as much again; so a second thread
takes full groups alone, and only while another full one waits behind.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import count, islice
from queue import Empty, SimpleQueue
from threading import Event, Thread

from fulfiller.domain.claim import Request
from fulfiller.domain.error import Raced, StoreUnavailable
from fulfiller.domain.outcome import Accepted, Answer, Refused, Repeated, Why
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.problem import Code, Problem, unavailable
from fulfiller.intake.publisher import Publisher
from fulfiller.intake.refusal import refused
from fulfiller.intake.relief import Relief
from fulfiller.intake.sighting import Sighting, Viewer
from fulfiller.service.accept import accept
from fulfiller.service.decide import Round
from fulfiller.service.dispatch import Lane

Taken = Accepted | Sighting | Problem
"""What became of a request: a fresh claim, the claim it repeats, or why there is none."""
PAUSE_S = 0.05
PAUSE_MAX_S = 0.5
EXPIRY_S = 0.1
log = logging.getLogger(__name__)


class Bundle:
    """Requests that came in one HTTP request, and the future of whoever sent them."""

    __slots__ = ("due", "future", "requests")

    def __init__(
        self,
        requests: Sequence[Request],
        future: "asyncio.Future[Sequence[Taken]]",
        due: float,
    ) -> None:
        """Keep what is asked, who waits, and until when."""
        self.requests = requests
        self.future = future
        self.due = due


class Committer:
    """Takes requests in on the event loop and commits them in a thread of its own."""

    def __init__(self, parts: IntakeParts, publisher: Publisher) -> None:
        """Do nothing yet."""
        self._parts = parts
        self._limits = parts.limits
        self._publisher = publisher
        self._inbox: SimpleQueue[Bundle | None] = SimpleQueue()
        self._carry: Bundle | None = None
        self._pending: deque[Bundle] = deque()
        self._waiting = 0
        # Each is written by one thread: what the loop has put in, what the committer has taken.
        self._put = self._got = 0
        self._starts = count()
        self._stopping = Event()
        self._thread = Thread(target=self._work, name="intake-committer", daemon=True)
        self._relief = Relief(self._serve, parts)

    def start(self) -> None:
        """Start the thread, and the watch over deadlines on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        self._relief.start()
        self._expiry = self._loop.call_later(EXPIRY_S, self._expire)

    async def stop(self) -> None:
        """Finish what was taken in and end the thread."""
        self._stopping.set()
        self._inbox.put(None)
        await asyncio.to_thread(self._thread.join)
        await self._relief.stop()
        self._expiry.cancel()

    @property
    def alive(self) -> bool:
        """Return whether somebody is there to commit."""
        return self._thread.is_alive() and self._relief.alive

    def submit(self, requests: Sequence[Request]) -> "asyncio.Future[Sequence[Taken]]":
        """Return the future answers, at most `group_max` at a time; 503 if too many wait."""
        full = self._waiting + len(requests) > self._limits.inbox_max
        if full or self._inbox.qsize() >= self._limits.inbox_max:
            raise unavailable("too many claims wait to be taken in")
        bundle = Bundle(
            requests, self._loop.create_future(), self._loop.time() + self._limits.deadline_s
        )
        self._waiting += len(requests)
        self._put += len(requests)
        self._pending.append(bundle)
        self._inbox.put(bundle)
        return bundle.future

    # On the event loop

    def _hand_out(self, group: Iterable[Bundle], taken: Sequence[Taken]) -> None:
        self._parts.tally.groups.add(len(taken))
        rest = iter(taken)
        for bundle in group:
            mine = tuple(islice(rest, len(bundle.requests)))
            if not bundle.future.done():
                bundle.future.set_result(mine)

    def _expire(self) -> None:
        """Forget what is answered, and answer what is overdue; the oldest stand in front."""
        now = self._loop.time()
        while self._pending and (self._pending[0].future.done() or self._pending[0].due <= now):
            bundle = self._pending.popleft()
            self._waiting -= len(bundle.requests)
            if not bundle.future.done():
                bundle.future.set_exception(unavailable())
        self._expiry = self._loop.call_later(EXPIRY_S, self._expire)

    # In the threads

    def _work(self) -> None:
        store = self._parts.open_store()
        viewer = Viewer(self._parts, store)
        while group := self._gathered():
            if self._crowded() and self._relief.free:
                self._relief.give(group)
            else:
                self._serve(group, viewer)
        store.close()

    def _crowded(self) -> bool:
        """Return whether another full group waits behind the one that was just gathered."""
        return self._carry is not None and self._put - self._got >= self._limits.group_max

    def _gathered(self) -> list[Bundle]:
        """Return what is waiting, up to a full group; nothing once all is done and over."""
        first = self._carry or self._inbox.get()
        self._carry = None
        group: list[Bundle] = []
        size = 0
        bundle = first
        while bundle is not None:
            size += len(bundle.requests)
            if group and size > self._limits.group_max:
                self._carry = bundle
                break
            group.append(bundle)
            self._got += len(bundle.requests)
            try:
                bundle = self._inbox.get_nowait()
            except Empty:
                return group
        if bundle is None:
            self._inbox.put(None)
        return group

    def _serve(self, group: list[Bundle], viewer: Viewer) -> None:
        """Commit a group; while the store does not answer, again until nobody waits for it."""
        pause_s = PAUSE_S
        while group := [bundle for bundle in group if not bundle.future.done()]:
            requests = [request for bundle in group for request in bundle.requests]
            began = self._parts.monotonic()
            try:
                taken = self._settled(requests, viewer)
            except StoreUnavailable:
                self._stopping.wait(pause_s)
                pause_s = min(2 * pause_s, PAUSE_MAX_S)
            else:
                self._loop.call_soon_threadsafe(self._hand_out, group, taken)
                if self._parts.trail.traced:
                    fresh = [each.claim.id for each in taken if isinstance(each, Accepted)]
                    self._parts.trail.committed(fresh, began)
                return

    def _settled(self, requests: Sequence[Request], viewer: Viewer) -> list[Taken]:
        """Commit requests; what fails unexpectedly is cornered by halves and fails alone."""
        try:
            return self._committed(requests, viewer)
        except StoreUnavailable:
            raise
        except Exception as fault:
            if len(requests) > 1:
                middle = len(requests) // 2
                first = self._settled(requests[:middle], viewer)
                return first + self._settled(requests[middle:], viewer)
            if isinstance(fault, Raced):
                return [unavailable("too many others claim the same at this moment")]
            log.exception("claim.failed campaign=%s", requests[0].campaign)
            return [Problem(Code.INTERNAL)]

    def _committed(self, requests: Sequence[Request], viewer: Viewer) -> list[Taken]:
        now = self._parts.now()
        circumstances = Round(
            now=now,
            new_id=partial(self._parts.new_claim_id, now),
            start=next(self._starts),
            short=self._publisher.short(),
        )
        answers = accept(requests, store=viewer.store, circumstances=circumstances)
        self._publisher.offer(
            [
                (Lane(answer.claim.campaign, answer.claim.tier), answer.claim.id)
                for answer in answers
                if isinstance(answer, Accepted) and answer.offered
            ]
        )
        told = [_told(*each, viewer) for each in zip(requests, answers, strict=True)]
        return _with_sightings(told, viewer)


def _told(request: Request, answer: Answer, viewer: Viewer) -> Answer | Problem:
    """Return the answer; a refusal becomes the problem that says all there is to say."""
    if not isinstance(answer, Refused):
        return answer
    early = answer.why is Why.NOT_OPEN_YET
    opens_at = viewer.campaign(request.campaign).opens_at if early else None
    return refused(answer.why, request.campaign, opens_at=opens_at)


def _with_sightings(answers: Sequence[Answer | Problem], viewer: Viewer) -> list[Taken]:
    """Replace what repeats a claim by that claim as it is now, all in one read."""
    repeated = {answer.claim_id for answer in answers if isinstance(answer, Repeated)}
    if not repeated:
        return [answer for answer in answers if isinstance(answer, Accepted | Problem)]
    seen = viewer.see(repeated)
    return [
        seen[answer.claim_id] if isinstance(answer, Repeated) else answer
        for answer in answers
        if not isinstance(answer, Refused)
    ]
