"""Phrases on disk: a folder becomes a library, and a flaw names its file."""

from pathlib import Path
from shutil import copytree

import pytest

from fulfiller.domain.error import InvalidPatience
from fulfiller.intake.phrases import read_library, shipped_phrases


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped folder."""
    return Path(copytree(shipped_phrases(), tmp_path / "patience"))


def test_every_file_of_a_folder_is_a_book(folder: Path) -> None:
    """Other files may lie beside them."""
    (folder / "README.md").write_text("not a book")
    assert sorted(read_library(folder).books) == ["ar", "en", "zh-Hans", "zh-Hant"]


def test_a_flaw_names_its_file(folder: Path) -> None:
    """So that whoever edits phrases finds it at once."""
    (folder / "de.toml").write_bytes(b"\xff")
    with pytest.raises(InvalidPatience, match=r"de\.toml: file: it can't be read as UTF-8"):
        read_library(folder)
    (folder / "de.toml").write_text('language = "de"\nformats = "de"\njoint = " "\n')
    with pytest.raises(InvalidPatience, match=r"de\.toml: opening\.waitlisted: it is missing"):
        read_library(folder)


def test_a_folder_without_books_is_no_library(tmp_path: Path) -> None:
    """A wrong folder is noticed at the start and not by the first who waits."""
    with pytest.raises(InvalidPatience, match=r"add en\.toml"):
        read_library(tmp_path / "nowhere")
