"""What faults strike in tests: servers of their own, and one whole stack."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from fulfiller.ops.embedded.server import Server
from fulfiller.ops.supervise.plan import Plan
from fulfiller.ops.supervise.stack import Stack
from fulfiller.wiring import Truth, open_truth
from tests.chaos.fault.ring import Ring


@pytest.fixture
def redis(valkey: Server) -> Iterator[Redis]:
    """The broker, looked at by a client of the test's own."""
    with Redis.from_url(valkey.url) as client:
        yield client


@pytest.fixture
def broker_ring(valkey: Server, home: Path) -> Ring:
    """An arena that is a broker and nothing else."""
    return Ring(servers={"broker": valkey}, broker_url=valkey.url, home=home)


@pytest.fixture
def store_ring(postgres: Server, postgres_url: str) -> Ring:
    """An arena that is a PostgreSQL with a database of ours and nothing else."""
    return Ring(servers={"store": postgres}, store_url=postgres_url)


@pytest.fixture
def victim(postgres_url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A session of a process of ours, as PostgreSQL sees it."""
    with psycopg.connect(
        postgres_url, autocommit=True, application_name="fulfiller worker"
    ) as line:
        yield line


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A whole stack on SQLite, for all tests that need processes."""
    with Stack(tmp_path_factory.mktemp("fault"), Plan(slots=2)) as running:
        yield running


@pytest.fixture
def ring(stack: Stack) -> Ring:
    """An arena that is a whole stack."""
    settings = stack.settings
    return Ring(
        stack=stack,
        store_url=settings.store_url,
        broker_url=settings.broker_url,
        intake_url=stack.urls.intake,
        home=settings.home,
    )


@pytest.fixture
def truth(stack: Stack) -> Iterator[Truth]:
    """The store behind the stack."""
    store = open_truth(stack.settings, application="test")
    yield store
    store.close()
