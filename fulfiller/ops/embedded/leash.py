"""A leash: what we started ends when we end, even when we are killed.

A tiny shell waits at the reading end of a pipe whose writing end only we hold. However we
end, the system closes the pipe, and the shell ends the other process and all of its group.
Unlike Linux's parent-death signal it works on every Unix, and the thread that started the
process may end before it.
"""

from contextlib import suppress
from signal import SIGKILL, Signals
from subprocess import DEVNULL, PIPE, Popen

# A line on the pipe means that the other process is gone and its number no longer ours.
SCRIPT = 'read -r released || kill -s "$1" -- "-$2"'


class Leash:
    """Ties a process, which must lead a group of its own, to the life of this one."""

    def __init__(self, pid: int, *, sending: Signals = SIGKILL) -> None:
        """Send this signal to the group of `pid` as soon as this process has ended."""
        signal = sending.name.removeprefix("SIG")
        self._shell = Popen(  # nosec B603 # noqa: S603 - a signal's name and a number
            ["/bin/sh", "-c", SCRIPT, "leash", signal, str(pid)],
            bufsize=0,
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=DEVNULL,
            start_new_session=True,
        )

    def release(self) -> None:
        """Let go; a second time does nothing."""
        pipe = self._shell.stdin
        if pipe is not None and not pipe.closed:
            with self._shell, suppress(BrokenPipeError):
                pipe.write(b"\n")
