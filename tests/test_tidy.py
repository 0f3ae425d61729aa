"""Laws of this house that no other tool checks; each failure names the file and the line."""

import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from subprocess import run

import click
import pytest

from fulfiller.ops.cli import cli
from fulfiller.settings import environment

ROOT = Path(__file__).parent.parent
FOLDERS = ("fulfiller", "workers", "tests")
PYTHON = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
DOCUMENTS = sorted(ROOT.glob("*.md"))
LINES_MAX = 300
VAGUE = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}
# A rule's code, then words that say why; for the type checker the code is the reason.
SUPPRESSION = re.compile(r"#\s*(noqa|nosec|type:\s*ignore|pragma)")
REASONED = re.compile(
    r"# (noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*\W+\w|nosec B\d+ # (?!noqa)\w|type: ignore\[[a-z-]+)"
)
# Split, so that this file obeys its own laws.
LATER = re.compile("TO" + "DO|FIX" + "ME|XX" + "X")
ELSEWHERE = re.compile(
    "/ro" + r"ot/|/ho" + r"me/\w|/Us" + r"ers/\w|py" + r"pi\.org|pythonho" + "sted"
)
FENCED = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(?:\$ )?((?:fulfiller|make) [^#|>&\n]*)", re.MULTILINE)


def _lines(*paths: Path) -> Iterator[tuple[str, str]]:
    """Yield each line of these files with the place where it stands."""
    for path in paths:
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            yield f"{path.relative_to(ROOT)}:{number}", line


def test_files_stay_short() -> None:
    """A file that has outgrown one screenful of ideas is split."""
    sizes = {path.relative_to(ROOT): path.read_text().count("\n") for path in PYTHON}
    assert [f"{path}: {size}" for path, size in sizes.items() if size > LINES_MAX] == []


def test_modules_are_named_after_what_they_hold() -> None:
    """No module is called after its being useful."""
    assert [path for path in PYTHON if path.stem in VAGUE] == []


def test_suppressions_give_a_reason() -> None:
    """Whoever silences a tool says why."""
    silenced = [(at, line) for at, line in _lines(*PYTHON) if SUPPRESSION.search(line)]
    mute = [at for at, line in silenced if not REASONED.search(line)]
    assert mute == []


@pytest.mark.parametrize(
    ("path", "code", "rule"),
    [
        (
            "fulfiller/store/till.py",
            'def f(x: str) -> str:\n    return f"select {x} from t"\n',
            "S608",
        ),
        ("fulfiller/ops/why.py", "import subprocess\n\nsubprocess.run([print])\n", "S603"),
        ("fulfiller/ops/why.py", 'import subprocess\n\nsubprocess.run(["ls"])\n', "S607"),
    ],
)
def test_doubts_about_safety_are_answered_line_by_line(path: str, code: str, rule: str) -> None:
    """No folder as a whole is free to build SQL from strings, or to start what it likes."""
    if find_spec("ruff") is None and environment().get("CI") != "true":
        pytest.skip("ruff is not installed: pip install 'fulfiller[dev]'")
    argv = ["ruff", "check", f"--select={rule}", f"--stdin-filename={path}", "-"]
    done = run(
        [sys.executable, "-m", *argv],
        cwd=ROOT,
        input=code,
        capture_output=True,
        text=True,
        check=False,
    )
    assert rule in done.stdout, done.stdout + done.stderr


def test_rules_are_waived_for_files_that_there_are() -> None:
    """A waiver goes with the file that needed it."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    waived = [each for name in lint["per-file-ignores"] for each in _unfolded(name)]
    assert [name for name in waived if not any(ROOT.glob(name))] == []


def _unfolded(name: str) -> list[str]:
    """Return `a/{b,c}.py` as `a/b.py` and `a/c.py`."""
    head, brace, rest = name.partition("{")
    middle, _, tail = rest.partition("}")
    return [f"{head}{each}{tail}" for each in middle.split(",")] if brace else [name]


def test_nothing_is_left_for_later() -> None:
    """Work that is not done stands in the tracker, not in the code."""
    assert [at for at, line in _lines(*PYTHON, *DOCUMENTS) if LATER.search(line)] == []


PICTURE = ".png"


def test_no_file_knows_a_machine() -> None:
    """Nothing here depends on whose machine it was written on."""
    found = (ROOT / "config").rglob("*")
    shipped = [path for path in found if path.is_file() and path.suffix != PICTURE]
    rest = [ROOT / "Makefile", ROOT / "pyproject.toml", ROOT / ".ci" / "run"]
    lines = _lines(*PYTHON, *DOCUMENTS, *shipped, *rest)
    assert [at for at, line in lines if ELSEWHERE.search(line)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documented_commands_exist(document: Path) -> None:
    """Each command that a document shows is one that can be typed."""
    verbs = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for block in FENCED.findall(document.read_text()):
        for command in COMMAND.findall(block):
            program, *words = shlex.split(command)
            if program == "make":
                assert {word for word in words if "=" not in word} <= verbs, command
            else:
                _check(words, command)


def _check(words: list[str], command: str) -> None:
    """Fail unless the command line knows these words and options."""
    known: click.Command | None = cli
    while isinstance(known, click.Group) and words and not words[0].startswith("-"):
        known = known.get_command(click.Context(known), words.pop(0))
    assert known is not None, command
    options = {option for parameter in known.params for option in parameter.opts} | {"--help"}
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    passes_on = known.context_settings.get("ignore_unknown_options", False)
    assert passes_on or given <= options, command
