"""Marking a moment from the terminal."""

import json
from collections.abc import Callable
from contextlib import closing

import pytest
from click.testing import Result

from fulfiller.ops.person import operator
from fulfiller.store.opening import open_store
from tests.contract.world import found

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _festival(sqlite_url: str) -> None:
    with closing(open_store(sqlite_url, application="test")) as store:
        found(store)


def test_a_moment_is_marked_for_a_campaign_or_for_all(run: Run, sqlite_url: str) -> None:
    """In the operator's name; programs hear when."""
    done = run("mark", "deploy 1.4.2")
    assert done.stdout.startswith("Marked the service at ")
    told = json.loads(run("mark", "lanterns", "--campaign", "festival", "--json").stdout)
    assert (told["campaign"], told["text"]) == ("festival", "lanterns")
    with closing(open_store(sqlite_url, application="test")) as store:
        last = store.unsealed(after=(0, 0), limit=99)[-1].event
    assert (last.campaign, last.actor, last.detail) == ("festival", operator(), "lanterns")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("lanterns", "--campaign", "festivall"), 1, "no campaign 'festivall'"),
        ((" ",), 2, "TEXT must say something"),
        (("two\nlines",), 2, "in one line"),
        (("x" * 201,), 2, "at most 200"),
    ],
)
def test_what_can_not_be_marked_is_said(
    run: Run, words: tuple[str, ...], code: int, says: str
) -> None:
    """A campaign that there is not, and a text that nobody could read on a chart."""
    done = run("mark", *words)
    assert (done.exit_code, says in done.stderr) == (code, True)
