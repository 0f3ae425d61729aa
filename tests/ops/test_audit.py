"""Who did what: each act of an operator with its reason, and whether the log is what it was."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import text

from fulfiller.domain.claim import public_id
from fulfiller.ops.person import operator
from fulfiller.service.issue import issue
from fulfiller.service.keep import LEASE
from fulfiller.service.move import abandon, park, replay
from fulfiller.service.seal import seal
from fulfiller.service.steer import Act, pause
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import START, found, press, taken_in

Run = Callable[..., Result]
ME = operator()


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    """The same store, with a campaign in it."""
    with closing(open_store(sqlite_url, application="test")) as opened:
        found(opened)
        yield opened


def acts(run: Run, *words: str) -> list[dict[str, Any]]:
    """Return the acts that programs hear."""
    answer: dict[str, list[dict[str, Any]]] = json.loads(run("audit", "--json", *words).stdout)
    return answer["acts"]


def sealed(store: SqlStore) -> int:
    """Seal all there is, as a keeper does."""
    fence = store.lease(LEASE, "host 4711", ttl_s=600)
    assert fence is not None
    return seal(store=store, fence=fence)


@pytest.mark.usefixtures("store")
def test_each_act_by_hand_is_there_with_what_it_changed(run: Run, tmp_path: Path) -> None:
    """Modes, holds, rates, validity, words: before and after, the newest last."""
    words = tmp_path / "words.toml"
    words.write_text("en.opening.paused = 'We wait: soon.'")
    run("campaign", "pause", "festival", "--reason", "the shops are full")
    run("campaign", "resume", "festival", "--reason", "they are empty")
    run("hold", "--reason", "wrong codes")
    run("unhold", "--reason", "right codes")
    run("campaign", "rate", "festival", "500/s", "--reason", "tills are slow")
    run("campaign", "rate", "festival", "200/s", "--reason", "slower still")
    run("campaign", "extend", "festival", "--until", "2126-02-28", "--reason", "late trains")
    run("campaign", "weights", "festival", "p3=9", "--reason", "members wait")
    run("campaign", "patience", "festival", "--set", str(words), "--reason", "lanterns")
    run("campaign", "patience", "festival", "--clear")
    run("mark", "deploy 1.4.2")
    run("mark", "lanterns", "--campaign", "festival")
    run("campaign", "end", "festival", "--reason", "withdrawn")
    told = [(each["campaign"], each["before"], each["after"], each["reason"]) for each in acts(run)]
    assert told == [
        ("festival", "flowing", "paused", "the shops are full"),
        ("festival", "paused", "ramping", "they are empty"),
        ("*", "unheld", "held", "wrong codes"),
        ("*", "held", "unheld", "right codes"),
        ("festival", "no limit", "500/s", "tills are slow"),
        ("festival", "500/s", "200/s", "slower still"),
        ("festival", None, "valid until 2126-02-28T16:00:00+00:00", "late trains"),
        ("festival", None, "weight of p3 1 -> 9", "members wait"),
        ("festival", "as shipped", '{"en": {"opening": {"paused": "We wait: soon."}}}', "lanterns"),
        (
            "festival",
            '{"en": {"opening": {"paused": "We wait: soon."}}}',
            "as shipped",
            "worded by hand",
        ),
        ("*", None, None, "deploy 1.4.2"),
        ("festival", None, None, "lanterns"),
        ("festival", None, None, "withdrawn"),
    ]
    assert {each["actor"] for each in acts(run)} == {ME}


def test_parked_claims_that_were_replayed_or_given_up_are_acts(run: Run, store: SqlStore) -> None:
    """With who did it and the claims by their ids; what workers do all day is none."""
    ids = taken_in(store, *"abcde")
    park(ids, "bad", store=store, now=START, actor="worker")
    replay(ids[:4], store=store, now=START, actor="operator:li")
    abandon(ids[4:], "lost", store=store, now=START, actor="operator:li")
    issue(ids[:4], press(store))
    told = acts(run, "--actor", "li")
    assert [(each["kind"], each["claims"], each["reason"]) for each in told] == [
        ("claim.replayed", 4, ""),
        ("claim.declined", 1, "lost"),
    ]
    assert told[0]["named"] == list(map(public_id, ids[:3]))
    assert "4 claims: clm_" in run("audit").stdout


def test_what_is_done_from_flower_is_an_act(run: Run, store: SqlStore) -> None:
    """Its actor is found by the login's name alone, too."""
    now = store.now()
    pause("festival", Act(reason="full", actor="flower:alice", now=now), store=store)
    for words in ((), ("--actor", "alice"), ("--actor", "flower:alice")):
        (told,) = acts(run, *words)
        act = (told["actor"], told["kind"], told["reason"])
        assert act == ("flower:alice", "mode.paused", "full")
    assert acts(run, "--actor", "li") == []


def test_what_the_service_does_by_itself_is_told_when_asked_for(run: Run, store: SqlStore) -> None:
    """A breaker's own pause has its figures as the reason, and is no act of an operator."""
    found(store, id="small", backlog_threshold=1)
    for user in ("li", "wang", "zhao"):
        taken_in(store, user, campaign="small")
    assert acts(run) == []
    (moved,) = acts(run, "--actor", "intake")
    assert (moved["kind"], moved["before"], moved["after"]) == ("mode.paused", "flowing", "paused")
    assert "backlog 2 > threshold 1" in moved["reason"]
    kinds = {each["kind"] for each in acts(run, "--all")}
    assert kinds == {"campaign.created", "mode.paused"}


def test_acts_are_chosen_by_campaign_by_time_and_by_number(run: Run, store: SqlStore) -> None:
    """What was before is known, whichever acts are shown."""
    found(store, id="other")
    for name in ("festival", "other"):
        run("campaign", "hold", name, "--reason", name)
    run("campaign", "unhold", "festival")
    assert [each["after"] for each in acts(run, "--campaign", "festival")] == ["held", "unheld"]
    assert len(acts(run, "--since", "1h")) == 3
    assert acts(run, "--since", "2126-01-01") == []
    (last,) = acts(run, "--limit", "1")
    assert (last["before"], last["after"]) == ("held", "unheld")
    assert "2 older ones are not shown" in run("audit", "--limit", "1").stderr
    wrong = run("audit", "--since", "soon")
    assert (wrong.exit_code, "--since: 'soon' is no instant" in wrong.stderr) == (2, True)


def test_the_last_line_says_that_the_chain_holds(run: Run, store: SqlStore) -> None:
    """What is sealed has a number; what came since is there, too, and says that it has none."""
    run("campaign", "hold", "festival", "--reason", "first")
    count = sealed(store)
    run("campaign", "unhold", "festival")
    done = run("audit")
    assert done.exit_code == 0
    first, second, _, verdict = done.stdout.splitlines()[1:]
    assert first.startswith(f"{count} ")
    assert second.startswith("unsealed")
    assert verdict == f"ok: the sealed log is whole, in order, and unaltered: {count} seals"


@pytest.mark.parametrize(
    "crime",
    [
        "update event set actor = 'operator:wang' where kind = 'mode.held'",
        "delete from event where kind = 'mode.held'",
    ],
)
def test_a_log_that_somebody_has_changed_ends_with_1(run: Run, store: SqlStore, crime: str) -> None:
    """The seal is named, and acts behind it are shown all the same."""
    run("campaign", "hold", "festival", "--reason", "first")
    run("campaign", "unhold", "festival")
    sealed(store)
    with store.link.engine.begin() as connection:
        connection.execute(text(crime))
    done = run("audit")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-1].startswith("BROKEN: seal 2: ")
    assert "mode.unheld" in done.stdout
    assert json.loads(run("audit", "--json").stdout)["chain"]["ok"] is False
