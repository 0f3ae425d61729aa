"""strace: it takes hold of running processes and makes their system calls late, or fail."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from signal import Signals
from tempfile import TemporaryDirectory
from threading import Event

from fulfiller.chaos.fault.sight import GONE, state
from fulfiller.clock import monotonic
from fulfiller.domain.error import FulfillerError

ATTACH_S = 10.0
POLL_S = 0.01
END_S = 10.0


class CannotTrace(FulfillerError):
    """strace did not take hold of a process; the message has its own words."""


class Tracer:
    """strace on some processes and whatever they fork, until it lets go of them.

    `calls` are names of system calls, `injection` what is done to them (`delay_enter=1000`,
    `error=ENOSPC`); with `paths` only to those that have to do with these files.
    """

    def __init__(
        self, pids: Sequence[int], calls: Sequence[str], injection: str, paths: Sequence[str] = ()
    ) -> None:
        """Take hold, and return when it has; raise CannotTrace if it may not."""
        self._folder = TemporaryDirectory(prefix="fulfiller-trace-")
        self._record = Path(self._folder.name, "calls")
        self._last: str | None = None
        named = ",".join(calls)
        self._process = subprocess.Popen(  # nosec B603 # noqa: S603 - strace where it was found
            [
                _strace(),
                *("-f", "-qq", "-o", str(self._record)),
                *("-e", f"trace={named}", "-e", f"inject={named}:{injection}"),
                *(word for path in paths for word in ("-P", path)),
                *(word for pid in pids for word in ("-p", str(pid))),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            self._await_hold(pids)
        except BaseException:
            self.release()
            raise

    def count(self, sign: str) -> int:
        """Return how many calls on record bear a sign: `(DELAYED)`, `(INJECTED)`."""
        return self._calls().count(sign)

    def release(self) -> None:
        """Let go of all of them; what they did until then can still be counted."""
        with suppress(ProcessLookupError):
            self._process.send_signal(Signals.SIGINT)
        try:
            self._process.communicate(timeout=END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._last = self._calls()
        self._folder.cleanup()

    def _calls(self) -> str:
        if self._last is not None:
            return self._last
        return self._record.read_text(errors="replace") if self._record.exists() else ""

    def _await_hold(self, pids: Sequence[int]) -> None:
        deadline, pause = monotonic() + ATTACH_S, Event()
        # One that has ended meanwhile can't be held and is no flaw.
        while not all(_holder(pid) == self._process.pid or state(pid) == GONE for pid in pids):
            if self._process.poll() is not None or monotonic() > deadline:
                self._process.kill()
                said = self._process.communicate()[1].decode(errors="replace").strip()
                raise CannotTrace(f"strace does not take hold of {list(pids)}: {said}")
            pause.wait(POLL_S)


@cache
def can_trace() -> bool:
    """Return whether strace is here, and may take hold of processes that are not its own."""
    if sys.platform != "linux" or shutil.which("strace") is None:
        return False
    waiting = "import sys; sys.stdin.read()"
    with subprocess.Popen(  # nosec B603 # noqa: S603 - this very interpreter
        [sys.executable, "-I", "-S", "-c", waiting], stdin=subprocess.PIPE
    ) as stranger:
        try:
            Tracer([stranger.pid], ("fsync",), "delay_enter=1").release()
        except CannotTrace:
            return False
        finally:
            stranger.kill()
    return True


def _holder(pid: int) -> int:
    """Return who traces a process, 0 for nobody."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("TracerPid:")).split()[1])
    return 0


def _strace() -> str:
    found = shutil.which("strace")
    if found is None:
        raise CannotTrace("strace is not installed: apt-get install strace")
    return found
