"""The simulated broker: at least once at best, and at worst nothing of what it had.

It fails as Celery's Redis transport does: a message is popped in one round trip and noted as
being worked on in the next, so that between the two it is nowhere; what was noted comes again
after a visibility timeout, worked on or not; a publisher that hears nothing sends again.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import Hint
from fulfiller.sim.fault import Fault
from fulfiller.sim.loop import SECOND, Loop, Task
from fulfiller.sim.world import World

TIERS = tuple(Tier)
TIMEOUT = SECOND
"""What a question may take before it counts as not answered."""


@dataclass(frozen=True, slots=True)
class Message:
    """A hint on its way; `version` is what its publisher speaks."""

    number: int
    hint: Hint
    version: int = 1
    redelivered: bool = False


class SimBroker:
    """Queues by tier, and the messages that are being worked on, with when they come again."""

    def __init__(self, loop: Loop, visibility: int) -> None:
        """Start empty; `visibility` is the visibility timeout in microseconds."""
        self._loop = loop
        self._waiting: deque[Task] = deque()
        self.epoch = ""
        self.away_until = 0
        self.frozen_until = 0
        self._visibility = visibility
        self._queues: dict[Tier, deque[Message]] = {tier: deque() for tier in Tier}
        self._noted: dict[int, tuple[Message, int]] = {}
        self._numbers = 0
        self._turn = 0

    def push(self, hint: Hint, version: int = 1) -> None:
        """Put a hint at the end of its tier's queue."""
        self._numbers += 1
        self._queues[hint.lane.tier].append(Message(self._numbers, hint, version))
        self._call_somebody()

    def wait(self, microseconds: int) -> None:
        """Wait until there may be something to pop, for so long at most."""
        self._waiting.append(self._loop.current)
        self._loop.sleep(microseconds)

    def waits(self, number: int) -> bool:
        """Return whether at least so many messages wait in one queue."""
        return any(len(queue) >= number for queue in self._queues.values())

    def pop(self, *, newest: bool = False) -> Message | None:
        """Take the next message, tiers in turn; nobody knows of it until it is noted."""
        for _ in TIERS:
            self._turn = (self._turn + 1) % len(TIERS)
            if message := self.pop_of(TIERS[self._turn], newest=newest):
                return message
        return None

    def pop_of(self, tier: Tier, *, newest: bool = False) -> Message | None:
        """Take the next message of a tier."""
        queue = self._queues[tier]
        if not queue:
            return None
        return queue.pop() if newest else queue.popleft()

    def note(self, message: Message, now: int) -> None:
        """Note that a message is being worked on."""
        self._noted[message.number] = (message, now + self._visibility)

    def ack(self, message: Message) -> None:
        """Forget a message that is done."""
        self._noted.pop(message.number, None)

    def restore(self, now: int) -> None:
        """Put back what has been worked on for too long."""
        for number in [n for n, (_, due) in self._noted.items() if due <= now]:
            self.put_back(self._noted.pop(number)[0])

    def put_back(self, message: Message) -> None:
        """Deliver a message again, behind all others, and say so."""
        self._noted.pop(message.number, None)
        self._queues[message.hint.lane.tier].append(replace(message, redelivered=True))
        self._call_somebody()

    def wipe(self) -> None:
        """Lose everything."""
        self.epoch = ""
        self._noted.clear()
        for queue in self._queues.values():
            queue.clear()

    def depths(self) -> dict[Tier, int]:
        """Return how many messages wait, by tier."""
        return {tier: len(queue) for tier, queue in self._queues.items()}

    def _call_somebody(self) -> None:
        while self._waiting:
            task = self._waiting.popleft()
            if not task.dead:
                self._loop.wake(task)
                return


class SimQueue:
    """The queue port as one process sees it: bounded questions, and nothing ever raises."""

    def __init__(self, world: World, broker: SimBroker) -> None:
        """Ask this broker."""
        self._world = world
        self._broker = broker

    def publish(self, hints: Sequence[Hint]) -> bool:
        """Offer claims to the workers; False when the broker did not take all of it."""
        if not self._reached("publish"):
            return False
        for hint in hints:
            self._send(hint)
        heard = not self._world.chance(Fault.PUBLISH_SILENT)
        self._world.mark(f"publishes {[len(hint.ids) for hint in hints]} {heard}")
        self._world.way()
        return heard

    def depths(self) -> Mapping[Tier, int] | None:
        """Return the tasks waiting per tier, or None when the broker does not answer."""
        return self._broker.depths() if self._asked("depths") else None

    def intact(self, epoch: str) -> bool | None:
        """Return whether the broker still knows this epoch; None when it does not answer."""
        return self._broker.epoch == epoch if self._asked("intact") else None

    def mark(self, epoch: str) -> bool:
        """Leave an epoch with the broker, so that its total loss can be seen."""
        if not self._asked("mark"):
            return False
        self._broker.epoch = epoch
        return True

    def _send(self, hint: Hint) -> None:
        if self._world.chance(Fault.PUBLISH_LOST):
            return
        version = 2 if self._world.chance(Fault.NEWER_HINT) else 1
        self._broker.push(hint, version)
        if self._world.chance(Fault.PUBLISH_TWICE):
            self._broker.push(hint, version)

    def _asked(self, what: str) -> bool:
        reached = self._reached(what)
        self._world.mark(f"{what} {reached}")
        return reached

    def _reached(self, what: str) -> bool:
        """Return whether the broker answers in time; who asks a frozen one waits for that long."""
        world = self._world
        world.loop.current.doing = what
        world.way()
        if world.now < self._broker.frozen_until:
            world.loop.sleep(TIMEOUT)
        return world.now >= max(self._broker.frozen_until, self._broker.away_until)
