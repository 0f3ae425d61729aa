"""`fulfiller init`: the shipped files in a folder of the operator's own."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from fulfiller.ops.cli import cli
from fulfiller.ops.initial import NOT_FOR_OPERATORS
from fulfiller.settings import load

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that was just initialized."""
    folder = tmp_path / "mine"
    assert CliRunner().invoke(cli, ["init", str(folder)]).exit_code == 0
    return folder


def test_every_shipped_file_is_written(folder: Path) -> None:
    """What operators may edit is there, to the letter, and what is not theirs is left out."""
    names = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    assert Path("fulfiller.toml") in names
    assert Path("constraints.txt") not in names
    assert [n for n in names if (folder / n).read_bytes() != (CONFIG / n).read_bytes()] == []


def test_the_help_names_what_is_left_out(folder: Path) -> None:
    """Whatever is shipped and not written is said to be so."""
    shipped = {path.relative_to(CONFIG) for path in CONFIG.rglob("*") if path.is_file()}
    left = {p.name for p in shipped if not (folder / p).exists() and p.suffix != ".pyc"}
    told = CliRunner().invoke(cli, ["init", "--help"]).output
    assert {name for name in left if name in told} == left == NOT_FOR_OPERATORS


def test_the_written_settings_are_read(folder: Path, tmp_path: Path) -> None:
    """The file works as it is, from where it was written."""
    settings = folder / "fulfiller.toml"
    settings.write_text(settings.read_text().replace("port = 8080", "port = 9090"))
    environ = {"FULFILLER_HOME": str(tmp_path), "FULFILLER_CONFIG": str(settings)}
    assert load(environ).intake_port == 9090


def test_edited_files_are_not_replaced(folder: Path) -> None:
    """A second run writes nothing over what was edited, says which files, and can be forced."""
    mine = folder / "fulfiller.toml"
    mine.write_text("# mine\n")
    again = CliRunner().invoke(cli, ["init", str(folder)])
    assert again.exit_code == 1
    assert str(mine) in again.output
    assert mine.read_text() == "# mine\n"
    assert CliRunner().invoke(cli, ["init", str(folder), "--force"]).exit_code == 0
    assert mine.read_bytes() == (CONFIG / "fulfiller.toml").read_bytes()


def test_running_it_again_changes_nothing(folder: Path) -> None:
    """Files that are still as shipped are no obstacle."""
    assert CliRunner().invoke(cli, ["init", str(folder)]).exit_code == 0
