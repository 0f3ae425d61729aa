"""The Celery app: every setting that differs from Celery's own, with its reason."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from celery import Celery
from kombu import Exchange, Queue

from fulfiller.broker.topology import KEY_PREFIX, QUEUE_NAMES, WORK_QUEUES
from fulfiller.domain.tier import Tier

SENTINEL_NAME = "mymaster"
"""The name under which Sentinel knows the primary, unless the URL says `?master_name=`."""
WORKER_TIMEOUT_S = 5.0

TASKS: dict[str, Any] = {
    # A killed worker must not take its task along: acknowledged is what has been done,
    # also when only the child was killed or ran into the time limit. Endless repeats are
    # ended by the attempts that the store counts.
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_acks_on_timeout": False,
    # The store is the result; a backend would cost a write for each task.
    "task_ignore_result": True,
    "task_serializer": "json",
    "accept_content": ["json"],
    # A misspelled queue fails loudly instead of filling a list that nobody reads.
    "task_create_missing_queues": False,
    "task_default_queue": QUEUE_NAMES[Tier.P2],
    # A backstop, for statements have timeouts of their own. No soft limit: it would be
    # raised in the midst of a commit and leave its outcome unknown.
    "task_time_limit": 30,
    "task_send_sent_event": False,
}
WORKER: dict[str, Any] = {
    # A worker holds what it runs and no more: prefetched tasks would defeat priorities.
    "worker_prefetch_multiplier": 1,
    "worker_max_tasks_per_child": 10_000,
    "worker_soft_shutdown_timeout": 10.0,
    "worker_enable_soft_shutdown_on_idle": True,
    # New children of a busy machine may need longer than four seconds to report.
    "worker_proc_alive_timeout": 30.0,
    # Big hints make events affordable, and an empty task page would make Flower useless.
    "worker_send_task_events": True,
    # Celery's rate limits count per worker and starve under a backlog; ours are pool-wide.
    "worker_disable_rate_limits": True,
    "worker_eta_task_limit": 100,
    # Acknowledging works after a reconnect, so killing running tasks would gain nothing.
    "worker_cancel_long_running_tasks_on_connection_loss": False,
}
BROKER: dict[str, Any] = {
    "broker_connection_retry_on_startup": True,
    # Never give up: a broker may be away for as long as it likes.
    "broker_connection_max_retries": None,
    # READONLY during a failover and OOM are channel errors, which end a worker by default.
    "broker_channel_error_retry": True,
    # Flower asks a worker nine things at once, each on a connection of its own.
    "broker_pool_limit": 16,
    "broker_pool_acquire_timeout": 2.0,
}
REDIS: dict[str, Any] = {
    "global_keyprefix": KEY_PREFIX,
    # Long enough for any task of ours, short enough for patience; nothing relies on it.
    "visibility_timeout": 300,
    # Look for abandoned messages every 10 s, and for few at a time: it blocks the worker.
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "unacked_restore_limit": 500,
    "socket_connect_timeout": 2.0,
    "socket_keepalive": True,
    # Finds half-open connections within about 21 s.
    "health_check_interval": 10,
    # `retry_on_timeout` stays unset: a repeated push would be a double one, and a producer
    # that may repeat refuses to batch.
    "queue_order_strategy": "round_robin",
}
AMQP: dict[str, Any] = {"confirm_publish": True}


def celery_app(broker_url: str, **overrides: Any) -> Celery:
    """Return an app for this broker; `overrides` are Celery settings.

    Transport options among them are laid over ours one by one.
    """
    options = transport_options(broker_url)
    options |= overrides.pop("broker_transport_options", {})
    app = Celery("fulfiller", set_as_current=False, broker=_plain(broker_url))
    app.conf.update(
        TASKS | WORKER | BROKER,
        # Each on an exchange of its own: on the default one a task for one queue, sent by
        # its name, would be delivered to all of them.
        task_queues=[Queue(name, Exchange(name), routing_key=name) for name in WORK_QUEUES],
        broker_transport_options=options,
    )
    app.conf.update(overrides)
    return app


def transport_options(broker_url: str) -> dict[str, Any]:
    """Return the options that the transport of this URL understands."""
    scheme = broker_url.partition("://")[0]
    if scheme.startswith("amqp"):
        return dict(AMQP)
    if not scheme.startswith(("redis", "sentinel")):
        return {}
    options = REDIS | {"socket_timeout": WORKER_TIMEOUT_S}
    if scheme == "sentinel":
        options["master_name"] = _master_name(broker_url)
    return options


def _master_name(broker_url: str) -> str:
    queries = (parse_qs(urlsplit(part).query) for part in broker_url.split(";"))
    named = [query["master_name"][0] for query in queries if "master_name" in query]
    return named[0] if named else SENTINEL_NAME


def _plain(broker_url: str) -> str:
    """Return a Sentinel URL without the query that only `_master_name` reads."""
    if not broker_url.startswith("sentinel://"):
        return broker_url
    return ";".join(part.partition("?")[0] for part in broker_url.split(";"))
