"""Run a set of programs together: all start, all are kept alive, they stop in order."""

from collections.abc import Sequence
from signal import Signals
from threading import Thread

from fulfiller.ops.supervise.child import Guard
from fulfiller.ops.supervise.logs import Logs
from fulfiller.ops.supervise.program import Program
from fulfiller.ops.supervise.runner import Runner


class Supervisor:
    """Runners by name. The order in which programs are added is the order they stop in."""

    def __init__(self, guard: Guard, logs: Logs) -> None:
        """Run nothing yet."""
        self.guard = guard
        self.logs = logs
        self._runners: dict[str, Runner] = {}

    def start(self, *programs: Program) -> None:
        """Start programs together, without waiting for them."""
        for program in programs:
            runner = self._runners[program.name] = Runner(program, self.guard, self.logs)
            runner.start()

    def await_ready(self) -> None:
        """Return when every program is ready; raise CannotStart for the first that isn't."""
        for runner in self._runners.values():
            runner.await_ready()

    def runner(self, name: str) -> Runner:
        """Return the runner of a program, or the first whose name begins so (`worker`)."""
        if name in self._runners:
            return self._runners[name]
        for known, runner in self._runners.items():
            if known.startswith(name):
                return runner
        raise LookupError(f"nothing called {name!r} runs here, only {', '.join(self._runners)}")

    def pid(self, name: str) -> int | None:
        """Return the number of a running process, or None while it is being replaced."""
        return self.runner(name).pid

    def kill(self, name: str, number: Signals = Signals.SIGKILL, *, group: bool = True) -> None:
        """Signal a process with all its descendants, or it alone; if it dies it is replaced."""
        self.runner(name).kill(number, group=group)

    def stop(self, order: Sequence[Sequence[str]]) -> None:
        """End programs softly, stage after stage; the members of a stage end together."""
        for stage in order:
            runners = [self._runners[name] for name in stage if name in self._runners]
            if runners:
                self.logs.note(f"ending {', '.join(each.program.name for each in runners)}")
                _together(runners)

    def abandon(self) -> None:
        """Kill everything at once; waits for nothing."""
        for runner in self._runners.values():
            runner.abandon()


def _together(runners: Sequence[Runner]) -> None:
    threads = [Thread(target=runner.stop) for runner in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
