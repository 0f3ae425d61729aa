"""Runbooks: each page is to be read at night, and each command in it can be typed as it stands."""

import json
import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from fulfiller.ops.board import LATE
from fulfiller.ops.cli import cli
from fulfiller.ops.doctor import ports, servers
from fulfiller.ops.exits import Exit
from fulfiller.ops.shipped import shipped
from fulfiller.ops.watching import PAGE

PAGES = sorted(shipped("runbooks").glob("*.md"))
NAMES = {page.stem for page in PAGES}
ASKED_FOR = {
    *("paused-too-long", "broker-lost", "store-slow", "budget-wrong", "poison", "bad-deploy"),
    *("extend-validity", "bots"),
}
SEEN_MAX = 60
"""Lines that somebody reads who has just been woken."""
PARTS = ("**Symptom.**", "**Look.**", "**Type.**")
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`(fulfiller [^`]*)`")


def _commands(page: Path) -> list[str]:
    """Return every line of ours that a page shows, in its blocks and between its words."""
    text = page.read_text("utf-8")
    lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
    spans = [" ".join(span.split()) for span in SPAN.findall(BLOCK.sub("", text))]
    return [line for line in (*lines, *spans) if line.startswith("fulfiller ")]


def _parsed(command: str) -> None:
    """Read a command line as the program does, up to where it would run; fail as it would."""
    words = shlex.split(command, comments=True)[1:]
    context = click.Context(cli, info_name="fulfiller")
    known: click.Command = cli
    while isinstance(known, click.Group):
        _, found, words = known.resolve_command(context, words)
        assert found is not None, command
        known, context = found, click.Context(found, parent=context)
    known.make_context(known.name, words)


def test_there_is_a_page_for_each_kind_of_trouble() -> None:
    """None that was asked for is missing."""
    assert ASKED_FOR <= NAMES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_short_and_says_symptom_look_type(page: Path) -> None:
    """In this order, each once."""
    text = page.read_text("utf-8")
    assert text.startswith("# ")
    assert len(text.splitlines()) <= SEEN_MAX
    assert [text.count(part) for part in PARTS] == [1, 1, 1]
    assert sorted(PARTS, key=text.index) == list(PARTS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_command_can_be_typed(page: Path) -> None:
    """Verbs, options, and what must be given with them are those of the command line."""
    commands = _commands(page)
    assert commands
    for command in commands:
        try:
            _parsed(command)
        except click.UsageError as fault:
            pytest.fail(f"{command}: {fault.format_message()}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_name_pages_that_there_are(page: Path) -> None:
    """A word in the form of a page's name, in marks, is one."""
    said = re.findall(r"`([a-z]+(?:-[a-z]+)+)`", page.read_text("utf-8"))
    assert [name for name in said if name not in NAMES] == []


def test_they_are_listed_and_printed() -> None:
    """By name, as they are; for programs, too."""
    run = CliRunner().invoke
    listed = run(cli, ["runbook"])
    assert listed.exit_code == Exit.OK
    assert all(f"\n{name} " in listed.output for name in NAMES)
    printed = run(cli, ["runbook", "poison"])
    assert printed.output == shipped("runbooks/poison.md").read_text("utf-8")
    assert set(json.loads(run(cli, ["runbook", "--json"]).output)) == NAMES
    assert json.loads(run(cli, ["runbook", "poison", "--json"]).output)["text"] == printed.output


def test_a_typo_is_forgiven() -> None:
    """Whoever mistypes a name is told the nearest."""
    done = CliRunner().invoke(cli, ["runbook", "poisson"])
    assert done.exit_code == Exit.USAGE
    assert "Did you mean 'poison'?" in done.output


def test_whoever_names_a_page_names_one_that_there_is() -> None:
    """The doctor, and the status."""
    named = {servers.SLOW, servers.LOST, *ports.RUNBOOKS.values(), LATE, PAGE}
    assert named <= NAMES
