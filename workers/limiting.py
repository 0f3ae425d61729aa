"""The rate limit that Celery's `claims.issue` shows: the service's issuing rate, over all workers.

Celery's own is per worker, and is switched off; what it calls a task's `rate_limit` is only
shown here, by Flower and by `celery inspect registered`. What is kept stands in the store.
"""

import logging
from typing import Any

from celery import Celery

from fulfiller.broker.topology import ISSUE_TASK
from fulfiller.domain.pace import SERVICE_RATE, Rate
from fulfiller.ops.order import Order
from fulfiller.ops.rating import OFF, sentence
from fulfiller.service.rates import By, Change, set_rate
from fulfiller.wiring import Truth

NO_LIMIT = ("", "0", OFF)
"""What Celery takes for no limit, and our own word."""
NOT_OURS = "{} is not limited: only " + ISSUE_TASK + " is, by what it issues over all workers"
log = logging.getLogger(__name__)


def show_rate(app: Celery, store: Truth) -> None:
    """Let the task show the service's rate as it is in the store."""
    rates = {pace.scope: pace.rate for pace in store.rates(SERVICE_RATE[0])}
    rate = rates.get(SERVICE_RATE)
    app.tasks[ISSUE_TASK].rate_limit = None if rate is None else str(rate)


def flaw(app: Celery, task_name: object, rate_limit: object) -> str | None:
    """Return what is wrong with a wish to limit a task, or None."""
    if task_name not in app.tasks:
        return "unknown task"
    if task_name != ISSUE_TASK:
        return NOT_OURS.format(task_name)
    try:
        wanted(str(rate_limit))
    except ValueError as wrong:
        return f"rate_limit: {wrong}, and not 0"
    return None


def wanted(text: str) -> Rate | None:
    """Return the rate that is meant, None for no limit; raise ValueError for anything else."""
    return None if text in NO_LIMIT else Rate.parse(text)


def limited(order: Order, now: int, store: Truth) -> dict[str, Any]:
    """Do what an order says about the service's rate and return the answer."""
    rate = wanted(order.rate or "")
    by = By(reason=order.reason, actor=order.actor, now=now)
    done = set_rate(SERVICE_RATE, rate, by, store=store)
    log.info("order.obeyed id=%s verb=%s rate=%s by=%s", order.id, order.verb, rate, order.actor)
    return {
        "ok": f"the service {sentence(rate)}",
        "request": order.id,
        "changed": done.how is Change.CHANGED,
    }
