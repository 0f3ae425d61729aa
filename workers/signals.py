"""Celery's signals that concern us: quiet logs, drivers before the fork, tidy children."""

import logging
from typing import Any

from celery import signals
from celery._state import get_current_task
from celery.exceptions import Reject
from celery.utils.log import get_multiprocessing_logger

from fulfiller.domain.error import SettingError
from fulfiller.ops.garbage import settle
from fulfiller.ops.lines import Fields, JsonLines
from fulfiller.ops.trail import prepare
from fulfiller.wiring import open_parts
from workers.desk import guard, leave, settings, trail

QUIET = ("celery.worker.strategy",)
"""Celery says "received" and "succeeded" of each task; the second, with the result, is enough."""


DISCREET = ("celery.pool",)
"""These show a task's arguments at level debug, and those of a submission are not for logs."""


def connect() -> None:
    """Listen from now on."""
    signals.after_setup_logger.connect(_quiet)
    signals.after_setup_logger.connect(_format)
    signals.after_setup_task_logger.connect(_format)
    signals.worker_init.connect(_load)
    signals.worker_process_shutdown.connect(_leave)
    signals.worker_shutdown.connect(_leave)


class _Brief(logging.Filter):
    """Cuts the way through the code off where a task gave its message back on purpose."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, some of them shorter."""
        if record.exc_info and isinstance(record.exc_info[1], Reject):
            record.exc_info = None
        return True


def _quiet(**_: Any) -> None:
    logging.getLogger("celery.app.trace").addFilter(_Brief())
    for name in (*QUIET, *DISCREET):
        logging.getLogger(name).setLevel(logging.WARNING)


def _format(logger: logging.Logger, **_: Any) -> None:
    """Have lines as JSON, if they are wanted so, with the task that says them."""
    if settings().log_format == "json":
        others: Any = get_multiprocessing_logger()
        for handler in (*logger.handlers, *others.handlers):
            handler.setFormatter(JsonLines("worker", _task))


def _task() -> Fields:
    task: Any = get_current_task()
    return {"task_id": task.request.id, "task": task.name} if task else {}


def _load(**_: Any) -> None:
    """Import drivers before the fork, for an import in each child would cost it a second.

    And the eligibility hook: without the one that is configured no worker may begin.
    """
    open_parts(settings(), application="worker").close()
    try:
        guard()
    except SettingError as fault:
        raise SystemExit(str(fault)) from fault
    # Before the fork, so that what it imports is shared; what it runs begins behind.
    prepare(settings())
    # Before the fork, so that all children share what is never looked through.
    settle()


def _leave(**_: Any) -> None:
    leave()
    if trail.cache_info().currsize:
        trail().close()
        trail.cache_clear()
