"""The phrases on disk: a folder with one TOML file per language becomes a library."""

from collections.abc import Iterator
from pathlib import Path

from fulfiller.domain.error import InvalidPatience
from fulfiller.service.speech.book import Book, read_book
from fulfiller.service.speech.library import Library

PACKAGE = Path(__file__).parents[1]


def shipped_phrases() -> Path:
    """Return the folder that comes with the package; a checkout has it in `config`."""
    installed = PACKAGE / "shipped"
    return (installed if installed.is_dir() else PACKAGE.parent / "config") / "patience"


def read_library(folder: Path) -> Library:
    """Return the books of a folder; raise InvalidPatience, naming file and phrase, on a flaw."""
    return Library.of(_books(folder))


def _books(folder: Path) -> Iterator[Book]:
    for path in sorted(folder.glob("*.toml")):
        yield read_book(_text(path), name=str(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as flaw:
        raise InvalidPatience(
            "file", f"it can't be read as UTF-8 text: {flaw}", f"{path}"
        ) from flaw
