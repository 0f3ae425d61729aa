"""A cast whose members can be looked at one by one, beside what they cost."""

from fulfiller.ops.bench.cast import Cast
from fulfiller.ops.bench.memory import memory_mib, own_mib
from fulfiller.ops.bench.usage import descent


class Ensemble(Cast):
    """A cast that tells the memory of its members and servers."""

    def memory_mib(self) -> dict[str, float]:
        """Return MiB by role, of servers and programs with all their processes."""
        return memory_mib(self.pids)

    def parts_mib(self, role: str) -> tuple[float, list[float]]:
        """Return MiB of a program's main process, and of each of its children."""
        first, *children = descent(self.pids[role])
        return own_mib(first), [own_mib(pid) for pid in children]
