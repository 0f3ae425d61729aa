"""Where the tasks of the control arm write that they were done."""

from pathlib import Path


def notes(home: Path) -> Path:
    """Return the file that tasks write into: the number of each, on a line of its own."""
    return home / "done"
