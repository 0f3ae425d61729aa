"""A server process of ours: started, awaited, stopped, killed and started again."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM, Signals
from subprocess import DEVNULL, STDOUT, Popen, TimeoutExpired

from fulfiller.clock import monotonic
from fulfiller.ops.embedded.account import Account, identity
from fulfiller.ops.embedded.error import ServerFailed
from fulfiller.ops.embedded.leash import Leash

START_S = 30.0
STOP_S = 10.0
POLL_S = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to start a server, how to tell that it is ready, and how to end it.

    `ready` takes the pid. `account` is whom it runs as, where that is not us. `passing` are
    words in the log of a start that failed and may succeed in a moment.
    """

    name: str
    url: str
    port: int
    argv: tuple[str, ...]
    log: Path
    ready: Callable[[int], bool]
    account: Account | None = None
    stopping: Signals = SIGTERM
    orphaned: Signals = SIGKILL
    passing: str | None = None


class Server:
    """A running server on 127.0.0.1; it ends with this process, however that ends."""

    def __init__(self, recipe: Recipe) -> None:
        """Start it and return when it is ready; raise ServerFailed if it does not get there."""
        self.starts = 0
        """How often its process was started."""
        self._recipe = recipe
        self._start()

    @property
    def url(self) -> str:
        """Where clients find it; the same for as long as this object lives."""
        return self._recipe.url

    @property
    def port(self) -> int:
        """The port of the url."""
        return self._recipe.port

    @property
    def pid(self) -> int:
        """The number of its process, a new one after each restart."""
        return self._process.pid

    @property
    def log(self) -> Path:
        """The file that it writes its log to."""
        return self._recipe.log

    @property
    def running(self) -> bool:
        """Whether its process lives; a frozen one does."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End it in order, or by force if that takes too long; does nothing when ended."""
        if self.running:
            self._signal(self._recipe.stopping)
            self._signal(SIGCONT)
        with suppress(TimeoutExpired):
            self._process.wait(STOP_S)
        self.kill()

    def kill(self) -> None:
        """End it at once, as a crash would; does nothing when it has ended."""
        if self.running:
            self._signal(SIGKILL)
        self._process.wait()
        self._leash.release()

    def end(self, number: Signals) -> None:
        """Tell it to end by a signal of the caller's choice; by force if that takes too long."""
        if self.running:
            self._signal(number)
        with suppress(TimeoutExpired):
            self._process.wait(STOP_S)
        self.kill()

    def restart(self) -> None:
        """Start it again on the same port and data, stopping it first if it runs."""
        self.stop()
        self._start()

    def freeze(self) -> None:
        """Stop it in its tracks: connections stay open and nothing answers."""
        self._signal(SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._signal(SIGCONT)

    def _start(self) -> None:
        deadline = monotonic() + START_S
        while not self._came_up(deadline):
            pass

    def _came_up(self, deadline: float) -> bool:
        """Start it once and return whether it got ready, or False when trying again may help."""
        self._launch()
        try:
            self._await_ready(deadline)
        except ServerFailed as failed:
            self.kill()
            passing = self._recipe.passing
            if passing is None or passing not in str(failed) or monotonic() > deadline:
                raise
            return False
        except BaseException:
            self.kill()
            raise
        return True

    def _launch(self) -> None:
        self.starts += 1
        with self.log.open("ab") as log:
            self._process = Popen(  # nosec B603 # noqa: S603 - the server that was found
                self._recipe.argv,
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
                start_new_session=True,
                **identity(self._recipe.account),
            )
        self._leash = Leash(self.pid, sending=self._recipe.orphaned)

    def _await_ready(self, deadline: float) -> None:
        while not self._recipe.ready(self.pid):
            if monotonic() > deadline:
                raise ServerFailed(self._recipe.name, f"was not ready in {START_S:.0f} s", self.log)
            with suppress(TimeoutExpired):
                self._process.wait(POLL_S)
                raise ServerFailed(self._recipe.name, "ended while starting", self.log)

    def _signal(self, signal: Signals) -> None:
        # To the process, not its group: PostgreSQL counts on being the one who tells the others.
        os.kill(self.pid, signal)
