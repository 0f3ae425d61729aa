"""The report after the event: one file that tells how it went, and proves its sums."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from tracemalloc import get_traced_memory, start, stop

import pytest
from click.testing import Result
from sqlalchemy import text

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.outcome import Accepted
from fulfiller.domain.pace import Rate
from fulfiller.domain.validity import SECOND
from fulfiller.ops.report.account import Balance, account
from fulfiller.ops.report.minutes import LINES_MAX, folded
from fulfiller.ops.report.modes import Stretch, lasted, stretches
from fulfiller.service.accept import accept
from fulfiller.service.decide import Round
from fulfiller.service.issue import Press, issue
from fulfiller.service.move import abandon, cancel, park
from fulfiller.service.rates import By, set_rate
from fulfiller.service.steer import Act, hold, let_go, pause, unhold
from fulfiller.store.course import MINUTE, Counted, Waited
from fulfiller.store.laws import Finding
from fulfiller.store.opening import open_store
from fulfiller.store.snapshot import snapshot
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import KEY, START, VALUE, found, new_id, request
from tests.ops.test_cli import runner

Run = Callable[..., Result]
CANARY = "canary"
BUDGET = VALUE * 10_000


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """A store of this test's own, SQLite unless it says otherwise."""
    found_url: str = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")
    return found_url


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """The same store."""
    with closing(open_store(url, application="test")) as opened:
        yield opened


@pytest.fixture
def run(url: str, tmp_path: Path) -> Run:
    """Run a command on that store."""
    return runner(FULFILLER_HOME=str(tmp_path), FULFILLER_STORE_URL=url)


def at(minute: float) -> int:
    """Return an instant of the event."""
    return START + int(minute * MINUTE)


def came(store: SqlStore, minute: float, number: int) -> list[ClaimId]:
    """Let people claim in a minute."""
    asked = [
        request(f"{CANARY}-{minute}-{n}@example.com", limit_key=f"{CANARY}-phone")
        for n in range(number)
    ]
    answers = accept(
        asked, store=store, circumstances=Round(now=at(minute), new_id=new_id, start=0)
    )
    return [each.claim.id for each in answers if isinstance(each, Accepted)]


def issued(store: SqlStore, minute: float, ids: list[ClaimId]) -> None:
    """Give them their coupons in a minute."""
    issue(ids, Press(store=store, key=KEY, now=lambda: at(minute)))


def event_day(store: SqlStore) -> None:
    """A pause, a hold, a rate for a merchant's key, a parked claim that is given up, a cancel."""
    found(store)
    store.add_account("shop", at=START)
    issued(store, 0.5, came(store, 0, 30))
    act = Act(reason="the shops are full", actor="operator:li", now=at(2))
    pause("festival", act, store=store)
    waiting = came(store, 3, 10)
    cancel(waiting[0], store=store, now=at(3), account="shop", actor="account:shop")
    let_go("festival", Act(reason="room again", actor="operator:li", now=at(5)), store=store)
    by = By(reason="slow", actor="operator:li", now=at(6))
    set_rate(("festival", f"{CANARY}-phone"), Rate.parse("5/s"), by, store=store)
    hold("*", Act(reason="wrong codes", actor="operator:wang", now=at(8)), store=store)
    unhold("*", Act(reason="right codes", actor="operator:wang", now=at(9)), store=store)


def reported(run: Run, tmp_path: Path) -> str:
    """Return the report."""
    file = tmp_path / "report.html"
    done = run("campaign", "report", "festival", "--out", str(file))
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(file)
    return file.read_text("utf-8")


def read(page: str) -> str:
    """Return what people read, in one line."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page)))


@pytest.mark.parametrize("url", ["sqlite", "postgres"], indirect=True)
def test_a_report_tells_how_it_went_and_that_nothing_is_missing(
    run: Run, store: SqlStore, tmp_path: Path
) -> None:
    """Sums, minutes in the campaign's zone, pauses with cause and actor, and the books."""
    event_day(store)
    words = read(reported(run, tmp_path))
    expected = (
        "The books balance 40 claims came in, 30 coupons were issued. 9 are still open.",
        "coupons 30", "declined or cancelled 1", "paused for 3 min", "held for 0 s",
        "half waited less than 30 s", "waited no longer than told not known",
        "budget 250,000.00 CNY", "left of it 249,025.00 CNY",
        "06 Feb 09:02:00 mode paused: flowing → paused operator:li the shops are full",
        "06 Feb 09:05:00 mode ramping: paused → ramping operator:li room again",
        "rate changed: no limit → 5/s for one limit key operator:li slow",
        "06 Feb 09:08:00 the service: mode held: unheld → held operator:wang wrong codes",
        "even claims that entered 40 40", "even money left 249,025.00 CNY 249,025.00 CNY",
        "holds the sealed log is whole",
        "06 Feb 09:00 30 0 30 0 0 0 0 30 s 30 s 249,250.00 CNY",
        "06 Feb 09:03 10 10 0 0 1 0 9 — — 249,025.00 CNY",
    )  # fmt: skip
    assert [each for each in expected if each not in words] == []
    assert CANARY not in words


def test_a_report_is_one_file_without_scripts(run: Run, store: SqlStore, tmp_path: Path) -> None:
    """It refers to nothing, runs nothing, is well-formed, and has a dark side and a paper one."""
    event_day(store)
    page = reported(run, tmp_path)
    assert re.findall(r"<script|<link|<img|<iframe|@import|url\((?!#)|https?://", page) == []
    assert "prefers-color-scheme:dark" in page
    assert "@media print" in page
    open_tags = _Tags()
    open_tags.feed(page)
    assert open_tags.flaws == []
    clocks = [re.findall(r">(\d\d:\d\d(?::\d\d)?)<", each) for each in page.split("<svg")[1:]]
    assert len(clocks) == 3
    assert all(len(each) == len(set(each)) > 2 for each in clocks), clocks
    assert CANARY not in page


def test_books_that_do_not_balance_are_said_to_be_so(
    run: Run, store: SqlStore, tmp_path: Path
) -> None:
    """With exit 1; who is concerned stays out of it."""
    event_day(store)
    twice = [request(f"{CANARY}-li", key=grant, grant=grant) for grant in "ab"]
    accept(twice, store=store, circumstances=Round(now=at(4), new_id=new_id, start=0))
    with store.link.engine.begin() as connection:
        connection.execute(text("delete from event where kind = 'claim.cancelled'"))
        limit = """replace(terms, '"per_user_limit":2', '"per_user_limit":1')"""
        connection.execute(text(f"update campaign set terms = {limit}".replace(":", "\\:")))
    file = tmp_path / "report.html"
    done = run("campaign", "report", "festival", "--out", str(file))
    assert (done.exit_code, "fulfiller verify" in done.stderr) == (1, True)
    words = read(file.read_text("utf-8"))
    assert "The books don't balance" in words
    assert "apart cancelled 0 1" in words
    assert "broken no user has more than the campaign allows" in words
    assert CANARY not in words


def test_laws_that_hold_prove_nothing_if_log_and_ledger_differ(url: str, store: SqlStore) -> None:
    """Nor the other way round: both have to be true."""
    event_day(store)
    with snapshot(url) as seen:
        told = account("festival", seen, at(10))
    assert told is not None
    assert told.is_proven
    assert not replace(told, balances=[Balance("issued", 1, 2)]).is_proven
    assert not replace(told, findings=[Finding("a law", ok=False, detail="")]).is_proven


def test_a_campaign_to_which_nobody_came_has_a_report_too(
    run: Run, store: SqlStore, tmp_path: Path
) -> None:
    """It says so; a campaign that there is not is refused, and so is a place."""
    found(store)
    assert "No claim ever came in" in read(reported(run, tmp_path))
    assert run("campaign", "report", "festivall").exit_code == 1
    nowhere = run("campaign", "report", "festival", "--out", str(tmp_path / "no" / "such.html"))
    assert (nowhere.exit_code, "can't be written" in nowhere.stderr) == (2, True)


def test_parked_claims_are_incidents_without_what_their_fault_said(
    run: Run, store: SqlStore, tmp_path: Path
) -> None:
    """Since when, how many, and the kind of the fault; and that somebody gave one up."""
    found(store)
    ids = came(store, 0, 3)
    park(ids, f"ValueError: {CANARY}", store=store, now=at(1), actor="worker")
    abandon(ids[:1], "lost", store=store, now=at(2), actor="operator:li")
    words = read(reported(run, tmp_path))
    assert "3 claims parked from here on worker ValueError" in words
    assert "claim declined: 1 claim operator:li lost" in words
    assert CANARY not in words


def test_minutes_are_folded_without_gaps() -> None:
    """What was open stays so while nothing happens; what is told comes to the sums at the end."""
    counted = [
        Counted(100, Kind.CLAIM_ACCEPTED, 5, 5 * VALUE),
        Counted(100, Kind.CLAIM_WAITLISTED, 2, 2 * VALUE),
        Counted(103, Kind.CLAIM_ISSUED, 4, 4 * VALUE),
        Counted(103, Kind.CLAIM_CANCELLED, 1, VALUE),
        Counted(9_999, Kind.COUPON_REDEEMED, 3, 3 * VALUE),
    ]
    waited = [Waited(103, 180 * SECOND, 3), Waited(103, 200 * SECOND, 1)]
    minutes = folded(counted, waited, BUDGET)
    assert minutes is not None
    assert [each.at // MINUTE for each in minutes.bins] == [100, 101, 102, 103]
    assert [each.opened for each in minutes.bins] == [7, 7, 7, 2]
    assert [BUDGET - each.left for each in minutes.bins] == [7 * VALUE] * 3 + [6 * VALUE]
    last = minutes.bins[-1]
    assert (last.wait_s(0.5), last.wait_s(0.75), last.wait_s(0.99)) == (180.0, 180.0, 200.0)
    assert minutes.bins[0].wait_s(0.5) is None
    assert minutes.amounts[Kind.COUPON_REDEEMED] == 3 * VALUE


def test_a_month_is_told_in_a_few_hundred_lines() -> None:
    """Minutes go together, and add up to the same."""
    month = 31 * 24 * 60
    minutes = folded((Counted(n, Kind.CLAIM_ACCEPTED, 1, VALUE) for n in range(month)), (), BUDGET)
    assert minutes is not None
    assert len(minutes.bins) <= LINES_MAX
    assert sum(each.entered for each in minutes.bins) == month
    assert minutes.bins[-1].opened == month


def test_what_is_kept_of_a_long_day_does_not_grow_with_its_claims() -> None:
    """Ten times the claims in as many minutes take as much memory."""
    peaks = []
    for claims in (10**3, 10**4):
        counted = (Counted(n, Kind.CLAIM_ISSUED, claims, 0) for n in range(540))
        waited = (Waited(n, each * 10_000, claims) for n in range(540) for each in range(20))
        start()
        folded(counted, waited, BUDGET)
        peaks.append(get_traced_memory()[1])
        stop()
    assert peaks[1] < 1.1 * peaks[0]


def test_the_graver_of_both_modes_counts() -> None:
    """The service's pause is the campaign's, a hold within a pause is a pause, and it adds up."""

    def moved(minute: int, kind: Kind, scope: str = "festival") -> Event:
        return Event(at=at(minute), campaign=scope, kind=kind)

    events = [
        moved(-5, Kind.MODE_RAMPING),
        moved(1, Kind.MODE_FLOWING),
        moved(2, Kind.MODE_PAUSED, "*"),
        moved(3, Kind.MODE_HELD),
        moved(4, Kind.MODE_FLOWING, "*"),
        moved(6, Kind.MODE_UNHELD),
    ]
    stood = list(stretches(events, at(0), at(10)))
    words = ["ramping", "flowing", "paused", "held", "flowing"]
    ends = [0, 1, 2, 4, 6, 10]
    assert stood == [
        Stretch(at(begins), at(end), word)
        for begins, end, word in zip(ends, ends[1:], words, strict=False)
    ]
    assert lasted(stood, "paused") == 2 * MINUTE


class _Tags(HTMLParser):
    """Finds tags that are not closed in the order in which they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.flaws: list[str] = []
        self._open: list[str] = []
        self.seen: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.seen[tag] += 1
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.flaws.append(tag)
