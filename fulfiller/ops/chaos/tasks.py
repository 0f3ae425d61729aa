"""Sending the control arm's tasks, as any Celery producer would."""

from threading import Event

from celery import Celery

from fulfiller.clock import monotonic

TASK = "chaos.note"


def send(broker_url: str, rate: float, seconds: float) -> int:
    """Send so many tasks a second for so many seconds, each when it is due; return how many.

    The producer has no fault: it speaks to the broker itself, and tries again when that is away.
    """
    app = Celery("chaos", broker=broker_url)
    began_s, never, total = monotonic(), Event(), round(rate * seconds)
    try:
        for number in range(total):
            never.wait(max(0.0, began_s + number / rate - monotonic()))
            app.send_task(TASK, (number,), retry=True)
    finally:
        app.close()
    return total
