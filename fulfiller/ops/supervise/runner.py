"""Keep one program running: start it, and start it again when it dies by itself."""

from signal import Signals
from threading import Event, Lock, Thread

from fulfiller.clock import monotonic
from fulfiller.ops.supervise.child import Child, Guard, ending
from fulfiller.ops.supervise.logs import Logs
from fulfiller.ops.supervise.program import CannotStart, Program

POLL_S = 0.05
PAUSE_S = 0.2
"""The wait before the first new start; it doubles up to the longest."""
PAUSE_MAX_S = 10.0
STEADY_S = 30.0
"""A process that lived this long has earned a quick new start."""
TAIL_LINES = 12


class Runner:
    """One place in the stack, and the child that fills it at the moment."""

    def __init__(self, program: Program, guard: Guard, logs: Logs) -> None:
        """Start nothing yet."""
        self.program = program
        self.starts = 0
        self._guard = guard
        self._logs = logs
        self._lock = Lock()
        self._leaving = Event()
        self._child: Child | None = None
        self._thread: Thread | None = None

    @property
    def pid(self) -> int | None:
        """Return the number of the running process, or None between two of them."""
        child = self._child
        return None if child is None or child.ended.is_set() else child.pid

    @property
    def ready(self) -> bool:
        """Return whether the running process has said, or answered, that it is ready."""
        child = self._child
        if child is None or child.ended.is_set():
            return False
        if self.program.answers and not child.ready.is_set() and self.program.answers():
            child.ready.set()
        return child.ready.is_set()

    def start(self) -> None:
        """Start the program and watch over it from now on."""
        self._leaving.clear()
        child = self._spawn()
        self._thread = Thread(
            target=self._keep, args=(child,), name=f"{self.program.name} keep", daemon=True
        )
        self._thread.start()

    def await_ready(self) -> None:
        """Return when it is ready; raise CannotStart with its last words if it won't be."""
        limit_s = self.program.ready_within_s
        deadline = monotonic() + limit_s
        while not self.ready:
            child = self._child
            if child is None or child.ended.wait(POLL_S):
                raise CannotStart(self._last_words("ended before it was ready"))
            if monotonic() > deadline:
                raise CannotStart(self._last_words(f"was not ready within {limit_s:g} s"))

    def stop(self) -> None:
        """End the process softly, and start it no more."""
        self._leaving.set()
        with self._lock:
            child = self._child
        if child:
            child.end()
        if self._thread:
            self._thread.join()
            self._thread = None

    def restart(self) -> None:
        """End the process softly and start it again."""
        self.stop()
        self.start()

    def kill(self, number: Signals = Signals.SIGKILL, *, group: bool = True) -> None:
        """Signal the process with all its descendants, or it alone; it will be replaced."""
        if self._child:
            self._child.signal(number, group=group)

    def abandon(self) -> None:
        """Kill it at once and start it no more; waits for nothing."""
        self._leaving.set()
        self.kill()

    def _spawn(self) -> Child:
        name = self.program.name
        child = Child(self.program, self._guard, lambda line: self._logs.hear(name, line))
        self._child = child
        self.starts += 1
        return child

    def _keep(self, child: Child) -> None:
        """Wait for the end of one child after the other, with growing pauses in between."""
        pause_s = PAUSE_S
        while True:
            born = monotonic()
            child.ended.wait()
            if self._leaving.is_set():
                return
            pause_s = PAUSE_S if monotonic() - born >= STEADY_S else pause_s
            self._logs.note(
                f"{self.program.name} ended by itself ({ending(child.code)}): "
                f"starting it again in {pause_s:.1f} s"
            )
            self._leaving.wait(pause_s)
            pause_s = min(2 * pause_s, PAUSE_MAX_S)
            with self._lock:
                if self._leaving.is_set():
                    return
                child = self._spawn()

    def _last_words(self, problem: str) -> str:
        words = self._logs.last(self.program.name, TAIL_LINES)
        said = "".join(f"\n    {line}" for line in words) or "\n    (it said nothing)"
        return f"{self.program.name} {problem}; its last lines:{said}"
