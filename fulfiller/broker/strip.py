"""What is left of a message before a worker runs it: this task, these arguments, nothing else.

A message may ask much of Celery: to send other tasks when it is done (links, chords, chains),
to wait, to run longer, to go by another name. Who may put messages into a queue may not ask
for any of that, and what a submission carries must not reach events, Flower or a log.
"""

from typing import Any, cast

from kombu.message import Message
from kombu.utils.json import dumps

from fulfiller.broker.topology import SUBMIT_TASK

KEPT = ("task", "id", "expires", "v", "campaign", "tier", "n")
"""Headers that a task of ours is run with, besides what stands for its arguments."""
NO_LINKS = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
REPR_MAX = 200
"""Characters that stand for the arguments."""


def strip(message: Message) -> None:
    """Take everything out of a message that passed the screen but what our tasks need."""
    headers, payload = message.headers, cast("list[Any]", message.payload)
    # Celery's clients write all arguments out here, and events carry that to Flower.
    submitted = headers["task"] == SUBMIT_TASK
    shown = told(payload[1]) if submitted else (headers.get("argsrepr") or "")[:REPR_MAX]
    kept = {name: headers[name] for name in KEPT if name in headers}
    message.headers = kept | {"argsrepr": shown, "kwargsrepr": ""}
    if payload[2] and payload[2] != NO_LINKS:
        payload[2] = {}
        message.body, message.content_encoding = dumps(payload), "utf-8"


def told(kwargs: dict[str, object]) -> str:
    """Return all that logs and Flower show of a submission: how many claims it carries."""
    claims = kwargs.get("claims")
    return f"x{len(claims)}" if isinstance(claims, list) else "x?"
