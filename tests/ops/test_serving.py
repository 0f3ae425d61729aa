"""Commands that become Celery: a worker with its own options."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fulfiller.ops.embedded.server import Server
from tests.processes import Process, start

READY_S = 60.0
Start = Callable[..., Process]


@pytest.fixture
def serve(tmp_path: Path, sqlite_url: str, valkey: Server) -> Iterator[Start]:
    """Start a command on a store and broker; it has ended when the test has."""
    running: list[Process] = []

    def launch(*words: str, **more: str) -> Process:
        environ = {
            "FULFILLER_HOME": str(tmp_path),
            "FULFILLER_STORE_URL": sqlite_url,
            "FULFILLER_BROKER_URL": valkey.url,
        }
        log = tmp_path / f"{words[0]}.log"
        running.append(start(["fulfiller", *words], env=environ | more, log=log))
        return running[-1]

    yield launch
    for process in running:
        process.stop()


def test_a_worker_takes_celery_s_own_options(serve: Start) -> None:
    """`fulfiller worker` is Celery's worker: what it does not know, it passes on."""
    worker = serve("worker", "--hostname", "named@test", "--queues", "claims.p0")
    worker.says("named@test ready.", within_s=READY_S)
    assert "concurrency: 2 " in worker.text()
    assert worker.stop() == 0
