"""Annals: what the sampler remembers of a real store, and what the sealed log told of before."""

import csv
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from io import StringIO

import pytest

from fulfiller.domain.breaker import Mode
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.stripe import Count, counted
from fulfiller.domain.tier import Tier
from fulfiller.ops.flower.history import follow
from fulfiller.ops.flower.history.annals import CAMPAIGNS_MAX, Annals, Past
from fulfiller.ops.flower.history.ring import Range
from fulfiller.ops.flower.history.sample import Sample
from fulfiller.ops.flower.history.series import COLUMNS, as_csv, as_json, points, rows
from fulfiller.ops.flower.lookout import look
from fulfiller.service.issue import issue
from fulfiller.service.move import cancel
from fulfiller.service.seal import seal
from fulfiller.service.steer import pause
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.switches import switch
from tests.contract.world import START, found, press, taken_in
from tests.ops.flower.reader import REASON, act

NAMES = [f"user-{n}" for n in range(10)]


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    """A store of this test's own."""
    with closing(open_store(sqlite_url)) as opened:
        yield opened


def sealed(store: SqlStore) -> None:
    """Seal the log as a keeper does."""
    fence = store.lease("keeper", "test", ttl_s=60)
    assert fence is not None
    seal(store=store, fence=fence)


def seen(store: SqlStore, annals: Annals) -> None:
    """Look once, as the sampler does."""
    sight = look(store)
    annals.see(sight.survey, sight.stripes, sight.slots, sight.refused)
    annals.follow(store)


def past(annals: Annals, span: Range) -> Past:
    """Return what is remembered of the festival."""
    remembered = annals.past("festival", span)
    assert remembered is not None
    return remembered


def test_the_last_row_is_what_the_store_has(store: SqlStore) -> None:
    """After a drain every figure is the sum of the stripes, in JSON, in CSV and as a point."""
    found(store)
    ids = taken_in(store, *NAMES, tier=Tier.P1)
    annals = Annals()
    seen(store, annals)
    issue(ids[:6], press(store))
    assert cancel(ids[6], store=store, now=START, account="shop", actor="test")
    issue(ids[7:], press(store))
    seen(store, annals)
    stripes = store.stripes("festival")
    columns = as_json("festival", past(annals, Range.MINUTES))["columns"]
    assert isinstance(columns, dict)
    newest = {name: values[-1] for name, values in columns.items()}
    totals = ("entered", "issued", "declined", "cancelled")
    assert [newest[name] for name in totals] == [counted(stripes, Count(name)) for name in totals]
    assert (newest["issued"], newest["cancelled"], newest["backlog_p1"]) == (9, 1, 0)
    assert newest["available"] == 10_000 * 2_500 - 9 * 2_500
    last = list(csv.DictReader(StringIO(as_csv(past(annals, Range.HOUR)))))[-1]
    assert (last["issued"], last["waitlisted"], last["at"][-1]) == ("9", "0", "Z")
    point = points(annals.newest("festival"))["5m"][-1]
    assert dict(zip(COLUMNS, point, strict=True)) == newest


def test_what_was_before_comes_from_the_sealed_log(store: SqlStore) -> None:
    """Totals by the minute and waits are there before the first sample; levels are not."""
    found(store)
    issue(taken_in(store, *NAMES)[:4], press(store))
    sealed(store)
    annals = Annals()
    seen(store, annals)
    earlier, *_, last = past(annals, Range.ALL).samples
    assert earlier.at < START <= last.at
    assert (earlier.totals, last.totals) == ((0, 0, 0, 0), (10, 4, 0, 0))
    in_minute = past(annals, Range.ALL).samples[1]
    assert (in_minute.totals, in_minute.levels) == ((10, 4, 0, 0), None)
    assert sum(in_minute.waits.values()) == 4
    assert [mark.kind for mark in past(annals, Range.ALL).marks] == ["created"]


def test_a_pause_of_all_before_the_first_look_is_a_mark_and_no_fault(store: SqlStore) -> None:
    """What somebody did to the whole service stands beside what the log told of the campaign."""
    found(store)
    issue(taken_in(store, *NAMES), press(store))
    pause(SERVICE, act(store), store=store)
    sealed(store)
    annals = Annals()
    seen(store, annals)
    remembered = past(annals, Range.ALL)
    assert [sample.totals for sample in remembered.samples][-2:] == [(10, 10, 0, 0)] * 2
    assert [mark.kind for mark in remembered.marks] == ["created", "paused"]


def test_a_log_that_is_longer_than_is_read_is_read_in_its_newest_part(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound is kept, and what is unknown is not made up."""
    monkeypatch.setattr(follow, "BEFORE_MAX", 3)
    found(store)
    for name in NAMES:
        taken_in(store, name)
    sealed(store)
    annals = Annals()
    seen(store, annals)
    totals = [sample.totals[0] for sample in past(annals, Range.ALL).samples]
    assert (min(totals), max(totals)) == (7, 10)


def test_what_happens_is_followed_however_much_it_is(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where more is issued than is read, waits are sampled; acts are never left out."""
    monkeypatch.setattr(follow, "PAGE", 2)
    monkeypatch.setattr(follow, "FULL_PAGES", 1)
    found(store)
    annals = Annals()
    sealed(store)
    seen(store, annals)
    now = store.now()
    *ids, last = taken_in(store, *NAMES)
    for claim_id in ids:
        issue([claim_id], replace(press(store), now=lambda: now))
    assert cancel(last, store=store, now=now, account="shop", actor="test")
    pause("festival", act(store), store=store)
    sealed(store)
    seen(store, annals)
    remembered = past(annals, Range.MINUTES)
    assert sum(sum(sample.waits.values()) for sample in remembered.samples) == 2
    assert [(mark.kind, mark.actor) for mark in remembered.marks] == [
        ("created", "test"),
        ("paused", "operator:li"),
    ]
    assert remembered.marks[-1].said.startswith(REASON)
    assert remembered.reasons == {("cancelled", "cancelled by its account"): 1}


def test_a_pause_is_known_without_a_keeper(store: SqlStore) -> None:
    """Nobody seals, and the mode row tells it; the service's own is told of every campaign."""
    found(store)
    annals = Annals()
    switch(store, "festival", mode=Mode.PAUSED, since=START, cause="backlog 12 > threshold 10")
    pause(SERVICE, act(store), store=store)
    seen(store, annals)
    marks = past(annals, Range.MINUTES).marks
    assert [(mark.kind, mark.scope) for mark in marks] == [
        ("paused", "festival"),
        ("paused", SERVICE),
    ]


def test_workers_that_come_and_go_are_marked(store: SqlStore) -> None:
    """By the slots that they announce; what was there at the first look came from nowhere."""
    found(store)
    annals = Annals()
    store.announce("one", 2, ttl_s=60)
    seen(store, annals)
    seen(store, annals)
    store.announce("two", 2, ttl_s=60)
    seen(store, annals)
    marks = past(annals, Range.MINUTES).marks
    assert [(mark.kind, mark.said) for mark in marks] == [("workers", "4 slots instead of 2")]


def test_no_more_campaigns_are_remembered_than_there_is_room(store: SqlStore) -> None:
    """Those that close last are; of the others nothing is told."""
    for number in range(CAMPAIGNS_MAX + 1):
        found(store, id=f"c{number:02}", closes_at=START + 86_400_000_000 + number, stripes=1)
    annals = Annals()
    seen(store, annals)
    assert annals.past("c00", Range.ALL) is None
    assert annals.past("c01", Range.ALL) is not None
    assert annals.newest("c00") == {}


def test_refusals_are_told_by_the_second_and_by_code(store: SqlStore) -> None:
    """What intakes told stands in the series with its rate, and among the reasons."""
    found(store)
    annals = Annals()
    store.tell_refusals("intake", {("festival", "sold_out"): 2})
    seen(store, annals)
    store.tell_refusals("intake", {("festival", "sold_out"): 5, ("festival", "user_limit"): 1})
    seen(store, annals)
    remembered = past(annals, Range.MINUTES)
    columns = as_json("festival", remembered)["columns"]
    assert isinstance(columns, dict)
    assert columns["refused"][-1] == 6
    assert remembered.reasons == {("refused", "sold_out"): 5, ("refused", "user_limit"): 1}


def test_refusals_have_a_rate_where_both_ends_are_known() -> None:
    """Of the time before the first look nobody knows any, and a sum that falls is no rate."""
    every = (None, 2, 6, 5)
    samples = [Sample(n * 2_000_000, (0, 0, 0, 0), refused=each) for n, each in enumerate(every)]
    found_rows = [dict(zip(COLUMNS, row, strict=True)) for row in rows(samples)]
    assert [row["refused_per_s"] for row in found_rows] == [None, None, 2.0, 0.0]
    assert [row["refused"] for row in found_rows] == [None, 2, 6, 5]
