"""Commands that amend a campaign while it runs: shown, changed, refused, in somebody's name."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from click.testing import Result

from fulfiller.domain.campaign import Publication
from fulfiller.domain.event import Event, Kind
from fulfiller.ops.person import operator
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import found

Run = Callable[..., Result]
THRESHOLDS = ("campaign", "thresholds", "festival")
WEIGHTS = ("campaign", "weights", "festival")


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    """The same store, with a campaign in it."""
    with closing(open_store(sqlite_url, application="test")) as opened:
        found(opened, backlog_threshold=400)
        yield opened


def told(result: Result) -> dict[str, Any]:
    """Return what a command told a program."""
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def events(store: SqlStore, kind: Kind) -> list[Event]:
    """Return the events of a kind."""
    logged = [entry.event for entry in store.unsealed(after=(0, 0), limit=99)]
    return [event for event in logged if event.kind is kind]


def test_thresholds_are_shown_set_and_left_to_the_promise(run: Run, store: SqlStore) -> None:
    """Who, why, and from where to where is in the log."""
    assert run(*THRESHOLDS).output == (
        "festival pauses above 400 claims, and is clear again at half of that\n"
    )
    done = run(*THRESHOLDS, "--backlog", "500", "--resume", "100", "--reason", "more workers")
    assert done.stdout == "festival pauses above 500 claims, and is clear again at 100 claims\n"
    assert "within a second" in done.stderr
    assert told(run(*THRESHOLDS, "--backlog", "500", "--json")) == {
        "campaign": "festival",
        "backlog_threshold": 500,
        "resume_threshold": 100,
        "changed": False,
    }
    assert "It was so already." in run(*THRESHOLDS, "--backlog", "500").stderr
    unset = run(*THRESHOLDS, "--backlog", "unset", "--resume", "unset")
    assert "above what it issues in 600 s, and is clear again at half of that" in unset.stdout
    assert [(each.actor, each.detail) for each in events(store, Kind.CAMPAIGN_CHANGED)] == [
        (
            operator(),
            "backlog_threshold 400 -> 500, resume_threshold unset -> 100: more workers",
        ),
        (
            operator(),
            "backlog_threshold 500 -> unset, resume_threshold 100 -> unset: set by hand",
        ),
    ]


def test_weights_are_shown_with_the_share_that_they_give(run: Run, store: SqlStore) -> None:
    """A tier that is not named keeps its weight."""
    assert "p0 weighs 8: at least 40% if it needs it" in run(*WEIGHTS).stdout
    done = told(run(*WEIGHTS, "p1=8", "p2=8", "--json"))
    assert (done["weights"], done["changed"]) == ({"p0": 8, "p1": 8, "p2": 8, "p3": 1}, True)
    assert events(store, Kind.CAMPAIGN_CHANGED)[-1].detail.startswith("weight of p1 4 -> 8, ")


def test_an_end_is_for_good(run: Run, store: SqlStore) -> None:
    """The reason has to be said; asked for again, nothing is written."""
    done = run("campaign", "end", "festival", "--reason", "withdrawn")
    assert done.stdout.startswith("festival is over: ")
    campaign = store.campaign("festival")
    assert campaign is not None
    assert campaign.publication is Publication.ENDED
    again = run("campaign", "end", "festival", "--reason", "withdrawn", "--json")
    assert told(again) == {"campaign": "festival", "publication": "ended", "changed": False}
    ((actor, detail),) = [(e.actor, e.detail) for e in events(store, Kind.CAMPAIGN_ENDED)]
    assert (actor, detail) == (operator(), "withdrawn")
    assert run("verify").exit_code == 0


def test_extending_and_wording_keep_their_reasons(run: Run, store: SqlStore) -> None:
    """And the proof still finds the promise that the log tells of."""
    extend = ("campaign", "extend", "festival", "--until", "2026-12-31")
    assert run(*extend, "--reason", "late trains").exit_code == 0
    (extended,) = events(store, Kind.CAMPAIGN_EXTENDED)
    assert extended.detail == "valid until 2026-12-31T16:00:00+00:00: late trains"
    verified = run("verify")
    assert verified.exit_code == 0, verified.output


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((*THRESHOLDS, "--backlog", "many"), 2, "--backlog: 'many' is neither claims nor 'unset'"),
        ((*THRESHOLDS, "--resume", "400"), 2, "resume_threshold: it must lie below"),
        ((*THRESHOLDS, "--backlog", "9" * 40), 2, "is no whole number"),
        ((*WEIGHTS, "p9=1"), 2, "WEIGHT: tier 'p9' is not one of p0, p1, p2, p3"),
        ((*WEIGHTS, "p1"), 2, "write p1=4"),
        ((*WEIGHTS, "p1=0"), 2, "tiers.p1.weight: it must be at least 1"),
        ((*WEIGHTS, "p1=5", "--reason", " "), 2, "--reason must say"),
        (("campaign", "end", "festival"), 2, "--reason"),
        (("campaign", "end", "nowhere", "--reason", "x"), 1, "no campaign 'nowhere'"),
        (("campaign", "weights", "nowhere"), 1, "no campaign 'nowhere'"),
        (("campaign", "thresholds", "nowhere", "--backlog", "5"), 1, "no campaign 'nowhere'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_remedy(
    run: Run, words: tuple[str, ...], code: int, said: str
) -> None:
    """It names what is wrong, and nothing is changed."""
    done = run(*words)
    assert (done.exit_code, said in done.stderr) == (code, True), done.output
    assert told(run(*THRESHOLDS, "--json"))["backlog_threshold"] == 400
