"""Commands that steer modes: with a reason, in the operator's name, and said once more if asked."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
from click.testing import Result

from fulfiller.domain.breaker import Forced, Mode
from fulfiller.domain.claim import State
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE, ModeRow
from fulfiller.ops.person import operator
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import found, taken_in

Run = Callable[..., Result]
STEERING = (Kind.MODE_PAUSED, Kind.MODE_RAMPING, Kind.MODE_FLOWING, Kind.MODE_HELD)
STEERED = {*STEERING, Kind.MODE_UNHELD}
BOTH = (
    "Pause: newcomers keep a place in line instead of getting a promise, and workers go on"
    " issuing. Hold: workers stop issuing, and newcomers are still taken in until the threshold."
)


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    """The same store, with a campaign in it."""
    with closing(open_store(sqlite_url, application="test")) as opened:
        found(opened)
        yield opened


def mode(store: SqlStore, scope: str = "festival") -> ModeRow:
    """Return the mode of a scope as it is now."""
    return store.modes()[scope]


def moves(store: SqlStore) -> list[Event]:
    """Return what the log tells of modes."""
    found = [entry.event for entry in store.unsealed(after=(0, 0), limit=100)]
    return [event for event in found if event.kind in STEERED]


def answer(done: Result) -> dict[str, Any]:
    """Return what a command that went well has printed as JSON."""
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_a_paused_campaign_keeps_places_and_says_why(run: Run, store: SqlStore) -> None:
    """Newcomers wait in line; mode and log have the reason and who it was."""
    done = run("campaign", "pause", "festival", "--reason", "the shops are full")
    assert done.stdout == f"festival is paused by {operator()}: the shops are full\n"
    (claim,) = taken_in(store, "li")
    assert store.view((claim,))[claim].state is State.WAITLISTED
    assert mode(store).state.forced == Forced(reason="the shops are full", actor=operator())
    (event,) = moves(store)
    assert (event.kind, event.actor, event.detail) == (
        Kind.MODE_PAUSED,
        operator(),
        "the shops are full",
    )


def test_a_repeated_pause_changes_nothing_and_says_so(run: Run, store: SqlStore) -> None:
    """The second one ends as the first did, and the log has one move."""
    words = ("campaign", "pause", "festival", "--reason", "full", "--json")
    first, again = answer(run(*words)), run(*words)
    assert answer(again) | {"changed": True} == first
    assert (first["campaign"], first["mode"], first["changed"]) == ("festival", "paused", True)
    assert "so already" in again.stderr
    assert len(moves(store)) == 1


@pytest.mark.parametrize("when", [("--for", "30m"), ("--until", "+30m")])
@pytest.mark.parametrize("verb", ["pause", "hold"])
def test_it_ends_when_the_operator_says(
    run: Run, store: SqlStore, verb: str, when: tuple[str, str]
) -> None:
    """A length and an instant are the same to it."""
    told = answer(run("campaign", verb, "festival", "--reason", "full", *when, "--json"))
    end = told["forced" if verb == "pause" else "hold"]["until"]
    begun = moves(store)[0].at
    left = datetime.fromisoformat(end) - datetime.fromisoformat("1970-01-01T00:00:00Z")
    assert left == timedelta(microseconds=begun, minutes=30)


def test_a_day_is_counted_whole_in_the_campaigns_zone(run: Run, store: SqlStore) -> None:
    """Until 28 February in Shanghai is until 16:00 that day in London."""
    words = ("--reason", "new year", "--until", "2126-02-28", "--json")
    told = answer(run("campaign", "pause", "festival", *words))
    assert told["forced"]["until"] == "2126-02-28T16:00:00Z"
    assert mode(store).state.forced is not None
    told = answer(run("pause", *words))
    assert told["forced"]["until"] == "2126-03-01T00:00:00Z"


def test_a_resumed_campaign_ramps_up_and_goes_on_ramping(run: Run, store: SqlStore) -> None:
    """A second resume does not begin the ramp anew, and one that flows is not moved."""
    assert "so already" in run("campaign", "resume", "festival").stderr
    run("campaign", "pause", "festival", "--reason", "full")
    assert answer(run("campaign", "resume", "festival", "--json"))["mode"] == "ramping"
    ramp = mode(store)
    assert "so already" in run("campaign", "resume", "festival").stderr
    assert mode(store) == ramp
    assert [event.kind for event in moves(store)] == [Kind.MODE_PAUSED, Kind.MODE_RAMPING]


def test_what_is_forced_to_flow_needs_an_end_and_a_reason(run: Run, store: SqlStore) -> None:
    """Nobody may switch the breaker off for good, or in silence."""
    words = ("campaign", "resume", "festival", "--force")
    for missing in (("--reason", "it is fine"), ("--for", "10m"), ()):
        assert run(*words, *missing).exit_code == 2
    assert run("campaign", "resume", "festival", "--for", "10m").exit_code == 2
    assert moves(store) == []
    done = run(*words, "--for", "10m", "--reason", "it is fine")
    assert re.match(rf"festival is flowing (for \d+ \w+ )?by {operator()} until ", done.stdout)
    forced = mode(store).state.forced
    assert forced is not None
    assert (mode(store).mode, forced.until is None) == (Mode.FLOWING, False)


def test_a_held_campaign_takes_people_in_and_issues_nothing(run: Run, store: SqlStore) -> None:
    """Holding is not pausing: claims are accepted and wait, until it is unheld."""
    done = run("campaign", "hold", "festival", "--reason", "wrong value")
    assert done.stdout == f"festival is held by {operator()}: wrong value\n"
    (claim,) = taken_in(store, "li")
    assert store.view((claim,))[claim].state is State.ACCEPTED
    assert (mode(store).held, mode(store).mode) == (True, Mode.FLOWING)
    assert "so already" in run("campaign", "hold", "festival", "--reason", "wrong value").stderr
    assert answer(run("campaign", "unhold", "festival", "--json"))["held"] is False
    assert "so already" in run("campaign", "unhold", "festival").stderr
    assert [event.kind for event in moves(store)] == [Kind.MODE_HELD, Kind.MODE_UNHELD]


def test_the_service_is_steered_as_a_whole(run: Run, store: SqlStore) -> None:
    """Status ends with 4 while it is paused, and a campaign's command says what counts."""
    assert answer(run("pause", "--reason", "it moves", "--json"))["campaign"] is None
    assert mode(store, SERVICE).mode is Mode.PAUSED
    assert run("status").exit_code == 4
    resumed = run("campaign", "resume", "festival")
    assert f"The service is paused by {operator()}: it moves" in resumed.stderr
    for words in (("list",), ("show", "festival")):
        assert "counts for all campaigns" in run("campaign", *words).stderr
    assert answer(run("resume", "--json"))["mode"] == "ramping"
    assert answer(run("hold", "--reason", "wrong codes", "--json"))["held"] is True
    assert answer(run("unhold", "--json"))["held"] is False
    assert {event.campaign for event in moves(store)} == {SERVICE}


def test_list_and_show_say_what_a_campaign_is_judged_by(run: Run, store: SqlStore) -> None:
    """The numbers in effect, from the terms alone while no keeper has looked, and the cause."""
    found(store, id="small", backlog_threshold=12_000)
    run("campaign", "pause", "small", "--reason", "full")
    heading, _, small = run("campaign", "list").stdout.splitlines()
    assert {"threshold", "resume", "rate/s", "drain", "oldest", "waitlisted", "why"} <= set(
        heading.split()
    )
    assert small.split()[:6] == ["small", "ended", "paused", "0", "12,000", "6,000"]
    assert small.endswith(f" by {operator()}: full")
    shown = run("campaign", "show", "small").stdout.splitlines()
    assert shown[0].endswith(f" by {operator()}: full")
    assert shown[1].startswith("threshold 12,000 · resume 6,000 · rate unknown · drain 0 s")
    told = json.loads(run("campaign", "show", "small", "--json").stdout)["figures"]
    assert (told["threshold"], told["resume_at"], told["rate_per_s"]) == (12_000, 6_000, None)
    assert told["forced"] == {"by": operator(), "reason": "full", "until": None}


@pytest.mark.parametrize("verb", ["pause", "resume", "hold", "unhold"])
def test_an_unknown_campaign_fails_and_names_the_remedy(
    run: Run, store: SqlStore, verb: str
) -> None:
    """Exit 1, and where to look; nothing was moved."""
    done = run("campaign", verb, "nowhere", "--reason", "full")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no campaign 'nowhere': see `fulfiller campaign list`" in done.stderr
    assert moves(store) == []


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--reason", " "),
        ("--reason", "two\nlines"),
        ("--reason", "x" * 201),
        ("--reason", "full", "--for", "soon"),
        ("--reason", "full", "--for", "0s"),
        ("--reason", "full", "--until", "-10m"),
        ("--reason", "full", "--until", "soon"),
        ("--reason", "full", "--for", "10m", "--until", "+10m"),
    ],
)
@pytest.mark.parametrize("verb", ["pause", "hold"])
def test_what_is_not_clear_moves_nothing(
    run: Run, store: SqlStore, verb: str, options: tuple[str, ...]
) -> None:
    """A reason that says nothing or an end that is none is a usage error."""
    for words in (("campaign", verb, "festival"), (verb,)):
        done = run(*words, *options)
        assert (done.exit_code, done.stdout) == (2, "")
    assert moves(store) == []


@pytest.mark.parametrize("words", [("campaign", "pause"), ("campaign", "hold"), ("pause",)])
def test_help_says_what_pause_does_and_what_hold_does(run: Run, words: tuple[str, ...]) -> None:
    """In the same words wherever somebody chooses between them."""
    assert BOTH in " ".join(run(*words, "--help").stdout.split())


def test_the_list_of_commands_tells_pause_from_hold(run: Run) -> None:
    """Each has a line of its own, though their help is the same."""
    shown = run("campaign", "--help").stdout
    assert "Let newcomers wait in line; workers go on issuing." in shown
    assert "Stop issuing; newcomers are still taken in." in shown
