"""Steps of a worker's main process: screen what comes in, and announce how much fits.

They run in its event loop, where 50 ms delay every acknowledgement.
"""

import logging
from collections.abc import Callable
from typing import Any

from celery import Celery
from celery.bootsteps import StartStopStep
from kombu.message import Message

from fulfiller.broker.quarantine import set_aside
from fulfiller.broker.screen import task_flaw
from fulfiller.broker.strip import strip
from fulfiller.wiring import open_truth
from workers.deadline import within
from workers.desk import settings
from workers.limiting import show_rate

ANNOUNCE_EVERY_S = 3.0
ANNOUNCE_TTL_S = 10.0
ANNOUNCE_LIMIT_S = 0.5
"""A store that does not answer may hold the worker up for this long."""
BUILT_IN = "celery."

Consumer = Any
"""Celery's, whose attributes its stubs don't know."""
log = logging.getLogger(__name__)


class Screen(StartStopStep):
    """Set messages aside that would end the worker or that it has no task for."""

    def start(self, parent: Consumer) -> None:
        """Put the screen in front of Celery's own handler, which the loop asks for later."""
        parent.__dict__.pop("create_task_handler", None)  # ours, of the connection before
        make_handler = parent.create_task_handler
        parent.create_task_handler = lambda: screened(make_handler(), parent)


def screened(handle: Callable[[Message], Any], consumer: Consumer) -> Callable[[Message], Any]:
    """Return a message handler that passes on only what Celery survives, and what we run."""
    # Celery has tasks of its own, which run whatever task their arguments name.
    names = {name for name in consumer.app.tasks if not name.startswith(BUILT_IN)}

    def on_message(message: Message) -> None:
        flaw = task_flaw(message, names)
        if flaw is None:
            strip(message)
            handle(message)
            return
        set_aside(message.channel, message.body or b"", flaw)
        message.reject_log_error(log, consumer.connection_errors)

    return on_message


class Announce(StartStopStep):
    """Tell the store every few seconds how many tasks this worker runs at once."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Consumer, **options: Any) -> None:
        """Nothing is wrong yet."""
        super().__init__(parent, **options)
        self._timer: Any = None
        self._silent = False

    def start(self, parent: Consumer) -> None:
        """Announce now and from now on; a reconnect brings a new timer."""
        self._tick(parent)
        self._timer = parent.timer.call_repeatedly(ANNOUNCE_EVERY_S, self._tick, (parent,))

    def stop(self, _parent: Consumer) -> None:
        """Announce no more; what was announced runs out by itself."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self, consumer: Consumer) -> None:
        try:
            announce(consumer.hostname, consumer.pool.num_processes, consumer.app)
        except Exception as fault:  # noqa: BLE001 - slots unknown is a state that all can bear
            if not self._silent:
                log.warning("slots.not_announced fault=%s: %s", type(fault).__name__, fault)
            self._silent = True
        else:
            self._silent = False


def announce(worker: str, slots: int, app: Celery) -> None:
    """Announce slots over a connection of its own, which no child can inherit.

    And see how much the service may issue: whoever set that, every worker shows it.
    """
    # Outside of the limit: this imports a driver, and an import that is cut off stays broken.
    store = open_truth(settings(), application="worker")
    try:
        within(ANNOUNCE_LIMIT_S, lambda: store.announce(worker, slots, ttl_s=ANNOUNCE_TTL_S))
        within(ANNOUNCE_LIMIT_S, lambda: show_rate(app, store))
    finally:
        store.close()
