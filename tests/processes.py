"""Real processes of this project for tests: started, awaited by their log, ended by pid."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

from tests.waiting import until

ROOT = Path(__file__).parents[1]
READY_S = 60.0
STOP_S = 30.0


@dataclass(frozen=True, slots=True)
class Process:
    """A process with its log."""

    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """The number of its main process."""
        return self.popen.pid

    @property
    def alive(self) -> bool:
        """Whether its main process lives."""
        return self.popen.poll() is None

    def text(self) -> str:
        """Return what it has said so far."""
        return self.log.read_text(errors="replace")

    def says(self, words: str, *, within_s: float = 20.0) -> None:
        """Wait until the words stand in its log."""
        until(lambda: words in self.text(), within_s=within_s, what=f"{words!r} in {self.log}")

    def children(self) -> list[int]:
        """Return the pids of its children."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.pid)], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in found.stdout.split()]

    def send(self, signal: Signals) -> None:
        """Send its main process a signal."""
        os.kill(self.pid, signal)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self.alive:
            self.send(SIGKILL)
        self.popen.wait()

    def stop(self) -> int:
        """Ask it to end, force it if it doesn't, and return its exit code."""
        if self.alive:
            self.send(SIGTERM)
        try:
            return self.popen.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.popen.returncode


def start(argv: list[str], *, env: Mapping[str, str], log: Path) -> Process:
    """Start a Python module with these settings instead of this process's own."""
    inherited = {name: text for name, text in os.environ.items() if "FULFILLER_" not in name}
    with log.open("wb") as file:
        popen = subprocess.Popen(
            [sys.executable, "-m", *argv],
            cwd=ROOT,
            env={**inherited, "PYTHONUNBUFFERED": "1", **env},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    return Process(popen, log)


def worker_argv(name: str, *options: str) -> list[str]:
    """Return the command line of a worker with a name of its own."""
    command = ["celery", "-A", "workers", "worker", "-n", f"{name}@test", "-l", "info"]
    return [*command, "--without-gossip", "--without-mingle", *options]
