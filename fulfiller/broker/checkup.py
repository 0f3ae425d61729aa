"""A checkup of the broker: what it is, how it forgets, and whose mark it bears."""

from dataclasses import dataclass
from typing import Any

from fulfiller.broker.raw import redis_of
from fulfiller.broker.topology import EPOCH_KEY, key

TESTED = "Valkey, with every change; Redis 6.2 and newer speak the same protocol"
UNTESTED = "Not tested yet, though built in: RabbitMQ and Sentinel"
VERSION_MIN = (6, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """What a broker told about itself; None is what its kind does not have.

    `speaks` is the version of Redis whose commands it knows, `mark` the epoch that the
    leading keeper left there.
    """

    server: str
    speaks: tuple[int, ...] | None = None
    eviction: str | None = None
    mark: str | None = None


def examine(channel: Any) -> Checkup:
    """Return what the broker behind a channel is."""
    client = redis_of(channel)
    if client is None:
        return Checkup(server=str(channel.connection.client.transport.driver_type))
    told: Any = client.info()
    mark: Any = client.get(key(EPOCH_KEY))
    kind = str(told.get("server_name", "redis")).capitalize()
    version = str(told.get("valkey_version", told["redis_version"]))
    return Checkup(
        server=f"{kind} {version}",
        speaks=tuple(int(part) for part in str(told["redis_version"]).split(".")[:2]),
        eviction=told.get("maxmemory_policy"),
        mark=None if mark is None else mark.decode(),
    )
