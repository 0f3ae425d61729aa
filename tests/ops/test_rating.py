"""Commands that set rates: shown, set and taken away, in the operator's name."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from click.testing import Result

from fulfiller.domain.event import Kind
from fulfiller.ops.person import operator
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import found

Run = Callable[..., Result]


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    """The same store, with a campaign in it."""
    with closing(open_store(sqlite_url, application="test")) as opened:
        found(opened)
        yield opened


def told(result: Result) -> dict[str, Any]:
    """Return what a command told a program."""
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_a_campaigns_rate_is_set_shown_and_taken_away(run: Run, store: SqlStore) -> None:
    """Its own, and that of a merchant in it; the log tells who and why."""
    rate = ("campaign", "rate", "festival")
    assert "festival issues as fast as its workers can" in run(*rate).stdout
    done = told(run(*rate, "500/s", "--reason", "the tills keep up", "--json"))
    assert (done["rate"], done["before"], done["changed"]) == ("500/s", None, True)
    assert told(run(*rate, "500/s", "--json"))["changed"] is False
    assert run(*rate, "200/h", "--key", "shop-7").stdout.startswith(
        "shop-7 in festival issues at most 200/h, over all workers"
    )
    shown = told(run(*rate, "--json"))
    assert shown == {"campaign": "festival", "rate": "500/s", "limits": {"shop-7": "200/h"}}
    assert "  shop-7 issues at most 200/h" in run(*rate).stdout
    assert told(run(*rate, "off", "--json"))["before"] == "500/s"
    events = [entry.event for entry in store.unsealed(after=(0, 0), limit=99)]
    changes = [event for event in events if event.kind is Kind.RATE_CHANGED]
    assert [event.detail for event in changes] == [
        "500/s: the tills keep up",
        "200/h at shop-7: set by hand",
        "no limit: set by hand",
    ]
    assert {event.actor for event in changes} == {operator()}


@pytest.mark.usefixtures("store")
def test_the_service_has_a_rate_too(run: Run) -> None:
    """All campaigns share it."""
    assert told(run("rate", "3000/m", "--json"))["changed"]
    assert run("rate").stdout.strip() == "the service issues at most 50/s, over all workers"
    assert told(run("rate", "off", "--json"))["before"] == "50/s"
    assert told(run("rate", "--json")) == {"campaign": None, "rate": None, "limits": {}}


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("campaign", "rate", "festival", "5 per second"), 2, "'5 per second' is no rate such as"),
        (("campaign", "rate", "festival", "0"), 2, "and not 'off'"),
        (("rate", "9999999999999/s"), 2, "is no rate such as"),
        (("campaign", "rate", "festival", "5/s", "--key", ""), 2, "--key must not be empty"),
        (("campaign", "rate", "festival", "5/s", "--reason", " "), 2, "--reason must say"),
        (("campaign", "rate", "nowhere", "5/s"), 1, "no campaign 'nowhere'"),
        (("campaign", "rate", "nowhere"), 1, "no campaign 'nowhere'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_remedy(
    run: Run, words: tuple[str, ...], code: int, said: str
) -> None:
    """It names what is wrong, and nothing is changed."""
    done = run(*words)
    assert done.exit_code == code
    assert said in done.stderr
    assert told(run("campaign", "rate", "festival", "--json"))["rate"] is None
