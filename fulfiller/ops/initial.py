"""The command that writes the shipped configuration into a folder of the operator's own."""

from collections.abc import Iterator
from pathlib import Path

import click

from fulfiller.ops.exits import Failed
from fulfiller.ops.group import examples
from fulfiller.ops.shipped import shipped
from fulfiller.ops.show import remark

NOT_FOR_OPERATORS = frozenset({"constraints.txt"})
"""Files that are left out, each of which the command's help has to name."""


@examples("fulfiller init", "fulfiller init /etc/fulfiller")
@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default="config")
@click.option("--force", is_flag=True, help="Replace files that differ from the shipped ones.")
def init(folder: Path, *, force: bool) -> None:
    """Write settings, campaigns and the rest of the shipped files into FOLDER, to be edited.

    Files that are there already and differ are yours, and nothing is written then. Left out is
    constraints.txt, the versions that Fulfiller is built and tested with: for who builds it.
    """
    source = shipped()
    changed = [name for name in _names(source) if _differs(source / name, folder / name)]
    if changed and not force:
        theirs = "\n  ".join(str(folder / name) for name in changed)
        raise Failed(f"these files are yours by now; --force replaces them:\n  {theirs}")
    for name in _names(source):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((source / name).read_bytes())
        click.echo(target)
    remark(f"Next: edit {folder / 'fulfiller.toml'}, then FULFILLER_CONFIG={folder}/fulfiller.toml")


def _names(source: Path) -> Iterator[Path]:
    for path in sorted(source.rglob("*")):
        hidden = "__pycache__" in path.parts or path.name in NOT_FOR_OPERATORS
        if path.is_file() and not hidden:
            yield path.relative_to(source)


def _differs(ours: Path, theirs: Path) -> bool:
    return theirs.exists() and theirs.read_bytes() != ours.read_bytes()
