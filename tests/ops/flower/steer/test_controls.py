"""Each control, from its form to the event log; the command that it shows does the same."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from html import unescape
from http import HTTPStatus
from pathlib import Path
from sqlite3 import connect

import pytest

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE, ModeRow
from fulfiller.ops.person import operator as person
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import found
from tests.ops.flower.steer.visitor import OPERATOR, REASON, Steered, Visitor
from tests.ops.test_cli import runner
from tests.processes import ROOT

ACTOR = f"flower:{OPERATOR}"
OWN = "We pause for lanterns."
WORDS = f"en.opening.paused = '{OWN}'\nzh-Hans.when.since = \"自{{moment}}起。\""
FAR = "2099-12-31"
Case = tuple[str, dict[str, str], Kind, str]
CASES: tuple[Case, ...] = (
    ("pause", {}, Kind.MODE_PAUSED, "will be paused until somebody resumes it"),
    ("pause", {"for": "30m"}, Kind.MODE_PAUSED, r"will be paused until \d\d:\d\d:\d\dZ: newcomers"),
    ("flow", {"for": "10m"}, Kind.MODE_FLOWING, r"will flow until .*, and no signal pauses it"),
    ("hold", {"until": "+2h"}, Kind.MODE_HELD, "Workers will stop issuing for festival-"),
    ("rate", {"rate": "500/s"}, Kind.RATE_CHANGED, "From then on it issues at most 500/s, over"),
    ("rate", {"rate": "9/h", "key": "shop-7"}, Kind.RATE_CHANGED, "shop-7 in festival-"),
    (
        "thresholds",
        {"backlog": "40", "resume": "unset"},
        Kind.CAMPAIGN_CHANGED,
        "pauses above 10 claims, .* From then on .* pauses above 40 claims, .* at half of that",
    ),
    (
        "weights",
        {"p0": "9", "p3": "2"},
        Kind.CAMPAIGN_CHANGED,
        "From then on p0 weighs 9: at least",
    ),
    ("extend", {"until": FAR}, Kind.CAMPAIGN_EXTENDED, "2100-01-01 00:00 in Asia/Shanghai"),
    ("patience", {"words": WORDS}, Kind.PATIENCE_WORDED, "will hear the messages below"),
    ("end", {}, Kind.CAMPAIGN_ENDED, "will be over at once and for good"),
)


@contextmanager
def twin(steered: Steered, folder: Path) -> Iterator[tuple[SqlStore, dict[str, str]]]:
    """Hand out a copy of the store as it is now, and the settings of a command line there."""
    file = folder / "twin.db"
    with closing(connect(steered.home / "store.db")) as one, closing(connect(file)) as other:
        one.backup(other)
    url = f"sqlite:///{file}"
    with closing(open_store(url, application="test")) as store:
        yield store, {"FULFILLER_HOME": str(folder), "FULFILLER_STORE_URL": url}


def typed(command: str, environ: dict[str, str]) -> None:
    """Type a command that a page has shown; one with a text behind it is a shell's business."""
    if "\n" not in command:
        done = runner(**environ)(*shlex.split(command)[1:])
        assert done.exit_code == 0, done.output
        return
    line = command.replace("fulfiller", f"{shlex.quote(sys.executable)} -m fulfiller", 1)
    subprocess.run(
        ["/bin/sh", "-c", line], cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL
    )


def last(store: SqlStore) -> Event:
    """Return the newest event."""
    return store.unsealed(after=(0, 0), limit=10_000)[-1].event


def shown(page: str, name: str) -> str:
    """Return what an element of a page says."""
    match = re.search(rf'id="{name}"[^>]*>(.*?)</', page, re.DOTALL)
    assert match is not None, page
    return unescape(match[1])


def bare(row: ModeRow) -> object:
    """Return what two who did the same at two moments have left behind."""
    forced, hold = row.state.forced, row.hold
    said = [each and each.reason for each in (forced, hold)]
    ends = [each is not None and each.until is not None for each in (forced, hold)]
    return row.mode, row.held, row.generation, row.cause, said, ends


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}"[:20])
def test_a_control_says_what_it_will_do_and_does_it(
    steered: Steered,
    operator: Visitor,
    store: SqlStore,
    festival: Campaign,
    tmp_path: Path,
    case: Case,
) -> None:
    """Filled in, read, confirmed; it lands in the log, and the command leaves the same behind."""
    control, filled, kind, says = case
    path = f"/campaigns/steer/{festival.id}"
    before = last(store)
    asked = operator.fill(path, control, **filled)
    assert asked.status_code == HTTPStatus.OK, asked.text
    assert re.search(says, shown(asked.text, "will-happen")), shown(asked.text, "will-happen")
    assert last(store) == before
    assert store.campaign(festival.id) == festival
    with twin(steered, tmp_path) as (copy, environ):
        typed(shown(asked.text, "command"), environ)
        done = operator.confirm(path, asked, **({"typed": festival.id} if control == "end" else {}))
        assert done.status_code == HTTPStatus.OK, done.text
        assert f"The event log has it as {kind} by {ACTOR}." in done.text
        ours, theirs = last(store), last(copy)
        assert (ours.kind, ours.actor, ours.campaign) == (kind, ACTOR, festival.id)
        assert REASON in ours.detail
        assert store.campaign(festival.id) == copy.campaign(festival.id)
        assert bare(store.modes()[festival.id]) == bare(copy.modes()[festival.id])
        assert [p.rate for p in store.rates(festival.id)] == [
            p.rate for p in copy.rates(festival.id)
        ]
        if not {"for", "until"} & filled.keys() or kind is Kind.CAMPAIGN_EXTENDED:
            assert replace(theirs, at=ours.at, actor=ACTOR) == ours
        assert theirs.actor == person()


@pytest.mark.parametrize("scope", ["", "/festival"])
def test_what_stands_still_goes_on(operator: Visitor, store: SqlStore, scope: str) -> None:
    """Paused and held, then resumed and unheld: of the service, and of a campaign."""
    if scope and store.campaign("festival") is None:
        found(store, closes_at=store.now() * 2)
    path, name = f"/campaigns/steer{scope}", scope.strip("/") or SERVICE
    modes = []
    for control in ("pause", "hold", "resume", "unhold"):
        done = operator.confirm(path, operator.fill(path, control))
        assert "Done: " in done.text
        row = store.modes()[name]
        modes.append((row.mode, row.held))
    assert modes == [
        (Mode.PAUSED, False),
        (Mode.PAUSED, True),
        (Mode.RAMPING, True),
        (Mode.RAMPING, False),
    ]
    assert (last(store).kind, last(store).actor) == (Kind.MODE_UNHELD, ACTOR)
    flows = operator.confirm(path, operator.fill(path, "flow", **{"for": "1h"}))
    assert "Done: " in flows.text
    again = operator.confirm(path, operator.fill(path, "unhold"))
    assert "It was so already." in again.text


def test_the_service_has_a_rate(operator: Visitor, store: SqlStore) -> None:
    """Set, and taken away again."""
    path = "/campaigns/steer"
    asked = operator.fill(path, "rate", rate="3000/m")
    assert shown(asked.text, "command") == "fulfiller rate 3000/m --reason 'the shops are full'"
    operator.confirm(path, asked)
    assert [str(pace.rate) for pace in store.rates(SERVICE)] == ["50/s"]
    operator.confirm(path, operator.fill(path, "rate", rate="off"))
    assert store.rates(SERVICE) == []


def test_words_are_heard_in_each_language_before_they_are_said(
    operator: Visitor, festival: Campaign
) -> None:
    """First those that are others than before; a form that comes back keeps them."""
    path = f"/campaigns/steer/{festival.id}"
    asked = operator.fill(path, "patience", words=WORDS)
    heard = re.findall(r'<blockquote lang="([^"]+)" dir="auto">(.*?)</blockquote>', asked.text)
    assert {language for language, _ in heard} == {"ar", "en", "zh-Hans", "zh-Hant"}
    marks = re.findall(r'data-changed="(\w+)"', asked.text)
    assert marks == sorted(marks, reverse=True)
    changed = {language for (language, _), mark in zip(heard, marks, strict=True) if mark == "yes"}
    assert changed == {"en", "zh-Hans"}
    assert any(message.startswith(OWN) for _, message in heard)
    assert "Done: " in operator.confirm(path, asked).text
    assert "It has words of its own in en, zh-Hans." in operator.get(path).text
    taken_back = operator.fill(path, "patience", words="")
    assert "patience" in shown(taken_back.text, "command")
    assert "--clear" in shown(taken_back.text, "command")
    assert "All is said as shipped." in operator.confirm(path, taken_back).text
