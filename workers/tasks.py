"""The tasks: a few lines each, for the verbs are in `fulfiller.service`."""

from contextlib import suppress
from threading import Event
from typing import Any

from celery import Task
from celery.exceptions import Reject
from celery.worker.request import Request

from fulfiller.broker.message import Unfit, read
from fulfiller.broker.topology import ISSUE_TASK, SUBMIT_TASK
from fulfiller.clock import monotonic
from fulfiller.domain.error import StoreError, StoreUnavailable
from fulfiller.domain.outcome import Issued
from fulfiller.service.issue import issue
from workers.celery import app
from workers.desk import desk, parts, tally, trail
from workers.submitting import submit

RESULT_MAX = 200
"""Characters of a result, which logs and Flower show."""
PAUSE_S = 1.0
"""How long a task waits before it gives up on a store that is away, lest it go in circles."""
_never = Event()


class Discreet(Request):
    """A request that never tells its arguments, not even to whoever inspects the worker."""

    def info(self, safe: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002 - Celery's
        """Return what inspectors see, with that which stands for the arguments."""
        return super().info(safe=True)


@app.task(name=ISSUE_TASK, bind=True, typing=False)
def claims_issue(self: Task[..., str], *args: Any, **kwargs: Any) -> str:
    """Issue coupons: one claim = one task at rest, up to 1,000 under load.

    It may run any number of times for the same claims. There is no retry: what stays open in
    the store is offered again by the keeper's sweep.
    """
    ids = read(args, kwargs, self.request.headers)
    if isinstance(ids, Unfit):
        # A message that is no hint of ours is acknowledged like any other.
        parts().queue.set_aside(repr(args).encode(), ids.flaw)
        return f"quarantined={ids.flaw}"
    redelivered = bool((self.request.delivery_info or {}).get("redelivered"))
    began = monotonic()
    try:
        done = issue(ids, desk(), redelivered=redelivered)
    except StoreUnavailable as fault:
        # What is left open is offered again; a pool must not run through the backlog meanwhile.
        _never.wait(PAUSE_S)
        return f"left={len(ids)} {type(fault).__name__}: {fault}"[:RESULT_MAX]
    if trail().on:
        trail().done(ids, done, self.request.id or "", began)
    with suppress(StoreError):
        tally().add(_queue(self.request), done.issued, parts().clock.now())
    return told(done)


@app.task(name=SUBMIT_TASK, bind=True, typing=False, Request=Discreet)
def claims_submit(self: Task[..., str], *args: Any, **kwargs: Any) -> str:
    """Take claims in from any Celery client: the keywords are an API key and 1 to 500 claims.

    Enqueued is not accepted: that they are once the store has them. Until then the message is
    all there is, so it is given back while the store does not answer, and it may come again
    at any time: the same idempotency key is the same claim.
    """
    try:
        told_of = submit(args, kwargs, parts(), message_id=self.request.id or "", trail=trail())
        return told_of[:RESULT_MAX]
    except Exception as fault:  # noqa: BLE001 - whatever it is, the message is not lost
        _never.wait(PAUSE_S)
        # Only the kind: what a database complains about may name a person.
        raise Reject(type(fault).__name__, requeue=True) from None


def _queue(request: Any) -> str:
    return str((request.delivery_info or {}).get("routing_key", ""))


def told(done: Issued) -> str:
    """Return what a run did, as logs and Flower show it."""
    counts = {name: len(getattr(done, name)) for name in ("issued", "left", "parked", "declined")}
    return " ".join(f"{name}={number}" for name, number in counts.items())
