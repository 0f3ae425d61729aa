"""The quarantine's commands: what is in it, one message of it, and an end to it."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fulfiller.broker.message import Flaw
from fulfiller.broker.queue import CeleryQueue
from fulfiller.ops.cli import cli
from fulfiller.ops.embedded.server import Server
from fulfiller.ops.pulse import look
from fulfiller.ops.quarantine import listing
from fulfiller.store.opening import open_store

Run = Callable[..., Result]
NOBODY = "redis://127.0.0.1:9/0"
MESSAGE = b'[[], {"api_key": "ful_0a_Zm9v", "claims": [{"user": "li@example.com", "age": 7}]}, {}]'
MASKED = '[[], {"api_key": "xxxx0xxxx0x", "claims": [{"user": "xx@xxxxxxx.xxx", "xxx": 0}]}, {}]'


def runner(home: Path, broker_url: str) -> Run:
    """Return what runs a command on this broker."""
    env = {"FULFILLER_HOME": str(home), "FULFILLER_BROKER_URL": broker_url}
    return lambda *words: CliRunner().invoke(cli, ("quarantine", *words), env=env)


@pytest.fixture
def run(tmp_path: Path, valkey: Server) -> Run:
    """Run a command on a broker that has set three messages aside."""
    queue = CeleryQueue(valkey.url)
    queue.set_aside(b"hello", Flaw.UNDECODABLE)
    queue.set_aside(b"[]", Flaw.UNDECODABLE)
    queue.set_aside(MESSAGE, Flaw.MALFORMED_CLAIM, "claim 0: there is no such field")
    queue.close()
    return runner(tmp_path, valkey.url)


def test_messages_are_listed_newest_first_with_counts(run: Run) -> None:
    """What is kept, why, when, how large; and how many there ever were by flaw."""
    found = json.loads(run("list", "--json").stdout)
    assert found["counts"] == {"undecodable": 2, "malformed_claim": 1}
    assert [row["flaw"] for row in found["kept"]] == ["malformed_claim", *["undecodable"] * 2]
    newest = found["kept"][0]
    assert newest["size_bytes"] == len(MESSAGE)
    assert newest["remark"] == "claim 0: there is no such field"
    assert newest["at"].endswith("Z")
    assert len(json.loads(run("list", "--json", "--limit", "1").stdout)["kept"]) == 1
    assert "malformed_claim" in run("list").stdout


def test_a_message_is_shown_without_what_it_said_of_anybody(run: Run) -> None:
    """The shape is there to be mended by; key, name and number are not."""
    kept_id = json.loads(run("list", "--json").stdout)["kept"][0]["id"]
    assert json.loads(run("show", kept_id, "--json").stdout)["content"] == MASKED
    assert MASKED in run("show", kept_id).stdout


@pytest.mark.parametrize("kept_id", ["1-1", "no id", ""])
def test_an_unknown_message_is_a_failure(run: Run, kept_id: str) -> None:
    """Exit 1, and where to look."""
    answer = run("show", kept_id)
    assert (answer.exit_code, "quarantine list" in answer.stderr) == (1, True)


def test_messages_are_cleared_by_id_or_all_and_stay_counted(run: Run) -> None:
    """Clearing needs to be told what; the counts are history and stay."""
    kept = json.loads(run("list", "--json").stdout)["kept"]
    assert run("clear").exit_code == 2
    assert run("clear", kept[0]["id"], "--all").exit_code == 2
    assert "Cleared 1." in run("clear", kept[0]["id"]).stderr
    assert "Cleared 2." in run("clear", "--all").stderr
    left = json.loads(run("list", "--json").stdout)
    assert left == {"counts": {"undecodable": 2, "malformed_claim": 1}, "kept": []}


@pytest.mark.parametrize("words", [("list",), ("show", "1-1"), ("clear", "--all")])
def test_a_broker_that_is_away_is_said(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Exit 3, not a stack of lines."""
    answer = runner(tmp_path, NOBODY)(*words)
    assert (answer.exit_code, "does not answer" in answer.stderr) == (3, True)


def test_an_empty_quarantine_says_so(tmp_path: Path, valkey: Server) -> None:
    """Nothing to see is an answer as well."""
    assert "Nothing was ever set aside." in runner(tmp_path, valkey.url)("list").stdout


def test_a_broker_that_keeps_nothing_is_not_called_empty(sqlite_url: str) -> None:
    """On any but Redis nobody knows what was set aside, and where to look is said instead."""
    with closing(CeleryQueue("memory://")) as queue:
        queue.set_aside(b"hello", Flaw.UNDECODABLE)
        found, text = listing(queue, 20)
        with closing(open_store(sqlite_url, application="test")) as store:
            assert look(store, queue).quarantined is None
    assert found == {"counts": None, "kept": None}
    assert text.startswith("Not known: ")
    assert "message.quarantined" in text
