"""Commands that become Celery: a worker with its own options."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fulfiller.ops.embedded.server import Server
from fulfiller.ops.supervise.programs import ROOT_WARNING
from fulfiller.ops.supervise.programs import worker as worker_program
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


BARE = ("ready ", "worker: ", "Flower on ", "User and password: ")
"""Lines for supervisors and people; the second is Celery's, which ends past its log."""


def test_all_that_is_said_is_json_where_that_is_wanted(serve: Start) -> None:
    """Each line of each process has what every line has."""
    ready = {
        "worker": ' ready."',
        "keeper": "ready keeper leading",
        "flower": "Visit me at",
    }
    environ = {
        "FULFILLER_LOG_FORMAT": "json",
        "FULFILLER_FLOWER_PORT": "0",
        "PYTHONWARNINGS": ROOT_WARNING,
    }
    running = {name: serve(name, **environ) for name in ready}
    for name, words in ready.items():
        running[name].says(words, within_s=READY_S)
        running[name].stop()
        lines = [line for line in _lines(running[name]) if line]
        told = [json.loads(line) for line in lines if not line.startswith(BARE)]
        assert {line["process"] for line in told} == {name}
        assert all(line["ts"] and line["level"] and line["logger"] for line in told)
    assert '"event": "keeper.leading"' in running["keeper"].text()
    assert any(worker_program(1, {}).is_ready(line) for line in _lines(running["worker"]))


def _lines(process: Process) -> list[str]:
    return process.text().splitlines()
