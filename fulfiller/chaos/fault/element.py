"""Elements of the broker's lists as Celery writes them, looked into and made by hand."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import msgspec

from fulfiller.broker.topology import QUEUE_NAMES, key

QUEUES = tuple(QUEUE_NAMES.values())
"""The queues of the tiers."""
UNACKED = key("unacked")
"""Where kombu keeps what a worker has in hand: element, exchange and queue of each."""


def waiting(client: Any) -> Iterator[tuple[str, bytes]]:
    """Yield each element that waits in a queue of the tiers, with that queue."""
    for queue in QUEUES:
        for element in client.lrange(key(queue), 0, -1):
            yield queue, element


def in_hand(client: Any) -> Iterator[tuple[str, bytes]]:
    """Yield each element that a worker has taken and not yet acknowledged, with its queue."""
    for kept in client.hvals(UNACKED):
        envelope, _, queue = msgspec.json.decode(kept)
        if queue in QUEUES:
            yield queue, msgspec.json.encode(envelope)


def task_id(element: bytes) -> str | None:
    """Return the id of the task in an element, None if it is no task."""
    try:
        return str(msgspec.json.decode(element)["headers"]["id"])
    except (msgspec.DecodeError, LookupError, TypeError):
        return None


def said(element: bytes) -> bytes:
    """Return what an element says to its task: arguments and keywords, in JSON."""
    try:
        return b64decode(msgspec.json.decode(element)["body"])
    except (msgspec.DecodeError, LookupError, TypeError, ValueError):
        return b""


def made(
    queue: str,
    task: str,
    args: object,
    *,
    content_type: str = "application/json",
    **headers: object,
) -> bytes:
    """Return an element that asks for a task; further headers are laid over the usual ones."""
    number = str(uuid4())
    usual = {"lang": "py", "task": task, "id": number, "root_id": number, "argsrepr": ""}
    properties = {
        "correlation_id": number,
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": queue},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": str(uuid4()),
    }
    return msgspec.json.encode(
        {
            "body": b64encode(msgspec.json.encode((args, {}, None))).decode(),
            "content-encoding": "utf-8",
            "content-type": content_type,
            "headers": usual | headers,
            "properties": properties,
        }
    )
