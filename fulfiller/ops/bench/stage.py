"""The stage of a bench: both servers for all arms, and a fresh database for each act."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

from fulfiller.ops.embedded import postgres, valkey
from fulfiller.ops.embedded.server import Server
from fulfiller.ops.supervise.child import Guard
from fulfiller.ops.supervise.plan import POSTGRES, Plan, settled
from fulfiller.settings import Settings
from fulfiller.store.migrating import upgrade
from fulfiller.store.opening import open_store

SLOTS = 3
"""Tasks at a time: of plain Celery, of other queues, of bare SQL and of ours alike.

One more than the cores this is meant for: a slot that waits for the disk leaves its core idle.
"""


class Stage:
    """Servers that run for as long as the bench does; a context manager ends them.

    The store syncs its commits to disk and the broker keeps its log, as in production. If
    this process is killed, servers and folder go with it.
    """

    def __init__(self, kind: str) -> None:
        """Start the servers; `kind` is `postgres` or `sqlite`."""
        self.guard = Guard()
        self.home = Path(mkdtemp(prefix="fulfiller-bench-"))
        self.guard.remove(self.home)
        # As root the database runs as somebody else, who must be able to enter.
        self.home.chmod(0o711)
        self._servers: dict[str, Server] = {}
        self._numbers = count(1)
        try:
            self._servers["valkey"] = valkey.start(self.home)
            if kind == POSTGRES:
                self._servers["postgres"] = postgres.start(self.home)
                upgrade(self._servers["postgres"].url)
        except BaseException:
            self.close()
            raise

    @property
    def pids(self) -> dict[str, int]:
        """The numbers of the servers' processes, by name."""
        return {name: server.pid for name, server in self._servers.items()}

    @contextmanager
    def act(self) -> Iterator[Settings]:
        """Lend a fresh, migrated database with settings for all who work on it."""
        name = f"act{next(self._numbers)}"
        server = self._servers.get("postgres")
        if server is None:
            store_url = f"sqlite:///{self.home / name}.db"
            upgrade(store_url)
            yield self._settings(name, store_url)
            return
        _execute(server.url, f"create database {name} template fulfiller")
        try:
            yield self._settings(name, f"{server.url.rpartition('/')[0]}/{name}")
        finally:
            # It must not be vacuumed behind the back of the next one; and that it ends with
            # a checkpoint lets each begin alike.
            _execute(server.url, f"drop database {name} with (force)")

    def close(self) -> None:
        """End the servers and remove all they wrote."""
        for server in reversed(self._servers.values()):
            server.stop()
        shutil.rmtree(self.home, ignore_errors=True)
        self.guard.dismiss()

    def _settings(self, name: str, store_url: str) -> Settings:
        home = self.home / name
        home.mkdir()
        plan = Plan(slots=SLOTS)
        return settled(home, plan, store_url=store_url, broker_url=self._servers["valkey"].url)


def _execute(url: str, command: str) -> None:
    """Run a command that no transaction may hold."""
    with closing(open_store(url, application="bench")) as store, store.link.engine.connect() as at:
        at.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(command)
