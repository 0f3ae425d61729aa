"""One Flower with an operator and a viewer, on a store in which each test has its own campaign."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import copyfile

import pytest

from fulfiller.domain.campaign import Campaign
from fulfiller.ops.embedded.ports import free_port
from fulfiller.ops.embedded.server import Server
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.ops.flower.door import PLAIN, Door
from tests.ops.flower.reader import opened
from tests.ops.flower.steer.visitor import OPERATOR, PASSWORD, VIEWER, Steered, Visitor
from tests.processes import start

LOGINS = f"{OPERATOR}:{PASSWORD}\n{VIEWER}:{PASSWORD}\n"
ROLES = f"# Who may do what.\n{OPERATOR} = operator\n"


@pytest.fixture(scope="session")
def steered(
    _valkey: Server, _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Steered]:
    """Start Flower so that it would let everybody steer if there were no roles."""
    home, port = tmp_path_factory.mktemp("steer"), free_port()
    copyfile(_sqlite_template, home / "store.db")
    (home / "flower-credentials").write_text(LOGINS)
    (home / "flower-credentials").chmod(0o600)
    (home / "flower-roles").write_text(ROLES)
    (home / "flower-roles").chmod(0o644)
    env = {
        "FULFILLER_HOME": str(home),
        "FULFILLER_STORE_URL": f"sqlite:///{home / 'store.db'}",
        "FULFILLER_BROKER_URL": _valkey.url,
        "FULFILLER_FLOWER_PORT": str(port),
    }
    process = start([*PLAIN, "--read_only=false"], env=env, log=home / "flower.log")
    try:
        yield Steered(Door(process, home, port), home, env["FULFILLER_STORE_URL"])
    finally:
        process.kill()


@pytest.fixture
def store(steered: Steered) -> Iterator[SqlStore]:
    """The same store."""
    with closing(open_store(steered.store_url, application="test")) as known:
        yield known


@pytest.fixture
def festival(store: SqlStore) -> Campaign:
    """A campaign that is open; it pauses above 10 claims and is clear again at 5."""
    return opened(store)


@pytest.fixture
def operator(steered: Steered) -> Visitor:
    """Somebody who may steer."""
    return steered.as_(OPERATOR)
