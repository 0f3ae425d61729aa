"""Flower, started on a store."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copyfile

import pytest

from fulfiller.ops.embedded import valkey
from fulfiller.ops.embedded.ports import free_port
from fulfiller.ops.embedded.server import Server
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.ops.flower.door import PLAIN, Door
from tests.processes import start

Begin = Callable[..., Door]


@pytest.fixture(scope="module")
def begin(lasting_broker: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begin]:
    """Start Flower on a store, as Celery's users do unless it is said otherwise."""
    with _beginning(lasting_broker, tmp_path_factory) as on:
        yield on


@pytest.fixture(scope="session")
def page_url(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store in which each test of the pages of one campaign has a campaign of its own."""
    file = tmp_path_factory.mktemp("page") / "store.db"
    copyfile(_sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(scope="session")
def page_door(
    lasting_broker: Server, page_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    """Flower on that store, which looks as often as it does for people."""
    with _beginning(lasting_broker, tmp_path_factory) as on:
        yield on(page_url)


@pytest.fixture
def alone(
    sqlite_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Door, Server]]:
    """Flower with a broker that nobody else uses, so that both may be broken."""
    broker = valkey.start(tmp_path_factory.mktemp("broker"))
    try:
        with _beginning(broker, tmp_path_factory) as on:
            yield on(sqlite_url), broker
    finally:
        broker.stop()


@pytest.fixture
def page_store(page_url: str) -> Iterator[SqlStore]:
    """The same store."""
    with closing(open_store(page_url, application="test")) as opened:
        yield opened


@contextmanager
def _beginning(broker: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begin]:
    running: list[Door] = []

    def on(store_url: str, *command: str, prefix: str = "") -> Door:
        home, port = tmp_path_factory.mktemp("flower"), free_port()
        env = {
            "FULFILLER_HOME": str(home),
            "FULFILLER_STORE_URL": store_url,
            "FULFILLER_BROKER_URL": broker.url,
            "FULFILLER_FLOWER_PORT": str(port),
        }
        process = start([*(command or PLAIN)], env=env, log=home / "flower.log")
        running.append(Door(process, home, port, prefix))
        return running[-1]

    yield on
    for door in running:
        door.process.kill()
