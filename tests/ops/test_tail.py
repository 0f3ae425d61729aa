"""Following what happens: a line for each event, sums at load, every event for programs."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from signal import SIGINT

import pytest
from click.testing import Result

from fulfiller.domain.claim import public_id
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.validity import SECOND
from fulfiller.ops.tail import LINES, Look, before, newest
from fulfiller.service.issue import issue
from fulfiller.service.keep import LEASE
from fulfiller.service.log import Sealed
from fulfiller.service.port import Writes
from fulfiller.service.seal import seal
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import START, event, found, new_id, press, taken_in
from tests.processes import start

Run = Callable[..., Result]
READY_S = 30.0


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    """The same store, with a campaign in it."""
    with closing(open_store(sqlite_url, application="test")) as opened:
        found(opened)
        yield opened


def sealed(store: SqlStore) -> None:
    """Seal all there is, as a keeper does."""
    fence = store.lease(LEASE, "host 4711", ttl_s=600)
    assert fence is not None
    while seal(store=store, fence=fence):
        pass


def test_what_happens_is_followed_until_it_is_told_to_end(
    environ: dict[str, str], store: SqlStore, tmp_path: Path
) -> None:
    """Nothing from before, then each event once it is sealed, with its claims; it ends with 0."""
    (old,) = taken_in(store, "before")
    sealed(store)
    words = ["fulfiller", "claim", "tail", "festival"]
    tail = start(words, env=environ, log=tmp_path / "tail.log")
    try:
        tail.says("Following the log behind event 2; Ctrl-C ends.", within_s=READY_S)
        (claim,) = taken_in(store, "li")
        issue([claim], press(store))
        sealed(store)
        tail.says(f"2026-02-06T01:00:00Z #4 festival p2 claim.issued {public_id(claim)} by worker")
        tail.send(SIGINT)
        assert tail.popen.wait(10) == 0
    finally:
        tail.kill()
    assert f"#3 festival p2 claim.accepted {public_id(claim)} by intake" in tail.text()
    assert old not in tail.text()


def test_programs_hear_each_event_from_an_instant_on(
    environ: dict[str, str], store: SqlStore, tmp_path: Path
) -> None:
    """As a line of JSON with all of its claims, however many there are; others' are left out."""
    found(store, id="other")
    ids = taken_in(store, *map(str, range(30)))
    taken_in(store, "li", campaign="other")
    sealed(store)
    words = ["fulfiller", "claim", "tail", "festival", "--json", "--since", "2026-02-06"]
    tail = start(words, env=environ, log=tmp_path / "tail.log")
    try:
        tail.says('"claim.accepted"', within_s=READY_S)
        assert tail.stop() == 0
    finally:
        tail.kill()
    told = [json.loads(each) for each in tail.text().splitlines() if each.startswith("{")]
    assert [each["kind"] for each in told] == ["campaign.created", "claim.accepted"]
    assert told[1]["claim_ids"] == [*map(public_id, ids)]
    assert {each["campaign"] for each in told} == {"festival"}


def test_it_begins_at_the_first_event_of_an_instant(store: SqlStore) -> None:
    """Found in a few readings, however long the log is."""
    store.write(Writes(events=tuple(event(at=START + n * SECOND) for n in range(1, 100))))
    sealed(store)
    assert before("2026-02-06T01:00:00Z", store) == 0
    assert before("2026-02-06T01:00:30Z", store) == 30
    assert before("2126-02-06", store) == newest(store) == 100


def test_at_load_sums_are_told_and_what_is_rare_is_not_lost_in_them() -> None:
    """However much happens between two looks, it is a few lines."""
    look = Look()
    for number in range(10_000):
        ids = (new_id(), new_id())
        look.add(Sealed(number, event(*ids, at=START + number, kind=Kind.CLAIM_ISSUED)))
    moved = Event(at=START, campaign="*", kind=Kind.MODE_HELD, actor="operator:li", detail="stop")
    look.add(Sealed(10_000, moved))
    assert list(look.lines()) == [
        "2026-02-06T01:00:00Z #10000 the service mode.held held by operator:li: stop",
        "2026-02-06T01:00:00Z festival p2 claim.issued 20,000 claims",
    ]
    assert (len(look.first), len(look.rare)) == (LINES + 1, 1)


def test_many_campaigns_at_load_are_a_few_lines_too() -> None:
    """Those with most claims are told, and that there are others."""
    look = Look()
    for number in range(100):
        ids = [new_id() for _ in range(1 + number)]
        look.add(Sealed(number, event(*ids, campaign=f"c{number}")))
    lines = list(look.lines())
    assert lines[0].endswith(" c99 p2 claim.accepted 100 claims")
    assert (len(lines), lines[-1]) == (LINES + 1, "… and 80 lines more: --json")


def test_a_few_events_are_told_one_by_one() -> None:
    """With claims by name while these are few."""
    look = Look()
    ids = [new_id() for _ in range(4)]
    look.add(Sealed(1, event(*ids)))
    look.add(Sealed(2, event(ids[0], kind=Kind.CLAIM_PARKED, actor="worker", detail="bad")))
    assert list(look.lines()) == [
        "2026-02-06T01:00:00Z #1 festival p2 claim.accepted 4 claims by test",
        f"2026-02-06T01:00:00Z #2 festival p2 claim.parked {public_id(ids[0])} by worker: bad",
    ]


def test_a_campaign_that_there_is_not_is_refused(run: Run, store: SqlStore) -> None:
    """Rather than followed for ever in vain."""
    assert store.campaign("festivall") is None
    done = run("claim", "tail", "festivall")
    assert (done.exit_code, "no campaign 'festivall'" in done.stderr) == (1, True)
