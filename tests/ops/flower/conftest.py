"""Flower, started on a store."""

from collections.abc import Callable, Iterator

import pytest

from fulfiller.ops.embedded.ports import free_port
from fulfiller.ops.embedded.server import Server
from tests.ops.flower.door import PLAIN, Door
from tests.processes import start

Begin = Callable[..., Door]


@pytest.fixture(scope="module")
def begin(_valkey: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begin]:
    """Start Flower on a store, as Celery's users do unless it is said otherwise."""
    running: list[Door] = []

    def on(store_url: str, *command: str, prefix: str = "") -> Door:
        home, port = tmp_path_factory.mktemp("flower"), free_port()
        env = {
            "FULFILLER_HOME": str(home),
            "FULFILLER_STORE_URL": store_url,
            "FULFILLER_BROKER_URL": _valkey.url,
            "FULFILLER_FLOWER_PORT": str(port),
        }
        process = start([*(command or PLAIN)], env=env, log=home / "flower.log")
        running.append(Door(process, home, port, prefix))
        return running[-1]

    yield on
    for door in running:
        door.process.kill()
