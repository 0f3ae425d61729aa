"""What people see in Flower: a task per claim at rest, few tasks under load, no persons."""

import base64
import json
from functools import partial
from typing import Any
from urllib.request import Request, urlopen

import pytest

from fulfiller.broker.queue import CeleryQueue
from fulfiller.domain.claim import public_id
from fulfiller.ops.embedded.ports import free_port
from fulfiller.ops.embedded.server import Server
from fulfiller.service.serving import HINT_MAX
from tests.processes import Process, start
from tests.waiting import until
from tests.workers.conftest import SECRET
from tests.workers.festival import Festival
from tests.workers.upstream import Upstream, claim, make_key
from tests.workers.watch import events, of_kind

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


def test_ten_spaced_claims_are_ten_tasks(
    worker: Process, festival: Festival, queue: CeleryQueue, valkey: Server
) -> None:
    """At rest a claim is a task, received, started and succeeded under its own id."""
    ids = festival.accept(10)
    with events(valkey.url) as seen:
        for claim_id in ids:
            assert queue.publish([festival.hint([claim_id])])
            until(partial(festival.issued, [claim_id]))
        until(lambda: len(of_kind(seen, "task-succeeded")) == 10)
        received = of_kind(seen, "task-received")
        assert [event["args"] for event in received] == [public_id(i) for i in ids]
        assert {event["name"] for event in received} == {"claims.issue"}
        results = {event["result"] for event in of_kind(seen, "task-succeeded")}
        assert results == {"'issued=1 left=0 parked=0 declined=0'"}
    assert worker.alive


def test_a_burst_is_few_tasks(
    worker: Process, festival: Festival, queue: CeleryQueue, valkey: Server
) -> None:
    """A thousand claims that wait together are two tasks."""
    ids = festival.accept(1_000)
    with events(valkey.url) as seen:
        assert queue.publish([festival.hint(ids[:HINT_MAX]), festival.hint(ids[HINT_MAX:])])
        until(lambda: festival.issued(ids), within_s=30)
        until(lambda: len(of_kind(seen, "task-succeeded")) == 2)
        assert len(of_kind(seen, "task-received")) == 2
        assert "person-" not in json.dumps(seen)
    assert worker.alive


def test_flower_shows_workers_queues_and_tasks(
    worker: Process, festival: Festival, queue: CeleryQueue, valkey: Server, tmp_path: Any
) -> None:
    """Flower gets along with the screened transport: it sees the worker, its tasks and queues."""
    port = free_port()
    argv = ["celery", "-A", "workers", "flower", f"--port={port}", "--basic-auth=op:secret"]
    flower = start(
        [*argv, "--address=127.0.0.1"],
        env={"FULFILLER_BROKER_URL": valkey.url, "FULFILLER_HOME": str(tmp_path)},
        log=tmp_path / "flower.log",
    )
    try:
        until(lambda: "worker" in str(_asked(port, "workers?refresh=1")), within_s=40)
        ids = festival.accept(1)

        def shown() -> list[tuple[str, str, str]]:
            tasks = _asked(port, "tasks").values()
            return [(task["name"], task["args"], task["state"]) for task in tasks]

        queue.publish([festival.hint(ids)])
        done = [("claims.issue", public_id(ids[0]), "SUCCESS")]
        until(lambda: shown() == done, within_s=15)
        sender = Upstream(valkey.url, make_key(festival.store, SECRET))
        sender.python(sender.message(claim("person-x", "canary")))
        until(lambda: ("claims.submit", "x1", "SUCCESS") in shown(), within_s=15)
        everything = json.dumps([_asked(port, "tasks"), _asked(port, "workers?refresh=1")])
        assert "claims.submit" in everything
        planted = ("person-", "canary", sender.api_key)
        assert [word for word in planted if word in everything] == []
        lengths = _asked(port, "queues/length")["active_queues"]
        names = {f"claims.p{tier}" for tier in range(4)} | {"claims.in"}
        assert {entry["name"] for entry in lengths} == names
    finally:
        flower.stop()
    assert worker.alive


def _asked(port: int, path: str) -> dict[str, Any]:
    request = Request(f"http://127.0.0.1:{port}/api/{path}")
    request.add_header("Authorization", "Basic " + base64.b64encode(b"op:secret").decode())
    try:
        with urlopen(request, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except OSError:
        return {}
