"""Real servers for the tests: one of each kind per run, a database of its own per test."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import psycopg
import pytest
from hypothesis import settings
from kombu import pools
from redis import Redis

from fulfiller.ops.embedded import postgres as embedded_postgres
from fulfiller.ops.embedded import valkey as embedded_valkey
from fulfiller.ops.embedded.error import ServerMissing
from fulfiller.ops.embedded.server import Server
from fulfiller.wiring import Truth
from tests.waiting import alive

# A shared machine is slow now and then, and that is no property of the code.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")

# Whatever a test starts finds our modules compiled: that is a fifth of what a start costs.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

MEMORY = Path("/dev/shm")
MEMORY_MIN = 2 << 30
"""Copying a database makes some 300 files: 15 ms in memory, and up to 300 ms on a slow disk."""
TEMPLATE = "migrated"
_numbers = count(1)


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A folder for the data of servers, in memory where there is room."""
    yield from _open_home(MEMORY if _is_roomy(MEMORY) else None)


@pytest.fixture(scope="session")
def disk_home() -> Iterator[Path]:
    """A folder for the data of servers, on disk whatever it costs."""
    yield from _open_home(None)


@pytest.fixture(scope="session")
def _valkey(home: Path) -> Iterator[Server]:
    yield from _serve(lambda: embedded_valkey.start(home))


@pytest.fixture
def valkey(_valkey: Server) -> Iterator[Server]:
    """An empty broker; the next test gets it running and empty whatever this one does."""
    yield from _revived(_valkey, _flush)
    # What kombu keeps for the next app of the same address may have seen a server die.
    pools.reset()


@pytest.fixture(scope="session")
def lasting_broker(home: Path) -> Iterator[Server]:
    """A broker for Flowers that outlive a test.

    Not the one that each test empties and some count: a Flower writes to it whenever it likes.
    """
    (home / "lasting").mkdir()
    yield from _serve(lambda: embedded_valkey.start(home / "lasting"))


@pytest.fixture(scope="session")
def _postgres(home: Path) -> Iterator[Server]:
    yield from _serve(lambda: embedded_postgres.start(home, fsync=False))


@pytest.fixture(scope="session")
def _synced_postgres(disk_home: Path) -> Iterator[Server]:
    yield from _serve(lambda: embedded_postgres.start(disk_home))


@pytest.fixture
def postgres(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A PostgreSQL server, which syncs its writes only for tests marked `fsync`."""
    synced = request.node.get_closest_marker("fsync") is not None
    server: Server = request.getfixturevalue("_synced_postgres" if synced else "_postgres")
    yield from _revived(server, _make_template)


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """A migrated database of this test's own on PostgreSQL."""
    name = f"test_{next(_numbers)}"
    _execute(postgres.url, f"create database {name} template {TEMPLATE}")
    yield _named(postgres.url, name)
    if postgres.running:
        postgres.thaw()
        _execute(postgres.url, f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def _sqlite_template(home: Path) -> Path:
    file = home / "template.db"
    _upgrade(f"sqlite:///{file}")
    # Everything into the one file, so that a copy of it is whole.
    with sqlite3.connect(file) as line:
        line.execute("pragma wal_checkpoint(truncate)")
    line.close()
    return file


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite file of this test's own."""
    file = tmp_path / "store.db"
    shutil.copyfile(_sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test's own, once of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Truth]:
    """A store on a database of this test's own, once of each kind."""
    from fulfiller.store.opening import open_store

    opened = open_store(store_url, application="test")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def promtool() -> str:
    """Prometheus's own judge of metrics and rules."""
    return _program("promtool", package="prometheus")


@pytest.fixture(scope="session")
def pgbouncer() -> str:
    """The pooler that stands before many a PostgreSQL."""
    return _program("pgbouncer", package="pgbouncer")


@pytest.fixture(scope="session")
def strace() -> str:
    """What makes a database's disk slow or full."""
    return _program("strace", package="strace")


@pytest.fixture(scope="session")
def node() -> str:
    """Runs the arithmetic of our pages' scripts without a page."""
    return _program("node", package="nodejs")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser that our pages are looked at in."""
    return _program("chromium", package="chromium")


def _program(name: str, *, package: str) -> str:
    """Return where a program lies; one that is not installed is an error only in CI."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(f"{name} is missing: apt-get install {package}")
    if found is None:
        pytest.skip(f"{name} is not installed (apt-get install {package})")
    return found


def _open_home(parent: Path | None) -> Iterator[Path]:
    """Make a folder that users without privileges can enter, and remove it in the end.

    Folders of runs that were killed are removed, too: memory does not come back by itself.
    """
    for old in Path(parent or gettempdir()).glob("fulfiller-tests-*-*"):
        if not alive(int(old.name.split("-")[2])):
            shutil.rmtree(old, ignore_errors=True)
    prefix = f"fulfiller-tests-{os.getpid()}-"
    with TemporaryDirectory(prefix=prefix, dir=parent, ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name)


def _is_roomy(memory: Path) -> bool:
    """Return whether databases fit in there, and programs may be run from it."""
    if not memory.is_dir():
        return False
    bare = not os.statvfs(memory).f_flag & os.ST_NOEXEC
    return bare and shutil.disk_usage(memory).free >= MEMORY_MIN


def _serve(start: Callable[[], Server]) -> Iterator[Server]:
    """Start a server for the whole run; one that is not installed is an error only in CI."""
    try:
        server = start()
    except ServerMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    yield server
    server.stop()


def _revived(server: Server, prepare: Callable[[Server], None]) -> Iterator[Server]:
    """Hand out a server that runs, and have it run for whoever is next, whatever a test did."""
    if not server.running:
        server.restart()
    prepare(server)
    try:
        yield server
    finally:
        server.thaw() if server.running else server.restart()


def _flush(server: Server) -> None:
    with Redis.from_url(server.url) as line:
        line.flushall()


def _make_template(server: Server) -> None:
    """Create and migrate the database that tests get copies of, unless it is there."""
    if _execute(server.url, f"select 1 from pg_database where datname = '{TEMPLATE}'"):
        return
    # Under another name until it is whole, in case that fails or is cut short.
    _execute(server.url, "drop database if exists migrating with (force)")
    _execute(server.url, "create database migrating")
    _upgrade(_named(server.url, "migrating"))
    _execute(server.url, f"alter database migrating rename to {TEMPLATE}")


def _upgrade(url: str) -> None:
    from fulfiller.store.migrating import upgrade

    upgrade(url)


def _execute(url: str, statement: str) -> bool:
    """Run a statement outside of transactions and return whether it gave a row."""
    with psycopg.connect(url, autocommit=True) as line:
        answer = line.execute(statement.encode())
        return answer.description is not None and answer.fetchone() is not None


def _named(url: str, database: str) -> str:
    return f"{url.rpartition('/')[0]}/{database}"
