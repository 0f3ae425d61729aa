"""One running process and all its descendants: its lines, its end, the signals it gets."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from signal import Signals
from threading import Event, Lock, Thread
from typing import IO, cast

from fulfiller.ops.supervise.program import CannotStart, Program

LAST_LINES_S = 1.0
"""How long to read on after the end; only a stranger to the group still holds the pipe then."""


class Guard:
    """The process that ends what we leave behind, should we be killed."""

    def __init__(self) -> None:
        """Start it in a session of its own, where no Ctrl-C reaches it."""
        script = Path(__file__).with_name("guard.py")
        self._lock = Lock()
        self._process = subprocess.Popen(  # nosec B603 # noqa: S603 - our own guard, no shell
            # Isolated and without site-packages: it starts in milliseconds and needs nothing.
            [sys.executable, "-I", "-S", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._pipe = cast("IO[bytes]", self._process.stdin)

    def watch(self, pid: int) -> None:
        """Name a process, with the group it leads, that must not outlive us."""
        self._say(f"+ {pid}")

    def forget(self, pid: int) -> None:
        """Take a process back that has ended."""
        self._say(f"- {pid}")

    def remove(self, folder: Path) -> None:
        """Name a folder that must not outlive us."""
        self._say(f"rm {folder}")

    def dismiss(self) -> None:
        """Close the pipe: whatever was not taken back is ended now."""
        with self._lock, suppress(OSError):
            self._pipe.close()
        self._process.wait()

    def _say(self, line: str) -> None:
        with self._lock, suppress(OSError, ValueError):
            self._pipe.write(line.encode() + b"\n")
            self._pipe.flush()


class Child:
    """A program while it runs, as the leader of a process group of its own."""

    def __init__(self, program: Program, guard: Guard, hear: Callable[[str], None]) -> None:
        """Start it; `hear` gets each line it writes."""
        self.program = program
        self.ready = Event()
        self.ended = Event()
        self.code: int | None = None
        self._guard = guard
        self._hear = hear
        self._process = _spawn(program)
        self.pid = self._process.pid
        guard.watch(self.pid)
        self._reader = Thread(target=self._read, name=f"{program.name} lines", daemon=True)
        self._reader.start()
        Thread(target=self._await_end, name=f"{program.name} end", daemon=True).start()

    def signal(self, number: Signals, *, group: bool = False) -> None:
        """Signal the process, or it and all its descendants; nothing if it is gone."""
        if not self.ended.is_set():
            with suppress(ProcessLookupError):
                (os.killpg if group else os.kill)(self.pid, number)

    def end(self) -> None:
        """Ask it to end, and kill it with all its descendants if it takes too long."""
        self.signal(self.program.end_signal)
        self.signal(Signals.SIGCONT)
        if not self.ended.wait(self.program.end_within_s):
            self._hear(f"did not end within {self.program.end_within_s:.0f} s: killed")
            self.signal(Signals.SIGKILL, group=True)
            self.ended.wait()

    def _read(self) -> None:
        with cast("IO[bytes]", self._process.stdout) as lines:
            for raw in lines:
                line = raw.decode(errors="replace").rstrip()
                if self.program.is_ready(line):
                    self.ready.set()
                self._hear(line)

    def _await_end(self) -> None:
        # While the leader is not yet reaped its number can't be anybody else's, so what is
        # left of the group can be killed without hitting a stranger.
        if sys.platform == "linux":
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, Signals.SIGKILL)
        self.code = self._process.wait()
        self._reader.join(LAST_LINES_S)
        self._guard.forget(self.pid)
        self.ended.set()


def ending(code: int | None) -> str:
    """Return how a process ended, in words: `exit 3`, `SIGKILL`."""
    return Signals(-code).name if code is not None and code < 0 else f"exit {code}"


def _spawn(program: Program) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # nosec B603 # noqa: S603 - programs of our own list
            program.argv,
            env=dict(program.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise CannotStart(
            f"{program.name} can't be started: {program.argv[0]}: {error.strerror}"
        ) from error
