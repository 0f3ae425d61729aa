"""The control arm: the faults of a scenario on plain Celery, and what became of its tasks."""

import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from signal import Signals
from tempfile import mkdtemp
from threading import Event

from fulfiller.chaos.experiment.striking import Striker, strikers
from fulfiller.chaos.fault.arena import Need
from fulfiller.chaos.outcome import Control
from fulfiller.chaos.proxy.order import Speech
from fulfiller.chaos.proxy.process import Proxy
from fulfiller.chaos.scenario import Scenario
from fulfiller.clock import monotonic
from fulfiller.ops.chaos.notes import notes
from fulfiller.ops.chaos.tasks import send
from fulfiller.ops.embedded import valkey
from fulfiller.ops.supervise.child import Guard
from fulfiller.ops.supervise.logs import Logs, silent
from fulfiller.ops.supervise.program import Program, says_ready
from fulfiller.ops.supervise.servers import Kept
from fulfiller.ops.supervise.supervisor import Supervisor
from fulfiller.settings import PREFIX, surroundings

NAME = "Plain Celery"
RATE_MAX = 100.0
"""Tasks a second: each is a message of its own, and a worker here takes hundreds of them."""
QUIET_S = 8.0
"""How long nothing more must have been done until the rest is called lost.

Twice the visibility timeout, after which Celery delivers again what was not acknowledged.
"""
LONGEST_S = 40.0
LOOK_S = 0.25


class PlainArena:
    """A broker behind the proxy, and workers of plain Celery; no store, no door."""

    store_url = ""
    intake_url = ""
    campaign = ""
    offers = frozenset({Need.PROCESSES, Need.PROXY, Need.BROKER, Need.OWN_BROKER, Need.LINUX})
    clocks: Mapping[str, Path] = {}

    def __init__(self, home: Path, workers: int) -> None:
        """Start broker, proxy and workers, and return when they are ready."""
        self.proxy = Proxy()
        self.home = home
        self._logs = Logs(silent)
        self._broker = Kept("broker", valkey.start(home), self._logs)
        self._names = [f"worker{number}" for number in range(1, workers + 1)]
        self._supervisor = Supervisor(Guard(), self._logs)
        try:
            self._supervisor.start(*map(self._program, self._names))
            self._supervisor.await_ready()
        except BaseException:
            self.close()
            raise

    @property
    def broker_url(self) -> str:
        """Return the URL of the broker itself."""
        return self._broker.server.url

    def names(self) -> Sequence[str]:
        """Return the names of all processes."""
        return ("broker", *self._names)

    def pid(self, name: str) -> int | None:
        """Return the number of a process, or None while it is being replaced."""
        return self._broker.pid if name == "broker" else self._supervisor.pid(name)

    def starts(self, name: str) -> int:
        """Return how often a process was started."""
        if name == "broker":
            return self._broker.server.starts
        return self._supervisor.runner(name).starts

    def kill(self, name: str, number: Signals, *, group: bool = False) -> None:
        """Signal a process; if it dies it is replaced."""
        if name == "broker":
            self._broker.kill(number)
        else:
            self._supervisor.kill(name, number, group=group)

    def restart(self, name: str) -> None:
        """End a process softly and start it again."""
        if name == "broker":
            self._broker.restart()
        else:
            self._supervisor.runner(name).restart()

    def folder(self, name: str) -> Path:
        """Return where the broker keeps its data."""
        del name
        return self._broker.server.log.parent

    def strike(self, name: str, number: Signals, meanwhile: Callable[[], None]) -> None:
        """End the broker with a signal, do something while it is down, and start it again."""
        del name
        self._broker.strike(number, meanwhile)

    def close(self) -> None:
        """End everything."""
        self._supervisor.stop([self._names])
        self._broker.stop()
        self._supervisor.guard.dismiss()
        self.proxy.close()

    def _program(self, name: str) -> Program:
        server = self._broker.server
        port = self.proxy.open(f"{name}/broker", "127.0.0.1", server.port, Speech.REDIS)
        words = ("-A", "fulfiller.ops.chaos.plain", "worker", "--hostname", f"{name}@%h")
        return Program(
            name=name,
            argv=(sys.executable, "-m", "celery", *words, "--loglevel=warning"),
            environ={
                **surroundings(),
                f"{PREFIX}HOME": str(self.home),
                f"{PREFIX}BROKER_URL": f"redis://127.0.0.1:{port}/0",
                "PYTHONUNBUFFERED": "1",
            },
            is_ready=says_ready("plain"),
        )


def plain_control(scenario: Scenario) -> Control:
    """Run the scenario's faults against plain Celery, and count what became of its tasks."""
    home = Path(mkdtemp(prefix="fulfiller-control-"))
    arena = PlainArena(home, scenario.workers)
    try:
        return _control(scenario, arena)
    finally:
        arena.close()
        shutil.rmtree(home, ignore_errors=True)


def _control(scenario: Scenario, arena: PlainArena) -> Control:
    began_s, never = monotonic(), Event()
    blows = strikers(scenario.faults, arena, lambda: monotonic() - began_s, lambda _: None)
    for blow in blows:
        blow.start()
    load = scenario.load
    sent = send(arena.broker_url, min(load.rate, RATE_MAX), load.seconds)
    while not all(blow.healed for blow in blows):
        never.wait(LOOK_S)
    done = _done(arena.home, sent)
    for blow in blows:
        blow.leave()
        blow.join()
    return Control(
        name=NAME,
        words=_words(blows),
        sent=sent,
        done=len(done),
        lost=sent - len(done),
        doubled=sum(times > 1 for times in done.values()),
        struck=sum(blow.stroke.struck for blow in blows),
    )


def _done(home: Path, sent: int) -> Counter[str]:
    """Return how often each task was done, once nothing more has come for a while."""
    never, since_s = Event(), monotonic()
    until_s, known = since_s + LONGEST_S, -1
    while True:
        file = notes(home)
        done = Counter(file.read_text("ascii").split() if file.exists() else ())
        if done.total() != known:
            known, since_s = done.total(), monotonic()
        if len(done) == sent or monotonic() - since_s > QUIET_S or monotonic() > until_s:
            return done
        never.wait(LOOK_S)


def _words(blows: Sequence[Striker]) -> str:
    fallen = sum(blow.stroke.struck for blow in blows)
    return f"under the same faults ({fallen:,} times), tasks acknowledged late"
