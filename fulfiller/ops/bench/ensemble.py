"""A cast whose members can be looked at one by one, beside what they cost."""

from fulfiller.ops.bench.cast import ROLES, Cast
from fulfiller.ops.bench.memory import memory_mib, own_mib
from fulfiller.ops.bench.stage import Stage
from fulfiller.ops.bench.usage import descent
from fulfiller.settings import Settings


class Ensemble(Cast):
    """A cast that tells the memory of its members and servers."""

    def __init__(self, stage: Stage, settings: Settings) -> None:
        """Start nothing yet."""
        super().__init__(stage, settings)
        self._servers = dict(stage.pids)

    def memory_mib(self) -> dict[str, float]:
        """Return MiB by role, of servers and programs with all their processes."""
        return memory_mib(self._pids())

    def parts_mib(self, role: str) -> tuple[float, list[float]]:
        """Return MiB of a program's main process, and of each of its children."""
        first, *children = descent(self._pids()[role])
        return own_mib(first), [own_mib(pid) for pid in children]

    def _pids(self) -> dict[str, int]:
        """Return the main process of each server and program, by role."""
        runners = {name: self._supervisor.runner(name) for name in self._on}
        running = {ROLES.get(n, n): r.pid for n, r in runners.items() if r.pid is not None}
        return self._servers | running
