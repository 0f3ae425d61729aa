"""The Celery app: what each kind of broker gets, and what must never be lost in a merge."""

import pytest

from fulfiller.broker.app import celery_app, transport_options
from fulfiller.broker.topology import queue_name
from fulfiller.domain.tier import Tier


def test_every_tier_has_a_queue_of_its_own_and_so_have_submissions() -> None:
    """A task sent to a queue by name reaches this queue and no other."""
    queues = celery_app("redis://127.0.0.1:1/0").amqp.queues
    names = ["claims.p0", "claims.p1", "claims.p2", "claims.p3", "claims.in"]
    assert list(queues) == names
    routes = {(queue.exchange.name, queue.routing_key) for queue in queues.values()}
    assert routes == {(name, name) for name in names}
    assert queue_name(Tier.P0) == "claims.p0"


def test_a_worker_keeps_a_task_until_it_is_done_and_outlives_a_failover() -> None:
    """The settings whose defaults lose tasks or workers differ from the defaults."""
    conf = celery_app("redis://127.0.0.1:1/0").conf
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert not conf.task_acks_on_timeout
    assert conf.broker_channel_error_retry
    assert conf.broker_connection_max_retries is None
    assert conf.worker_prefetch_multiplier == 1
    assert conf.worker_send_task_events


@pytest.mark.parametrize(
    ("url", "present", "absent"),
    [
        ("redis://h:1/0", "global_keyprefix", "master_name"),
        ("rediss://h:1/0", "visibility_timeout", "confirm_publish"),
        ("redis+socket:///run/valkey", "socket_timeout", "confirm_publish"),
        ("sentinel://h:1", "master_name", "confirm_publish"),
        ("amqp://h:1//", "confirm_publish", "global_keyprefix"),
        ("amqps://h:1//", "confirm_publish", "visibility_timeout"),
    ],
)
def test_transport_options_fit_the_broker(url: str, present: str, absent: str) -> None:
    """An option that a transport does not know may break it, so each gets its own."""
    options = transport_options(url)
    assert present in options
    assert absent not in options
    assert "retry_on_timeout" not in options


def test_sentinel_is_told_the_name_of_the_primary() -> None:
    """The name comes from the URL's query, which does not reach the transport."""
    app = celery_app("sentinel://a:26379;sentinel://b:26379/0?master_name=coupons")
    assert app.conf.broker_transport_options["master_name"] == "coupons"
    assert app.conf.broker_url == "sentinel://a:26379;sentinel://b:26379/0"
    assert transport_options("sentinel://a:26379")["master_name"] == "mymaster"


def test_overrides_are_laid_over_the_settings_one_by_one() -> None:
    """A process may shorten one timeout and keep every other option."""
    app = celery_app(
        "redis://127.0.0.1:1/0",
        worker_concurrency=7,
        broker_transport_options={"socket_timeout": 0.5},
    )
    assert app.conf.worker_concurrency == 7
    assert app.conf.broker_transport_options["socket_timeout"] == 0.5
    assert app.conf.broker_transport_options["global_keyprefix"] == "fulfiller:"
