"""A hint as a Celery message: written by publishers, read by workers.

The arguments are one list of public claim ids. Version, campaign, tier and number stand in
the headers for people; workers take from the store what they act on.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import uuid4

from celery import Celery
from kombu import Producer

from fulfiller.broker.topology import HINT_VERSION, IDS_MAX, ISSUE_TASK, queue_name
from fulfiller.domain.claim import CLAIM_PREFIX, ClaimId, public_id
from fulfiller.service.dispatch import Hint

# As the store spells ids. Parsing each as a UUID took 3 us, a tenth of all that issuing costs.
_public = re.compile(CLAIM_PREFIX + "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


class Flaw(StrEnum):
    """Why a message is set aside instead of run."""

    UNDECODABLE = "undecodable"
    MISSHAPEN = "misshapen"
    UNKNOWN_TASK = "unknown_task"
    NEWER_VERSION = "newer_version"
    OVERSIZE = "oversize"
    MALFORMED_IDS = "malformed_ids"
    MALFORMED_SUBMISSION = "malformed_submission"
    MALFORMED_CLAIM = "malformed_claim"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Unfit:
    """A message that can't be a hint, and why."""

    flaw: Flaw


def send(hint: Hint, producer: Producer, app: Celery) -> None:
    """Publish a hint to the queue of its tier."""
    ids = [public_id(claim_id) for claim_id in hint.ids]
    headers, properties, body, _ = app.amqp.as_task_v2(
        str(uuid4()), ISSUE_TASK, (ids,), argsrepr=told(hint), kwargsrepr="", ignore_result=True
    )
    producer.publish(
        body,
        exchange="",
        routing_key=queue_name(hint.lane.tier),
        serializer="json",
        headers=headers | _notes(hint),
        **properties,
    )


def told(hint: Hint) -> str:
    """Return what logs and Flower show: a lone claim's id, else campaign, tier and number."""
    if len(hint.ids) == 1:
        return public_id(hint.ids[0])
    return f"{hint.lane.campaign} {hint.lane.tier} x{len(hint.ids)}"


def read(
    args: object, kwargs: object, headers: Mapping[str, Any] | None
) -> tuple[ClaimId, ...] | Unfit:
    """Return the claim ids of a task's arguments, or what is wrong with them."""
    version = (headers or {}).get("v", HINT_VERSION)
    if not isinstance(version, int) or version > HINT_VERSION:
        return Unfit(Flaw.NEWER_VERSION)
    match args, kwargs:
        case [[list() as ids], {}] if ids and not kwargs:
            return _ids(ids)
    return Unfit(Flaw.MALFORMED_IDS)


def _notes(hint: Hint) -> dict[str, Any]:
    return {
        "v": HINT_VERSION,
        "campaign": hint.lane.campaign,
        "tier": str(hint.lane.tier),
        "n": len(hint.ids),
    }


def _ids(ids: list[object]) -> tuple[ClaimId, ...] | Unfit:
    if len(ids) > IDS_MAX:
        return Unfit(Flaw.OVERSIZE)
    if not all(isinstance(claim_id, str) and _public(claim_id) for claim_id in ids):
        return Unfit(Flaw.MALFORMED_IDS)
    return tuple([ClaimId(str(claim_id)[len(CLAIM_PREFIX) :]) for claim_id in ids])
