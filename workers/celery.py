"""The app behind `celery -A workers`: settings come from the environment, parts come later."""

from fulfiller.broker import transport
from fulfiller.broker.app import celery_app
from workers import controls, signals, steps, telling
from workers.desk import settings

# Before any connection: kombu remembers what a URL's scheme means.
transport.install()
app = celery_app(
    settings().broker_url,
    include=["workers.tasks"],
    worker_concurrency=settings().worker_slots,
)
# Before anybody asks for it: Celery makes one and keeps it.
app.control_cls = "workers.signing:Signing"
app.steps["consumer"].update((steps.Screen, steps.Announce, telling.Gather))
controls.connect()
signals.connect()
