"""What a message must look like so that a worker's main process survives taking it in.

Celery trusts what it finds in a queue: a missing header, a number for a name or one argument
too many ends the worker, and so does a list element that is not JSON at all.
"""

from collections.abc import Collection
from typing import Annotated, Any

import msgspec
from celery.utils.time import maybe_iso8601
from kombu.message import Message
from kombu.utils.json import loads

from fulfiller.broker.message import Flaw

SIZE_MAX = 2 * 1024 * 1024
"""Bytes of a message at most: 500 claims as long as claims may be, written in base64."""


class _DeliveryInfo(msgspec.Struct):
    exchange: str
    routing_key: str


class _Properties(msgspec.Struct):
    delivery_tag: str
    delivery_info: _DeliveryInfo
    priority: int | None = None
    reply_to: str | None = None
    correlation_id: str | None = None


class _Headers(msgspec.Struct):
    """The headers that are kept and that Celery's main process reads."""

    task: str
    id: Annotated[str, msgspec.Meta(max_length=255)]
    argsrepr: str | None = None
    kwargsrepr: str | None = None
    expires: str | None = None


_Body = tuple[list[Any], dict[str, Any], dict[str, Any] | None]
"""Arguments, keywords, and what Celery wants to know about them."""


def element_flaw(element: bytes, channel: Any) -> Flaw | None:
    """Return what keeps a list element of Redis from becoming a message."""
    if len(element) > SIZE_MAX:
        return Flaw.OVERSIZE
    try:
        envelope = loads(element)
    except (ValueError, TypeError, RecursionError):
        return Flaw.UNDECODABLE
    return envelope_flaw(envelope, channel)


def envelope_flaw(envelope: Any, channel: Any) -> Flaw | None:
    """Return what keeps a decoded element from becoming a message."""
    try:
        # Unpacked it might be of any size, and kombu unpacks before anybody can look.
        if "compression" in envelope["headers"]:
            return Flaw.MISSHAPEN
        channel.Message(envelope, channel=channel)
        msgspec.convert(envelope["properties"], _Properties)
    except (ValueError, TypeError, LookupError, AttributeError):
        return Flaw.MISSHAPEN
    return None


def task_flaw(message: Message, names: Collection[str]) -> Flaw | None:
    """Return what keeps a message from becoming a request for one of these tasks."""
    try:
        headers = msgspec.convert(message.headers, _Headers)
        msgspec.convert(message.payload, _Body)
        maybe_iso8601(headers.expires)
    except (msgspec.ValidationError, TypeError, ValueError):
        return Flaw.MISSHAPEN
    except Exception:  # noqa: BLE001 - decoders raise what they like for what strangers send
        return Flaw.UNDECODABLE
    return None if headers.task in names else Flaw.UNKNOWN_TASK
