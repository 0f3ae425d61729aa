"""The cast of an act: the processes that work on its database, and what they cost."""

import sys
from dataclasses import replace
from types import TracebackType
from typing import Self

from fulfiller.domain.error import FulfillerError
from fulfiller.ops.bench.peers.roll import Peer
from fulfiller.ops.bench.stage import Stage
from fulfiller.ops.bench.usage import readings
from fulfiller.ops.embedded.ports import free_port
from fulfiller.ops.supervise import programs
from fulfiller.ops.supervise.logs import Logs, silent
from fulfiller.ops.supervise.program import Program, says_ready
from fulfiller.ops.supervise.supervisor import Supervisor
from fulfiller.settings import PREFIX, Settings

PLAIN, PLAIN_THREADS = "plain", "plain_threads"
POOLS = {PLAIN: (), PLAIN_THREADS: ("--pool=threads", "--concurrency=16")}
"""What plain Celery's worker is told of its pool; prefork with our slots goes without saying."""
WORKER = "worker1"
INTAKE_2 = "intake2"
NODES = {"node1": 1, "node2": 2, "node3": 3}
"""Workers with one slot each, where WORKER has SLOTS of them: by name, and which one it is."""
ROLES = {PLAIN: "worker", PLAIN_THREADS: "worker", WORKER: "worker"}
"""Under which name a program is told of, where that is not its own."""
SHARES = {INTAKE_2: programs.INTAKE, **dict.fromkeys(NODES, "worker")}
"""Under whose name the cost of a program is added up that is one of several."""


class Fell(FulfillerError):
    """A process died in the midst of a measurement."""


class Cast:
    """Programs that come on one after the other and leave together."""

    def __init__(self, stage: Stage, settings: Settings) -> None:
        """Start nothing yet."""
        self.settings = settings
        self._stage = stage
        self._shared = programs.environ(settings)
        self._ports = [settings.intake_port]
        self._logs = Logs(silent)
        self._supervisor = Supervisor(stage.guard, self._logs)
        self._on: list[str] = []
        self._guests: list[str] = []

    def enter(self, *names: str) -> None:
        """Start what does not run yet of these programs, and return when all are ready."""
        fresh = [name for name in names if name not in self._on]
        self._on += fresh
        self._supervisor.start(*map(self._program, fresh))
        self._supervisor.await_ready()

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports of the intakes that run."""
        return tuple(self._ports)

    def environ(self, peer: Peer) -> dict[str, str]:
        """Return the environment of a peer's processes."""
        return peer.environ(self._shared, self.settings)

    def invite(self, peer: Peer) -> None:
        """Start a peer's workers."""
        programs = peer.workers(self.environ(peer))
        self._guests += [program.name for program in programs]
        self._supervisor.start(*programs)

    @property
    def pids(self) -> dict[str, int]:
        """The numbers of their processes and of the servers', by role; Fell if one has died."""
        pids = dict(self._stage.pids)
        return pids | {ROLES.get(name, name): self._pid(name) for name in self._on}

    def _pid(self, name: str) -> int:
        runner = self._supervisor.runner(name)
        if runner.starts != 1 or runner.pid is None:
            said = "\n    ".join(self._logs.last(name))
            raise Fell(f"{name} died while it was measured:\n    {said}")
        return runner.pid

    def used_s(self) -> dict[str, float]:
        """Return the CPU seconds that each of them and each server has used so far."""
        used: dict[str, float] = {}
        for name, seconds in readings(self.pids).items():
            role = SHARES.get(name, name)
            used[role] = used.get(role, 0.0) + seconds
        if self._guests:
            theirs = readings({name: self._pid(name) for name in self._guests})
            used |= {"worker": sum(theirs.values())} if theirs else {}
        return used

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End them all."""
        self._supervisor.stop([self._on, self._guests])

    def _program(self, name: str) -> Program:
        if name == programs.INTAKE:
            return programs.intake(self._shared)
        if name == INTAKE_2:
            return self._second_intake()
        if name in NODES:
            own = self._shared | {f"{PREFIX}WORKER_SLOTS": "1"}
            return replace(programs.worker(NODES[name], own), name=name)
        if name == programs.FLOWER:
            return programs.flower(self.settings, self._shared)
        if name == programs.KEEPER:
            return programs.keeper(1, self._shared)
        return programs.worker(1, self._shared) if name == WORKER else self._plain(name)

    def _second_intake(self) -> Program:
        port = free_port()
        self._ports.append(port)
        own = self._shared | {f"{PREFIX}INTAKE_PORT": str(port)}
        return replace(programs.intake(own), name=INTAKE_2)

    def _plain(self, name: str) -> Program:
        words = ("-A", "fulfiller.ops.bench.plain", "worker", "--hostname", "plain@%h")
        quiet = ("--loglevel=warning", "--without-gossip", "--without-mingle")
        return Program(
            name=name,
            argv=(sys.executable, "-m", "celery", *words, *quiet, *POOLS[name]),
            environ=self._shared,
            is_ready=says_ready(PLAIN),
        )
