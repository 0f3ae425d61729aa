"""A worker: it pops hints, notes them, issues what they offer, and acknowledges."""

from collections.abc import Sequence
from random import Random

from fulfiller.domain.eligibility import Applicant, Eligible, Ineligible, Unsure, Verdict
from fulfiller.domain.error import Raced, StoreUnavailable
from fulfiller.service.issue import Press, issue
from fulfiller.sim.broker import Message, SimBroker
from fulfiller.sim.fault import Fault
from fulfiller.sim.loop import SECOND
from fulfiller.sim.role import Role
from fulfiller.sim.store import sim_store
from fulfiller.sim.world import CODES, World

POLL = SECOND // 2
POLL_IDLE = 3 * SECOND
"""How long it waits at the broker before it asks again, and once nothing fails any more."""
PAUSE = SECOND
"""How long a task waits before it gives up on a store that is away."""
ANNOUNCE = 3 * SECOND
ANNOUNCE_TTL_S = 10.0


class Worker(Role):
    """A worker process with some slots, of which each runs one task at a time."""

    def __init__(self, world: World, name: str, broker: SimBroker, *, slots: int) -> None:
        """Take hints from this broker."""
        super().__init__(world, name)
        self.broker = broker
        self.slots = slots
        self.speaks = 1
        """The newest version of hints that it understands."""
        self.asks = False
        """Whether it has an eligibility hook."""
        self.busy: dict[int, Message] = {}
        """What it works on now."""

    def begin(self) -> None:
        """Announce the slots, and work in each of them."""
        self.busy = {}
        self.world.spawn(self.process, self._announce)
        for _ in range(self.slots):
            self.world.spawn(self.process, self._work)

    def _announce(self) -> None:
        store = sim_store(self.world)
        while True:
            try:
                store.announce(self.name, self.slots, ttl_s=ANNOUNCE_TTL_S)
            except StoreUnavailable:
                self.world.mark("slots not announced")
            self.world.loop.current.doing = "idle"
            self.world.loop.sleep(ANNOUNCE)

    def _work(self) -> None:
        store = sim_store(self.world)
        clock = self.world.clock(sim_store(self.world).now)
        ask = self._ask if self.asks else None
        press = Press(store=store, key=CODES, now=clock.now, ask=ask)
        while True:
            message = self._next()
            if message is None:
                self.broker.wait(POLL_IDLE if self.world.healed else POLL)
                continue
            self.busy[message.number] = message
            self._run(message, press)
            self.world.way()
            self.broker.ack(message)
            self.busy.pop(message.number, None)

    def _next(self) -> Message | None:
        """Pop a message and note it, in two round trips."""
        world = self.world
        world.loop.current.doing = "pop"
        world.way()
        if world.now < max(self.broker.away_until, self.broker.frozen_until):
            return None
        self.broker.restore(world.now)
        message = self.broker.pop(newest=self.broker.waits(2) and world.chance(Fault.REORDERED))
        if message is None:
            return None
        world.mark(f"pops a hint of {len(message.hint.ids)}")
        world.loop.current.doing = "after pop"
        if world.chance(Fault.POP_LOST):
            return None
        world.way()
        self.broker.note(message, world.now)
        if world.chance(Fault.REDELIVERED):
            self.broker.put_back(message)
        return message

    def _run(self, message: Message, press: Press) -> None:
        if message.version > self.speaks:
            self.world.mark("sets a newer hint aside")
            return
        try:
            done = issue(message.hint.ids, press, redelivered=message.redelivered)
        except StoreUnavailable:
            self.world.loop.sleep(PAUSE)
        except Raced as race:
            self.world.mark(f"a task failed: {race}")
        else:
            self.world.mark(
                f"issued {len(done.issued)}, left {len(done.left)},"
                f" parked {len(done.parked)}, declined {len(done.declined)}"
            )

    def _ask(self, applicants: Sequence[Applicant]) -> Sequence[Verdict] | None:
        """Answer as an eligibility hook: always the same of the same claim, if at all."""
        self.world.loop.current.doing = "ask"
        self.world.loop.current.keen = 1
        self.world.way()
        if self.world.chance(Fault.HOOK_SILENT):
            return None
        return [self._said(applicant) for applicant in applicants]

    def _said(self, applicant: Applicant) -> Verdict:
        if self.world.chance(Fault.HOOK_UNSURE):
            return Unsure()
        dice = Random(applicant.claim_id)  # nosec B311 # noqa: S311 - dice, no secrets
        return Ineligible("not eligible") if dice.random() < 0.2 else Eligible()
