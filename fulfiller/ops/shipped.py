"""The files that come with the package: those of `config/`."""

from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def shipped(name: str = "") -> Path:
    """Return a file of `config/`, or that folder; an installed package has it inside."""
    installed = PACKAGE / "shipped"
    return (installed if installed.is_dir() else PACKAGE.parent / "config") / name
