"""The folder of a stack: one stack at a time, and a file that tells others how to reach it."""

import fcntl
import os
import shutil
from pathlib import Path

from fulfiller.ops.supervise.program import CannotStart
from fulfiller.settings import PREFIX, Settings, variables

LOCK = "stack.lock"
VARIABLES = "stack.env"
SCRATCH = "tmp"
"""The folder for temporary files of the stack's processes."""
WITHHELD = frozenset({f"{PREFIX}SECRET", f"{PREFIX}API_KEY"})


class Home:
    """A folder that one running stack owns."""

    def __init__(self, folder: Path) -> None:
        """Create it if need be, for its owner alone, and take it; raise if it is taken."""
        self.folder = folder
        self._lock = _taken(folder)
        shutil.rmtree(folder / SCRATCH, ignore_errors=True)
        (folder / SCRATCH).mkdir(mode=0o700)

    def describe(self, settings: Settings) -> Path:
        """Write how to reach the stack, for shells: `set -a; . stack.env`."""
        known = {name: v for name, v in variables(settings).items() if name not in WITHHELD}
        file = self.folder / VARIABLES
        file.touch(mode=0o600)
        file.write_text("".join(f"{name}='{value}'\n" for name, value in known.items()), "utf-8")
        return file

    def leave(self) -> None:
        """Let another stack have it."""
        (self.folder / VARIABLES).unlink(missing_ok=True)
        os.close(self._lock)


def _taken(folder: Path) -> int:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotStart(
            f"{folder} can't be used ({error.strerror}): set {PREFIX}HOME to another folder"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise CannotStart(
            f"a stack runs in {folder} already: end it, or set {PREFIX}HOME to another folder"
        ) from error
    return lock
