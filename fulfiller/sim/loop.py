"""The loop: processes as greenlets, one at a time, on a clock that only moves when all wait.

Ordinary sync code runs in it unchanged: each step of a port sleeps here, and meanwhile others
run. A process can be killed (it ends at its next step, as if the machine had cut it off there)
or stopped (its next step is late, and it does not know).
"""

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from random import Random

from greenlet import GreenletExit, getcurrent, greenlet

SECOND = 1_000_000


class Process:
    """What dies and stops as one: one or more tasks of the same name."""

    __slots__ = ("dead", "leapt", "name", "stopped_until", "tasks")

    def __init__(self, name: str) -> None:
        """Live, and run."""
        self.name = name
        self.dead = False
        self.leapt = 0
        """Microseconds that its monotonic clock is ahead of where it should be."""
        self.stopped_until = 0
        self.tasks: list[Task] = []


class Task(greenlet):
    """One thread of a process."""

    __slots__ = ("doing", "keen", "process", "ticket", "tied_up", "waits_since")

    def __init__(self, process: Process, run: Callable[[], None], hub: greenlet) -> None:
        """Belong to a process."""
        super().__init__(run, hub)
        self.process = process
        self.doing = ""
        self.keen = 1
        """How many times likelier it is to be struck at what it is doing."""
        self.tied_up = 0
        """How many transactions of it are open."""
        self.ticket = 0
        self.waits_since: int | None = None


class Loop:
    """Runs tasks in the order of their wake-up times; equal times in an order of the dice."""

    def __init__(self, dice: Random) -> None:
        """Begin at instant 0, in microseconds."""
        self.now = 0
        self.switches = 0
        self.current: Task
        """The task that runs; there is one whenever a task asks."""
        self._dice = dice
        self._heap: list[tuple[int, float, int, Task]] = []
        self._numbers = 0
        self._blows: deque[tuple[Task, BaseException]] = deque()
        self._hub = getcurrent()

    def spawn(self, process: Process, run: Callable[[], None]) -> Task:
        """Start a thread of a process: it begins at once, behind whoever is due now."""
        task = Task(process, run, self._hub)
        process.tasks.append(task)
        self._push(self.now, task)
        return task

    def sleep(self, microseconds: int) -> None:
        """Let others run until so much time has passed; end here if killed meanwhile."""
        task = self.current
        if task.process.dead:
            raise GreenletExit
        self._push(self.now + microseconds, task)
        self._hub.switch()

    def wake(self, task: Task) -> None:
        """Let a task that sleeps go on now, however long it meant to sleep."""
        if not task.dead:
            self._push(self.now, task)

    def fail(self, task: Task, fault: Exception) -> None:
        """Let what a task waits for fail now, though it is stopped and will see it later."""
        self._blows.append((task, fault))

    def kill(self, process: Process) -> None:
        """End a process where it stands; whoever kills itself ends at once."""
        process.dead = True
        mine, process.tasks = process.tasks, []
        self._blows.extend((task, GreenletExit()) for task in mine if task is not getcurrent())
        if getcurrent() in mine:
            raise GreenletExit

    def run(self, *, until: int, done: Callable[[], bool]) -> bool:
        """Run until `done` or an instant; return whether it was done."""
        while self._heap:
            self._strike()
            at, _, ticket, task = self._heap[0]
            if at > until:
                self.now = until
                return done()
            heappop(self._heap)
            if task.dead or task.ticket != ticket:
                continue
            stopped_until = task.process.stopped_until
            if at < stopped_until:
                self._push(stopped_until, task)
                continue
            self.now = max(self.now, at)
            self.switches += 1
            self.current = task
            task.switch()
            if done():
                return True
        return done()

    def end(self) -> None:
        """End every task that is left."""
        for _, _, _, task in list(self._heap):
            task.process.dead = True
            if not task.dead:
                self.current = task
                task.throw(GreenletExit)
        self._heap.clear()

    def _strike(self) -> None:
        """Do to processes what was decided meanwhile: only the hub gets control back."""
        while self._blows:
            task, blow = self._blows.popleft()
            if not task.dead:
                self.current = task
                task.throw(blow)

    def _push(self, at: int, task: Task) -> None:
        self._numbers += 1
        task.ticket = self._numbers
        heappush(self._heap, (at, self._dice.random(), self._numbers, task))
