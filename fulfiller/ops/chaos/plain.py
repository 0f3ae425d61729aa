"""The control arm's worker: plain Celery with every setting that is said to keep tasks safe.

`celery -A fulfiller.ops.chaos.plain worker` starts it. Late acknowledgement, rejection when a
child is lost, a short visibility timeout, no prefetching: and a task that writes its number into
a file, so that what was lost and what was done twice can be counted.
"""

import os

from celery import Celery
from celery.signals import worker_ready

from fulfiller.ops.chaos.notes import notes
from fulfiller.ops.chaos.tasks import TASK
from fulfiller.settings import load

VISIBILITY_S = 4.0

settings = load(client=True)
app = Celery("chaos", broker=settings.broker_url)
app.conf.update(
    broker_transport_options={"visibility_timeout": VISIBILITY_S},
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    task_acks_on_failure_or_timeout=False,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_concurrency=settings.worker_slots,
    worker_redirect_stdouts=False,
)


@app.task(name=TASK)
def note(number: int) -> None:
    """Write that this task was done; one short write at the end is whole or not at all."""
    file = os.open(notes(settings.home), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, f"{number}\n".encode())
    finally:
        os.close(file)


@worker_ready.connect
def _announce(**_: object) -> None:
    print("ready plain worker", flush=True)
