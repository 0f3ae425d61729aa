"""The simulated broker does as Valkey under Celery does: random traces, step by step, on both.

The real one is asked through the queue port and through kombu, as publishers and workers ask it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

import pytest
from celery import Celery
from redis import Redis

from fulfiller.broker.app import celery_app
from fulfiller.broker.message import Unfit, read
from fulfiller.broker.queue import CeleryQueue
from fulfiller.broker.topology import queue_name
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.tier import Tier
from fulfiller.ops.embedded.server import Server
from fulfiller.service.dispatch import Hint, Lane
from fulfiller.sim.broker import Message, SimBroker
from fulfiller.sim.loop import Loop

STEPS = 120
SEEDS = 5
VISIBILITY = 10**12
Ids = tuple[ClaimId, ...]


class Port(Protocol):
    """A broker as a trace drives it."""

    def publish(self, hint: Hint) -> None:
        """Offer claims."""

    def pop(self, tier: Tier) -> tuple[Ids, bool] | None:
        """Take the next message of a tier: its claims, and whether it has come before."""

    def ack(self, number: int) -> None:
        """Acknowledge the message that was taken so many pops ago."""

    def give_back(self, number: int) -> None:
        """Give back the message that was taken so many pops ago."""

    def mark(self, epoch: str) -> None:
        """Leave an epoch there."""

    def intact(self, epoch: str) -> bool | None:
        """Return whether an epoch is there."""

    def wipe(self) -> None:
        """Let it lose everything."""

    def depths(self) -> dict[Tier, int]:
        """Return how many messages wait, by tier."""


class _Simulated:
    """The simulator's broker."""

    def __init__(self) -> None:
        """Start empty."""
        self._broker = SimBroker(Loop(Random(0)), VISIBILITY)
        self._taken: list[Message] = []

    def publish(self, hint: Hint) -> None:
        self._broker.push(hint)

    def pop(self, tier: Tier) -> tuple[Ids, bool] | None:
        message = self._broker.pop_of(tier)
        if message is None:
            return None
        self._broker.note(message, 0)
        self._taken.append(message)
        return message.hint.ids, message.redelivered

    def ack(self, number: int) -> None:
        self._broker.ack(self._taken.pop(number))

    def give_back(self, number: int) -> None:
        self._broker.put_back(self._taken.pop(number))

    def mark(self, epoch: str) -> None:
        self._broker.epoch = epoch

    def intact(self, epoch: str) -> bool | None:
        return self._broker.epoch == epoch

    def wipe(self) -> None:
        self._broker.wipe()
        self._taken.clear()

    def depths(self) -> dict[Tier, int]:
        return self._broker.depths()


class _Real:
    """Valkey, with our queue port on one side and kombu, as workers use it, on the other."""

    def __init__(self, url: str) -> None:
        """Connect."""
        self._queue = CeleryQueue(url)
        self._redis = Redis.from_url(url)
        self._app: Celery = celery_app(url)
        self._connection = self._app.connection_for_read()
        self._channel: Any = self._connection.channel()
        self._taken: list[Any] = []

    def publish(self, hint: Hint) -> None:
        assert self._queue.publish([hint])

    def pop(self, tier: Tier) -> tuple[Ids, bool] | None:
        message = self._channel.basic_get(queue_name(tier))
        if message is None:
            return None
        self._taken.append(message)
        args, kwargs, _ = message.decode()
        ids = read(args, kwargs, message.headers)
        assert not isinstance(ids, Unfit)
        return ids, bool(message.delivery_info.get("redelivered"))

    def ack(self, number: int) -> None:
        self._taken.pop(number).ack()

    def give_back(self, number: int) -> None:
        self._taken.pop(number).requeue()

    def mark(self, epoch: str) -> None:
        assert self._queue.mark(epoch)

    def intact(self, epoch: str) -> bool | None:
        return self._queue.intact(epoch)

    def wipe(self) -> None:
        self._redis.flushall()
        self._channel.close()
        self._channel = self._connection.channel()
        self._taken.clear()

    def depths(self) -> dict[Tier, int]:
        found = self._queue.depths()
        assert found is not None
        return dict(found)

    def close(self) -> None:
        """Give the connections back."""
        self._channel.close()
        self._connection.close()
        self._queue.close()
        self._redis.close()


@dataclass(slots=True)
class Driver:
    """Draws what is done next; `taken` is how many messages are being worked on."""

    dice: Random
    taken: int = 0
    claims: int = 0
    told: list[object] = field(default_factory=list)

    def step(self, model: Port, real: Port) -> tuple[object, object]:
        """Do the same to both and return what they answered."""
        name = self.dice.choice(("publish", "publish", "pop", "pop", "ack", "give back", "epoch"))
        if self.dice.random() < 0.02:
            name = "wipe"
        self.told.append(name)
        match name:
            case "publish":
                hint = self._hint()
                return model.publish(hint), real.publish(hint)  # type: ignore[func-returns-value]  # None, both
            case "pop":
                tier = self.dice.choice(tuple(Tier))
                popped = model.pop(tier), real.pop(tier)
                self.taken += popped[0] is not None
                return popped
            case "epoch":
                return self._epoch(model, real)
            case "wipe":
                self.taken = 0
                model.wipe()
                real.wipe()
            case "ack" | "give back" if self.taken:
                number = self.dice.randrange(self.taken)
                self.taken -= 1
                for each in (model, real):
                    (each.ack if name == "ack" else each.give_back)(number)
        return None, None

    def _epoch(self, model: Port, real: Port) -> tuple[object, object]:
        epoch = self.dice.choice(("a", "b"))
        if self.dice.random() < 0.5:
            model.mark(epoch)
            real.mark(epoch)
        return model.intact(epoch), real.intact(epoch)

    def _hint(self) -> Hint:
        ids = []
        for _ in range(self.dice.randint(1, 3)):
            self.claims += 1
            ids.append(ClaimId(f"01900000-0000-7000-a000-{self.claims:012x}"))
        return Hint(Lane("festival", self.dice.choice(tuple(Tier))), tuple(ids))


@pytest.fixture
def real(valkey: Server) -> Iterator[_Real]:
    """An empty Valkey."""
    opened = _Real(valkey.url)
    yield opened
    opened.close()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_valkey_does_as_the_simulated_broker(real: _Real, seed: int) -> None:
    """Order, what comes again and says so, what is lost with everything, what is still known."""
    model, driver = _Simulated(), Driver(Random(seed))
    for step in range(STEPS):
        expected, found = driver.step(model, real)
        assert found == expected, (step, driver.told)
        assert real.depths() == model.depths(), (step, driver.told)
    assert {"publish", "pop", "ack", "give back", "epoch"} <= {*map(str, driver.told)}
