"""Workers for tests: real ones, on a real broker and a real store."""

import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from redis import Redis

from fulfiller.broker.queue import CeleryQueue
from fulfiller.ops.embedded.server import Server
from fulfiller.store.opening import open_store
from tests.processes import Process, start, worker_argv
from tests.workers.festival import Festival
from tests.workers.upstream import Upstream, make_key

SECRET = "a secret for tests that is long enough"
StartWorker = Callable[..., Process]
StartWorkers = Callable[..., list[Process]]
_numbers = count(1)


def worker_env(store_url: str, broker_url: str, home: Path, *, slots: int = 1) -> dict[str, str]:
    """Return the settings of a worker."""
    return {
        "FULFILLER_STORE_URL": store_url,
        "FULFILLER_BROKER_URL": broker_url,
        "FULFILLER_HOME": str(home),
        "FULFILLER_SECRET": SECRET,
        "FULFILLER_WORKER_SLOTS": str(slots),
    }


@pytest.fixture
def start_workers(valkey: Server, tmp_path: Path) -> Iterator[StartWorkers]:
    """A function that starts workers on a store at once and returns when all of them consume."""
    started: list[Process] = []

    def begin(
        many: int, store_url: str, *options: str, slots: int = 1, **env: str
    ) -> list[Process]:
        variables = worker_env(store_url, valkey.url, tmp_path, slots=slots) | env
        names = [f"worker{next(_numbers)}" for _ in range(many)]
        fresh = [
            start(worker_argv(name, *options), env=variables, log=tmp_path / f"{name}.log")
            for name in names
        ]
        started.extend(fresh)
        for process in fresh:
            process.says(" ready.", within_s=60)
        return fresh

    yield begin
    for process in started:
        # As a crash would: quick, and children must not outlive that either.
        process.kill()
        # Pytest shows it when the test failed.
        sys.stdout.write(f"--- {process.log.name}\n{process.text()}")


@pytest.fixture
def start_worker(start_workers: StartWorkers) -> StartWorker:
    """A function that starts a worker on a store and returns when it consumes."""
    return lambda *words, **changes: start_workers(1, *words, **changes)[0]


@pytest.fixture
def worker(start_worker: StartWorker, store_url: str) -> Process:
    """A worker with one slot, once on each kind of store."""
    return start_worker(store_url)


@pytest.fixture
def queue(valkey: Server) -> Iterator[CeleryQueue]:
    """The broker as intakes and keepers see it."""
    opened = CeleryQueue(valkey.url)
    yield opened
    opened.close()


@pytest.fixture
def redis(valkey: Server) -> Iterator[Redis]:
    """The broker, looked at with plain Redis commands."""
    with Redis.from_url(valkey.url) as line:
        yield line


@pytest.fixture
def festival(store_url: str) -> Iterator[Festival]:
    """A campaign with money in the test's store, and a way to have claims accepted."""
    store = open_store(store_url, application="test")
    yield Festival.begin(store)
    store.close()


@pytest.fixture
def upstream(festival: Festival, valkey: Server) -> Upstream:
    """An upstream with a key that may do what it wants."""
    return Upstream(valkey.url, make_key(festival.store, SECRET))
