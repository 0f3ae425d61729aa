"""The tasks: a few lines each, for the verbs are in `fulfiller.service`."""

from typing import Any

from celery import Task

from fulfiller.broker.message import Unfit, read
from fulfiller.broker.quarantine import set_aside
from fulfiller.broker.topology import ISSUE_TASK
from fulfiller.domain.error import StoreUnavailable
from fulfiller.domain.outcome import Issued
from fulfiller.service.issue import issue
from workers.celery import app
from workers.desk import desk

RESULT_MAX = 200
"""Characters of a result, which logs and Flower show."""


@app.task(name=ISSUE_TASK, bind=True, typing=False)
def claims_issue(self: Task[..., str], *args: Any, **kwargs: Any) -> str:
    """Issue coupons: one claim = one task at rest, up to 500 under load.

    It may run any number of times for the same claims. There is no retry: what stays open in
    the store is offered again by the keeper's sweep.
    """
    ids = read(args, kwargs, self.request.headers)
    if isinstance(ids, Unfit):
        return _refused(self, ids, args)
    redelivered = bool((self.request.delivery_info or {}).get("redelivered"))
    try:
        return told(issue(ids, desk(), redelivered=redelivered))
    except StoreUnavailable as fault:
        return f"left={len(ids)} {type(fault).__name__}: {fault}"[:RESULT_MAX]


def told(done: Issued) -> str:
    """Return what a run did, as logs and Flower show it."""
    return f"issued={len(done.issued)} left={len(done.left)} parked={len(done.parked)}"


def _refused(task: Task[..., str], unfit: Unfit, args: object) -> str:
    """Set a message aside that is no hint of ours; it is acknowledged like any other."""
    with task.app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=0)
        set_aside(connection.default_channel, repr(args).encode(), unfit.flaw)
    return f"quarantined={unfit.flaw}"
