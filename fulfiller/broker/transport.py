"""Kombu's Redis transport, made to survive list elements that are no messages.

Kombu decodes what it pops without a net, so one element that is not JSON ends the worker
that gets it. Here the client that pops looks first, and moves such an element aside.
"""

from collections.abc import Callable
from queue import Empty
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from kombu import transport
from kombu.transport import redis as stock

from fulfiller.broker.quarantine import set_aside
from fulfiller.broker.screen import element_flaw, envelope_flaw
from fulfiller.broker.topology import WORK_QUEUES

POP = "BRPOP"


class Screened(stock.PrefixedStrictRedis):
    """A client that hands on popped elements only if they pass."""

    def __init__(self, *args: Any, passes: Callable[[bytes], bool], **kwargs: Any) -> None:
        """Ask `passes` about each element that is popped."""
        super().__init__(*args, **kwargs)
        self._passes = passes

    def parse_response(self, connection: Any, command_name: str, **options: Any) -> Any:
        """Return the reply to a command; a pop that got an unfit element got nothing."""
        reply = super().parse_response(connection, command_name, **options)
        if command_name == POP and reply and not self._passes(reply[1]):
            return None
        return reply


if TYPE_CHECKING:
    _Base = stock.Channel
    _TransportBase = stock.Transport
else:
    _Base = _TransportBase = object


class _Screening(_Base):
    """What both channels add: their clients are screened, and one does for all messages."""

    _steady: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:  # noqa: FBT001, FBT002 - kombu's
        """Return a client; kombu makes two for each message, which is a fifth of what one costs."""
        if asynchronous:
            return super()._create_client(asynchronous=True)  # type: ignore[misc]
        if self._steady is None or self._steady.connection_pool is not self.pool:
            self._steady = super()._create_client()  # type: ignore[misc]
        return self._steady

    def _get_client(self) -> Callable[..., Screened]:
        def client(**kwargs: Any) -> Screened:
            return Screened(global_keyprefix=self.global_keyprefix, passes=self._passes, **kwargs)

        return client

    def _passes(self, element: bytes) -> bool:
        flaw = element_flaw(element, self)
        if flaw is not None:
            set_aside(self, element, flaw)
        return flaw is None

    def _receive_one(self, client: Any) -> Any:
        """Drop a broadcast that is nested too deeply; kombu itself drops what is no JSON."""
        try:
            return super()._receive_one(client)  # type: ignore[misc]
        except RecursionError:
            raise Empty from None

    def _deliver_fanout_message(self, message: Any, exchange: str) -> bool:
        """Drop a misshapen broadcast: those are never kept anyway."""
        if envelope_flaw(message, self) is not None:
            return False
        # The stubs of kombu don't know this method of theirs.
        return bool(super()._deliver_fanout_message(message, exchange))  # type: ignore[misc]


class Channel(_Screening, stock.Channel):
    """A channel to one server."""


class SentinelChannel(_Screening, stock.SentinelChannel):
    """A channel to the primary that Sentinel names."""


class _Addressing(_TransportBase):
    """What both transports add: a message returns to where it came from, whatever it says.

    What a message says of its way decides where it goes when it is given back, and under which
    tag it is kept until then. Clients of other languages name the list instead of the queue, and
    two messages with one tag would overwrite each other.
    """

    def _deliver(self, message: Any, queue: str | None) -> None:
        if queue in WORK_QUEUES:
            properties = message["properties"]
            properties["delivery_info"] |= {"exchange": "", "routing_key": queue}
            properties["delivery_tag"] = str(uuid4())
        super()._deliver(message, queue)


class Transport(_Addressing, stock.Transport):
    """For `redis://` and `rediss://`."""

    Channel = Channel


class SentinelTransport(_Addressing, stock.SentinelTransport):
    """For `sentinel://`."""

    Channel = SentinelChannel


def install() -> None:
    """Let this process's Redis URLs mean the screened transport.

    By name, since a URL may be handed on to anybody (Flower reads its scheme), and since kombu
    returns to the name in the URL whenever it switches to the next of several hosts.
    """
    ours = f"{__name__}:{Transport.__name__}"
    sentinel = f"{__name__}:{SentinelTransport.__name__}"
    transport.TRANSPORT_ALIASES.update(redis=ours, rediss=ours, sentinel=sentinel)
