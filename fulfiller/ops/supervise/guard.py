"""Outlive the supervisor by a moment: when it is gone, end every process it left behind.

A script of its own, started with a pipe on its input. Each line there says `+ PID` or
`- PID` for a process (and the group it leads) that must not outlive the supervisor, or
`rm PATH` for a folder that must not either. The pipe closes when the supervisor ends,
however it ends, SIGKILL included. A parent-death signal would not do: it reaches neither
grandchildren nor macOS, and it follows the thread that forked instead of the process.
"""

import os
import shutil
import signal
import sys
import time

SOFT_S = 2.0
"""How long what is left may take to end by itself before it is killed."""
POLL_S = 0.05


def main() -> None:
    """Note what comes and goes until the pipe closes, then end what is left."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    pids, folders = listen()
    end(pids)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def listen() -> tuple[list[int], list[str]]:
    """Return the processes and folders that were named and not taken back."""
    pids: dict[int, None] = {}
    folders: dict[str, None] = {}
    for line in sys.stdin:
        verb, _, rest = line.rstrip("\n").partition(" ")
        if verb == "+":
            pids[int(rest)] = None
        elif verb == "-":
            pids.pop(int(rest), None)
        elif verb == "rm":
            folders[rest] = None
    return list(pids), list(folders)


def end(pids: list[int]) -> None:
    """Ask all to end, wait a little, kill what is still there."""
    left = [pid for pid in pids if tell(pid, signal.SIGTERM)]
    for _ in range(int(SOFT_S / POLL_S)):
        left = [pid for pid in left if tell(pid, 0)]
        if not left:
            return
        time.sleep(POLL_S)  # noqa: TID251  the package is out of its reach
    for pid in left:
        tell(pid, signal.SIGKILL)


def tell(pid: int, number: int) -> bool:
    """Signal a process group, or the process alone if it leads none; False if it is gone."""
    for send in (os.killpg, os.kill):
        try:
            send(pid, number)
        except ProcessLookupError:
            continue
        except PermissionError:
            return False
        return True
    return False


if __name__ == "__main__":
    main()
