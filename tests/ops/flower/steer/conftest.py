"""One Flower with an operator and a viewer, on a store in which each test has its own campaign."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import copyfile

import pytest

from fulfiller.domain.campaign import Campaign
from fulfiller.ops.embedded.server import Server
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.ops.flower.reader import opened
from tests.ops.flower.steer.standing import standing
from tests.ops.flower.steer.visitor import OPERATOR, PASSWORD, VIEWER, Steered, Visitor

LOGINS = f"{OPERATOR}:{PASSWORD}\n{VIEWER}:{PASSWORD}\n"
ROLES = f"# Who may do what.\n{OPERATOR} = operator\n"


@pytest.fixture(scope="session")
def steered(
    lasting_broker: Server, _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Steered]:
    """Start Flower so that it would let everybody steer if there were no roles."""
    home = tmp_path_factory.mktemp("steer")
    copyfile(_sqlite_template, home / "store.db")
    (home / "flower-credentials").write_text(LOGINS)
    (home / "flower-credentials").chmod(0o600)
    with standing(home, lasting_broker.url, ROLES, "--read_only=false") as steered:
        yield steered


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
