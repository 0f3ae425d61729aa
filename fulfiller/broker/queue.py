"""The queue port on Celery: publish, look and mark within a second, and never raise.

One connection, for one thread. Whatever goes wrong, it is dropped: a late answer of the old
one must never be taken for the answer to the next question.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from kombu import Connection, Producer
from kombu.common import maybe_declare

from fulfiller.broker.app import celery_app
from fulfiller.broker.checkup import Checkup, examine
from fulfiller.broker.door import Gazette
from fulfiller.broker.message import Flaw, send
from fulfiller.broker.quarantine import Kept, clear, counts, newest, one, set_aside
from fulfiller.broker.raw import redis_of
from fulfiller.broker.tally import count, counted, failed_again
from fulfiller.broker.topology import (
    EPOCH_KEY,
    IDS_MAX,
    QUEUE_NAMES,
    WORK_QUEUES,
    key,
)
from fulfiller.broker.waits import count as add_waits
from fulfiller.broker.waits import counted as counted_waits
from fulfiller.domain.bucket import News
from fulfiller.domain.tier import Tier
from fulfiller.domain.waits import Waits
from fulfiller.service.dispatch import Hint

Channel = Any
"""A channel of kombu, whose kind depends on the broker."""
Answer = TypeVar("Answer")
BATCH_COMMANDS = 100
"""Hints in one write to the broker: 100 full ones are 3 MB."""


class CeleryQueue:
    """The broker as intakes and keepers see it; not to be shared by threads.

    `fault` is what went wrong last, None after a success.
    """

    def __init__(self, broker_url: str, *, socket_timeout_s: float = 1.0) -> None:
        """Connect to nothing yet."""
        self.fault: str | None = None
        self._gazette = Gazette()
        self._app = celery_app(broker_url, **_bounded(broker_url, socket_timeout_s))
        self._connection: Connection = self._app.connection_for_write()

    def publish(self, hints: Sequence[Hint]) -> bool:
        """Offer claims to the workers; False when the broker did not take all of it."""
        if any(len(hint.ids) > IDS_MAX for hint in hints):
            self.fault = f"a hint carries at most {IDS_MAX} ids"
            return False
        return not hints or self._ask(lambda channel: self._publish(channel, hints)) is True

    def depths(self) -> Mapping[Tier, int] | None:
        """Return the tasks waiting per tier, or None when the broker does not answer."""
        return self._ask(_depths)

    def lengths(self) -> Mapping[str, int] | None:
        """Return how many messages wait, by queue, or None when the broker does not answer."""
        return self._ask(_lengths)

    def intact(self, epoch: str) -> bool | None:
        """Return whether the broker still knows this epoch; None when it does not answer.

        A broker without keys can't be emptied unnoticed, since its queues would be gone.
        """
        return self._ask(lambda channel: _intact(channel, epoch))

    def mark(self, epoch: str) -> bool:
        """Leave an epoch with the broker, so that its total loss can be seen."""
        return self._ask(lambda channel: _mark(channel, epoch)) is True

    def quarantined(self) -> Mapping[str, int] | None:
        """Return how many messages were set aside, by flaw."""
        return self._ask(counts)

    def kept(self, limit: int) -> Sequence[Kept] | None:
        """Return the newest messages of the quarantine."""
        return self._ask(lambda channel: newest(channel, limit))

    def kept_one(self, kept_id: str) -> Kept | None:
        """Return a message of the quarantine; None also if the broker does not answer."""
        return self._ask(lambda channel: one(channel, kept_id))

    def clear(self, ids: Sequence[str] = ()) -> int | None:
        """Forget these messages of the quarantine, or all of them, and return how many."""
        return self._ask(lambda channel: clear(channel, ids))

    def set_aside(self, content: bytes, flaw: Flaw, remark: str = "") -> None:
        """Put a message into the quarantine."""
        self._ask(lambda channel: set_aside(channel, content, flaw, remark))

    def remembers(self) -> bool | None:
        """Return whether this broker keeps and counts what is set aside, as Redis does."""
        return self._ask(lambda channel: redis_of(channel) is not None)

    def count_submitted(self, outcomes: Mapping[str, int]) -> None:
        """Count claims that came in through the broker, by what became of them."""
        self._ask(lambda channel: count(channel, outcomes))

    def submitted(self) -> Mapping[str, int] | None:
        """Return how many claims came in through the broker, by what became of them."""
        return self._ask(counted)

    def count_waits(self, waits: Mapping[Tier, Waits]) -> bool:
        """Count how long claims waited for their coupon; False when the broker did not hear it."""
        self._ask(lambda channel: add_waits(channel, waits))
        return self.fault is None

    def waits(self) -> Mapping[Tier, Waits] | None:
        """Return how long claims waited for their coupon so far, by tier."""
        return self._ask(counted_waits)

    def tell_doors(self, said: Mapping[str, bytes]) -> Sequence[News] | None:
        """Tell other intakes whom each door limit let in here, and return what they told.

        None when the broker does not answer, or is of a kind that can't pass it on.
        """
        return self._ask(lambda channel: self._gazette.exchange(channel, said))

    def failed_again(self, message_id: str) -> int | None:
        """Count that a message failed, and return how often it did; None if nobody counts."""
        return self._ask(lambda channel: failed_again(channel, message_id))

    def checkup(self) -> Checkup | None:
        """Return what the broker is, or None when it does not answer."""
        return self._ask(examine)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.collect(socket_timeout=0.1)

    def _publish(self, channel: Channel, hints: Sequence[Hint]) -> bool:
        # The stubs of kombu don't know about batches yet.
        producer: Any = Producer(channel, auto_declare=False)
        with producer.batch(max_size=BATCH_COMMANDS):
            for hint in hints:
                send(hint, producer, self._app)
        return True

    def _ask(self, question: Callable[[Channel], Answer]) -> Answer | None:
        try:
            answer = question(self._channel())
        except Exception as fault:  # noqa: BLE001 - a broker may fail in any way, and is no matter
            self.fault = _told(fault)
            self._drop()
            return None
        self.fault = None
        return answer

    def _channel(self) -> Channel:
        if not self._connection.connected:
            self._connection.ensure_connection(max_retries=0)
            self._declare()
        return self._connection.default_channel

    def _declare(self) -> None:
        """Make the queues of a broker that drops what is sent to an unknown one."""
        channel = self._connection.default_channel
        if redis_of(channel) is None:
            for queue in self._app.amqp.queues.values():
                maybe_declare(queue, channel)

    def _drop(self) -> None:
        self._connection.collect(socket_timeout=0.1)
        self._connection.maybe_switch_next()


def _bounded(broker_url: str, timeout_s: float) -> dict[str, object]:
    """Return the settings that keep every call short."""
    if broker_url.startswith("amqp"):
        options = {"read_timeout": timeout_s, "write_timeout": timeout_s}
    else:
        options = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
    return {
        "broker_connection_timeout": timeout_s,
        "broker_transport_options": options,
    }


def _depths(channel: Channel) -> Mapping[Tier, int]:
    lengths = _lengths(channel)
    return {tier: lengths[name] for tier, name in QUEUE_NAMES.items()}


def _lengths(channel: Channel) -> Mapping[str, int]:
    client = redis_of(channel)
    if client is None:
        return {name: _declared_depth(channel, name) for name in WORK_QUEUES}
    pipeline = client.pipeline(transaction=False)
    for name in WORK_QUEUES:
        pipeline.llen(key(name))
    return dict(zip(WORK_QUEUES, pipeline.execute(), strict=True))


def _declared_depth(channel: Channel, name: str) -> int:
    return int(channel.queue_declare(name, passive=True).message_count)


def _intact(channel: Channel, epoch: str) -> bool:
    client = redis_of(channel)
    return client is None or client.get(key(EPOCH_KEY)) == epoch.encode()


def _mark(channel: Channel, epoch: str) -> bool:
    client = redis_of(channel)
    return client is None or bool(client.set(key(EPOCH_KEY), epoch))


def _told(fault: BaseException) -> str:
    cause = fault.__cause__ or fault
    return f"{type(cause).__name__}: {cause}"
