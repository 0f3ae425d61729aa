"""The whole stack on this machine: store, broker, intake, workers, keeper, Flower.

It starts in the order in which the parts need each other and stops the other way round:
first nobody comes in any more, then the workers finish what they have in hand, and what
holds the state goes last. However this process ends, nothing of it is left behind.
"""

from collections.abc import Callable
from pathlib import Path
from signal import Signals
from types import TracebackType
from typing import Self

from fulfiller.domain.error import FulfillerError
from fulfiller.ops.supervise import programs
from fulfiller.ops.supervise.child import Child, Guard
from fulfiller.ops.supervise.home import Home
from fulfiller.ops.supervise.logs import Logs, silent
from fulfiller.ops.supervise.plan import Plan, Urls, settled, urls
from fulfiller.ops.supervise.program import CannotStart, Program, says_ready
from fulfiller.ops.supervise.servers import Kept, open_broker, open_store
from fulfiller.ops.supervise.supervisor import Supervisor
from fulfiller.settings import Settings

MIGRATE_S = 120.0
SQLITE_PLAN = Plan()


class Stack:
    """A stack below one folder; a context manager that starts and stops it."""

    def __init__(
        self,
        home: Path,
        plan: Plan = SQLITE_PLAN,
        *,
        tell: Callable[[str, str], None] = silent,
        removing_home: bool = False,
    ) -> None:
        """Start nothing yet. `tell` hears every line: who said it, and what.

        With `removing_home` the folder goes too if this process is killed.
        """
        self.plan = plan
        self.logs = Logs(tell)
        self._home_folder = home
        self._removing_home = removing_home
        self._servers: dict[str, Kept] = {}
        self._home: Home | None = None
        self._settings: Settings | None = None
        self._supervisor: Supervisor | None = None

    @property
    def settings(self) -> Settings:
        """Return the settings that all its processes share."""
        if self._settings is None:
            raise CannotStart("the stack has not been started")
        return self._settings

    @property
    def env(self) -> dict[str, str]:
        """Return the environment that its processes share."""
        return programs.environ(self.settings)

    @property
    def urls(self) -> Urls:
        """Return where its doors are."""
        return urls(self.settings)

    def start(self) -> None:
        """Start everything and return when all of it is ready; on failure nothing is left."""
        self._home = Home(self._home_folder)
        self._supervisor = Supervisor(Guard(), self.logs)
        try:
            self._start(self._supervisor)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything softly and in order; a second time does nothing."""
        if self._supervisor is not None:
            self._supervisor.stop(self._stages())
        while self._servers:
            # Last opened, first closed: the broker, then the store.
            name, server = self._servers.popitem()
            self.logs.note(f"ending {name}")
            server.stop()
        if self._home is not None:
            self._home.leave()
            self._home = None
        if self._supervisor is not None:
            self._supervisor.guard.dismiss()
            self._supervisor = None

    def abandon(self) -> None:
        """Kill what runs at once and wait for nothing: this process is about to end.

        The servers are on a leash and end with it.
        """
        if self._supervisor is not None:
            self._supervisor.abandon()

    def pid(self, name: str) -> int | None:
        """Return the number of a process, or None while it is being replaced."""
        if name in self._servers:
            return self._servers[name].pid
        return self._running.pid(name)

    def is_ready(self, name: str) -> bool:
        """Return whether a program runs and has announced itself since it was started."""
        return self._running.runner(name).ready

    def starts(self, name: str) -> int:
        """Return how often a process was started, the first time included."""
        if name in self._servers:
            return self._servers[name].server.starts
        return self._running.runner(name).starts

    def kill(self, name: str, number: Signals = Signals.SIGKILL, *, group: bool = True) -> None:
        """Signal a process with all its descendants, or it alone; if it dies it is replaced."""
        if name in self._servers:
            self._servers[name].kill(number)
        else:
            self._running.kill(name, number, group=group)

    def restart(self, name: str) -> None:
        """End a process softly and start it again."""
        if name in self._servers:
            self._servers[name].restart()
        else:
            self._running.runner(name).restart()

    def strike(self, name: str, number: Signals, meanwhile: Callable[[], None]) -> None:
        """End a server with a signal, do something while it is down, and start it again."""
        self._servers[name].strike(number, meanwhile)

    def folder(self, name: str) -> Path:
        """Return where a server keeps its data and its log."""
        return self._servers[name].server.log.parent

    @property
    def names(self) -> tuple[str, ...]:
        """Return what runs: the servers, then the programs in the order they stop in."""
        return (*self._servers, *(name for stage in self._stages() for name in stage))

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()

    @property
    def _running(self) -> Supervisor:
        if self._supervisor is None:
            raise CannotStart("the stack does not run")
        return self._supervisor

    def _start(self, supervisor: Supervisor) -> None:
        if self._removing_home:
            supervisor.guard.remove(self._home_folder)
        self._settings = self._open_servers()
        shared = self.env
        if self.plan.flower:
            # Flower needs no store, so it starts up while the tables are made.
            supervisor.start(programs.flower(self.settings, shared))
        self._migrate(supervisor, shared)
        supervisor.start(*programs.staff(self.plan, self._environ))
        supervisor.await_ready()
        if self._home is not None:
            self._home.describe(self.settings)

    def _environ(self, name: str) -> dict[str, str]:
        return self.env | dict(self.plan.detour(name, self.settings))

    def _open_servers(self) -> Settings:
        try:
            store_url = self._open("store", open_store)
            broker_url = self._open("broker", open_broker)
        except FulfillerError as fault:
            raise CannotStart(str(fault)) from fault
        return settled(self._home_folder, self.plan, store_url=store_url, broker_url=broker_url)

    def _open(
        self, name: str, opening: Callable[[Path, Plan, Logs], tuple[str, Kept | None]]
    ) -> str:
        url, server = opening(self._home_folder, self.plan, self.logs)
        if server is not None:
            self._servers[name] = server
        return url

    def _migrate(self, supervisor: Supervisor, shared: dict[str, str]) -> None:
        program = Program(
            name="migration",
            argv=programs.command("store", "upgrade"),
            environ=shared,
            is_ready=says_ready("migration"),
        )
        child = Child(program, supervisor.guard, lambda line: self.logs.hear("migration", line))
        if not child.ended.wait(MIGRATE_S):
            child.end()
        if child.code != 0:
            said = "\n    ".join(self.logs.last("migration"))
            raise CannotStart(f"the store can't be brought up to date:\n    {said}")

    def _stages(self) -> tuple[tuple[str, ...], ...]:
        workers = tuple(map(programs.worker_name, range(1, self.plan.workers + 1)))
        keepers = tuple(map(programs.keeper_name, range(1, self.plan.keepers + 1)))
        flower = (programs.FLOWER,) if self.plan.flower else ()
        return ((programs.INTAKE,), workers, keepers, flower)
