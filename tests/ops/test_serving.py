"""Commands that become Celery: a worker with its own options, Flower behind a password."""

import stat
from base64 import b64encode
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from fulfiller.ops.embedded.ports import free_port
from fulfiller.ops.embedded.server import Server
from tests.processes import Process, start
from tests.waiting import until

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


def test_flower_asks_for_the_password_that_lies_in_the_home(serve: Start, tmp_path: Path) -> None:
    """Without it 401, with it the pages; it is made at the first start, for its owner alone."""
    port = str(free_port())
    flower = serve("flower", FULFILLER_FLOWER_PORT=port)
    url = f"http://127.0.0.1:{port}/api/workers"
    until(lambda: _status(url) == HTTPStatus.UNAUTHORIZED, within_s=READY_S, what="Flower")
    file = tmp_path / "flower-credentials"
    login = file.read_text().strip()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert _status(url, login) == HTTPStatus.OK
    assert login.partition(":")[2] not in _command_line(flower.pid) + flower.text()


def _status(url: str, login: str = "") -> int:
    headers = {"authorization": f"Basic {b64encode(login.encode()).decode()}"} if login else {}
    try:
        return httpx.get(url, headers=headers).status_code
    except httpx.TransportError:
        return 0


def _command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
