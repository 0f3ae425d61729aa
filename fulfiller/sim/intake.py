"""An intake: it commits what waits in groups, publishes what may go at once, answers each."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from fulfiller.domain.claim import ClaimId, Request
from fulfiller.domain.code import mint
from fulfiller.domain.error import Raced, StoreUnavailable
from fulfiller.domain.outcome import Accepted, Refused, Repeated
from fulfiller.domain.tier import Tier
from fulfiller.service.accept import accept
from fulfiller.service.decide import Round
from fulfiller.service.dispatch import Hint, Lane
from fulfiller.service.port import ClaimView
from fulfiller.service.release import short
from fulfiller.sim.broker import SimBroker, SimQueue
from fulfiller.sim.fault import Fault
from fulfiller.sim.loop import SECOND, Task
from fulfiller.sim.role import Role
from fulfiller.sim.store import sim_store
from fulfiller.sim.world import CODES, Ids, World
from fulfiller.store.memory import MemoryStore

GROUP_MAX = 20
IDLE = 5 * SECOND
LOOK = SECOND // 4
LOOK_IDLE = 5 * SECOND
SLOTS = 0.25
"""The chance that the slots of workers are read anew at a look."""
STALE = SECOND
ELSEWHERE = ClaimId("00000000-0000-7000-8000-00000000e15e")
PAUSE = SECOND // 20


Told = Accepted | ClaimView | Refused
"""What a caller is told: a fresh claim, the claim it repeats as it is now, or why there is none."""


@dataclass(slots=True)
class Bundle:
    """Requests that came together, and who waits for their answers until when."""

    requests: Sequence[Request]
    waiter: Task
    due: int
    answers: tuple[Told, ...] | None = None
    failed: str = ""


@dataclass(slots=True)
class Errand:
    """Anything else that a caller asks of an intake: done in a thread of its own."""

    run: Callable[[MemoryStore, int], object]
    waiter: Task
    done: list[object] = field(default_factory=list)
    failed: str = ""


class Intake(Role):
    """An intake process: one committer, one publisher, and a thread per errand."""

    def __init__(self, world: World, name: str, broker: SimBroker) -> None:
        """Publish to this broker."""
        super().__init__(world, name)
        self.broker = broker
        self._inbox: deque[Bundle] = deque()
        self._known: tuple[int, frozenset[Tier]] = (-STALE, frozenset())
        self._offered: dict[Lane, list[ClaimId]] = {}
        self._committer: Task | None = None
        self._publisher: Task | None = None
        self._starts = count()
        self._ids = Ids(world.dice)

    def begin(self) -> None:
        """Take requests in."""
        self._inbox = deque()
        self._known = (-STALE, frozenset())
        self._offered = {}
        self._committer = self.world.spawn(self.process, self._commit)
        self._publisher = self.world.spawn(self.process, self._publish)

    def submit(self, bundle: Bundle) -> bool:
        """Take requests in; False if nobody is there."""
        if not self.alive or self._committer is None:
            return False
        self._inbox.append(bundle)
        if len(self._inbox) == 1:
            self.world.loop.wake(self._committer)
        return True

    def send(self, errand: Errand) -> bool:
        """Do something for a caller; False if nobody is there."""
        if not self.alive:
            return False
        self.world.spawn(self.process, lambda: self._do(errand))
        return True

    def _do(self, errand: Errand) -> None:
        store = sim_store(self.world)
        try:
            now = self.world.clock(store.now).now()
            errand.done.append(errand.run(store, now))
        except (StoreUnavailable, Raced) as fault:
            errand.failed = str(fault)
        self.world.loop.wake(errand.waiter)

    def _commit(self) -> None:
        store = sim_store(self.world)
        clock = self.world.clock(sim_store(self.world).now)
        while True:
            if not self._inbox:
                self.world.loop.current.doing = "idle"
                self.world.loop.sleep(IDLE)
                continue
            group = [self._inbox.popleft()]
            while self._inbox and sum(len(b.requests) for b in group) < GROUP_MAX:
                group.append(self._inbox.popleft())
            self._serve(group, store, clock.now)

    def _serve(self, group: list[Bundle], store: MemoryStore, now: Callable[[], int]) -> None:
        """Commit a group, again while the store does not answer and somebody still waits."""
        while group := [bundle for bundle in group if bundle.due > self.world.now]:
            try:
                answers = self._accepted(group, store, now())
            except StoreUnavailable as fault:
                self.world.mark(f"accept failed: {fault}")
                self.world.loop.sleep(PAUSE)
            except Raced as fault:
                self._answer(group, (), str(fault))
                return
            else:
                self._answer(group, answers)
                return

    def _accepted(self, group: Sequence[Bundle], store: MemoryStore, now: int) -> tuple[Told, ...]:
        requests = [request for bundle in group for request in bundle.requests]
        circumstances = Round(
            now=now,
            new_id=lambda: self._ids(now),
            start=next(self._starts),
            short=self._short(),
        )
        answers = accept(requests, store=store, circumstances=circumstances)
        for answer in answers:
            if isinstance(answer, Accepted):
                self._took(answer)
        repeated = {answer.claim_id for answer in answers if isinstance(answer, Repeated)}
        views = store.view(sorted(repeated)) if repeated else {}
        return tuple(views[a.claim_id] if isinstance(a, Repeated) else a for a in answers)

    def _took(self, answer: Accepted) -> None:
        """Offer a fresh claim to the workers, and see to it that some are bad."""
        claim = answer.claim
        secrets = self.world.secrets
        for fault, bad in ((Fault.POISON, secrets.poison), (Fault.KILLER, secrets.killers)):
            if self.world.drawn(fault):
                bad.add(claim.id)
        if self.world.drawn(Fault.CODE_TAKEN):
            # As if a coupon from elsewhere had the code that this claim's would get first.
            taken = mint(claim.id, 0, CODES).lookup
            secrets.taken.add(taken)
            self.world.truth.shelves.lookups.setdefault(taken, ELSEWHERE)
        if answer.offered:
            self._offered.setdefault(Lane(claim.campaign, claim.tier), []).append(claim.id)
            if self._publisher is not None:
                self.world.loop.wake(self._publisher)

    def _answer(self, group: Sequence[Bundle], answers: tuple[Told, ...], why: str = "") -> None:
        rest = iter(answers)
        for bundle in group:
            if why:
                bundle.failed = why
            else:
                bundle.answers = tuple(next(rest) for _ in bundle.requests)
            self.world.loop.wake(bundle.waiter)

    def _short(self) -> frozenset[Tier]:
        at, tiers = self._known
        return tiers if self.world.now - at < STALE else frozenset()

    def _publish(self) -> None:
        """Publish what was offered, and look how long the queues are."""
        queue, store = SimQueue(self.world, self.broker), sim_store(self.world)
        looked, slots = -LOOK, 0
        while True:
            offered, self._offered = self._offered, {}
            hints = [Hint(lane, tuple(ids)) for lane, ids in offered.items()]
            if hints and not queue.publish(hints):
                self._known = (-STALE, frozenset())
            if self.world.now - looked >= LOOK:
                slots = self._slots(store, slots) if self.world.dice.random() < SLOTS else slots
                self._look(queue, slots)
                looked = self.world.now
            self.world.loop.current.doing = "idle"
            self.world.loop.sleep(LOOK_IDLE if self.world.drained else LOOK)

    def _slots(self, store: MemoryStore, known: int) -> int:
        try:
            return store.slots()
        except StoreUnavailable:
            return known

    def _look(self, queue: SimQueue, slots: int) -> None:
        depths = queue.depths()
        if depths is not None:
            self._known = (self.world.now, short(dict(depths), slots))
