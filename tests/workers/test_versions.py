"""Workers and whoever offers them claims may be of different versions while both are replaced."""

import json
from typing import Any

import pytest
from redis import Redis

from fulfiller.broker.queue import CeleryQueue
from fulfiller.broker.topology import HINT_VERSION, key
from tests.waiting import until
from tests.workers.conftest import StartWorker
from tests.workers.festival import Festival

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


def test_an_older_hint_is_issued_and_a_newer_one_costs_its_claims_nothing(
    start_worker: StartWorker, store_url: str, festival: Festival, queue: CeleryQueue, redis: Redis
) -> None:
    """What a worker can't understand is set aside unread: its claims stay open, uncounted."""
    unversioned, older, newer = festival.accept(2), festival.accept(2), festival.accept(2)
    versions = {None: unversioned, HINT_VERSION - 1: older, HINT_VERSION + 1: newer}
    for version, ids in versions.items():
        assert queue.publish([festival.hint(ids)])
        _date(redis, version)
    start_worker(store_url).says("quarantined=newer_version")
    until(lambda: festival.issued(unversioned + older), within_s=20)
    assert queue.quarantined() == {"newer_version": 1}
    assert [festival.attempts(claim_id) for claim_id in newer] == [0, 0]
    assert queue.publish([festival.hint(newer)])
    until(lambda: festival.issued(newer), within_s=20)


def _date(redis: Redis, version: int | None) -> None:
    """Make the hint that was published last one of this version, or one that names none."""
    last: Any = redis.lpop(key("claims.p2"))
    message = json.loads(last)
    headers = message["headers"]
    assert headers.pop("v") == HINT_VERSION
    message["headers"] = headers if version is None else headers | {"v": version}
    redis.lpush(key("claims.p2"), json.dumps(message))
