"""Pressure over HTTP: partners say that they are full or slow, and breakers listen."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus

import httpx
import pytest

from fulfiller.domain.breaker import Mode, Pressure, Signal
from fulfiller.domain.campaign import BreakerTerms, Publication
from fulfiller.domain.event import Kind
from fulfiller.domain.key import Scope
from fulfiller.domain.pressure import WHOLE
from fulfiller.domain.validity import moment
from fulfiller.service.govern import Chair, govern
from fulfiller.service.keep import LEASE
from tests.intake.conforming import conforms, document_of
from tests.intake.door import NAME, Door, code, pointers, submit
from tests.waiting import until

PRESSURE = frozenset({Scope.PRESSURE_WRITE})
FULL = {"pressure": "full", "reason": "no cups left"}
Bound = tuple[str | None, str | None]


def _report(
    door: Door,
    body: object,
    account: str = "palace",
    bound: Bound = (None, None),
    campaign: str = NAME,
) -> httpx.Response:
    """Report pressure with a key of this account, bound to this."""
    answer = httpx.post(
        f"{door.url}/v1/campaigns/{campaign}/pressure",
        json=body,
        headers={"authorization": f"Bearer {door.key(account, PRESSURE, bound=bound)}"},
        verify=False,
    )
    conforms(answer, "report_pressure", document_of(door))
    return answer


@pytest.fixture
def fence(door: Door) -> Iterator[int]:
    """The lease of a keeper that governs what is behind the door."""
    fence = door.store.lease(LEASE, "test", ttl_s=60)
    assert fence is not None
    yield fence
    door.store.release_lease(LEASE, "test")


def test_a_report_is_in_force_and_in_the_log(door: Door) -> None:
    """Answered with what stands and until when; stored and logged with who said it and why."""
    before = door.store.now()
    answer = _report(door, FULL | {"ttl_s": 60.0, "limit_key": "shop-7"})
    told = answer.json()
    assert answer.status_code == HTTPStatus.OK
    assert (told["campaign"], told["limit_key"], told["pressure"]) == (NAME, "shop-7", "full")
    (report,) = door.store.survey().reports
    assert datetime.fromisoformat(told["expires_at"]) == moment(report.expires_at)
    assert 0 <= report.at - before < 30_000_000
    assert report.expires_at - report.at == 60_000_000
    assert (report.campaign, report.limit_key) == (NAME, "shop-7")
    assert (report.pressure, report.account) == (Pressure.FULL, "palace")
    until(lambda: _logged(door) != [], what="the event can be read")
    assert _logged(door) == [("account:palace", "full at shop-7 for 60 s: no cups left")]


def _logged(door: Door) -> list[tuple[str, str]]:
    events = [each.event for each in door.store.unsealed(after=(0, 0), limit=100)]
    reported = [event for event in events if event.kind is Kind.PRESSURE_REPORTED]
    return [(event.actor, event.detail) for event in reported if event.campaign == NAME]


def test_a_campaign_whose_owner_says_full_pauses(door: Door, fence: int) -> None:
    """Said over HTTP, heard by the next look of the keeper: newcomers wait, and are told why."""
    chair = Chair()
    govern(chair, store=door.store, fence=fence)
    assert door.store.modes()[NAME].mode is Mode.FLOWING
    assert _report(door, FULL).status_code == HTTPStatus.OK
    govern(chair, store=door.store, fence=fence)
    row = door.store.modes()[NAME]
    assert (row.mode, row.state.signals) == (Mode.PAUSED, (Signal.PRESSURE,))
    with door.caller() as caller:
        claim = submit(caller, "late")
    assert (claim.status_code, claim.json()["state"]) == (202, "waitlisted")


def test_what_is_taken_back_presses_no_more(door: Door, fence: int) -> None:
    """`none` ends a report at once: a breaker that need not hold ramps at the next look."""
    door.campaign("quick", breaker=BreakerTerms(hold_s=0, hold_max_s=0, ramp_s=60))
    chair = Chair()
    _report(door, FULL, campaign="quick")
    govern(chair, store=door.store, fence=fence)
    govern(chair, store=door.store, fence=fence)
    assert door.store.modes()["quick"].mode is Mode.PAUSED
    told = _report(door, FULL | {"pressure": "none"}, campaign="quick").json()
    assert told == {"campaign": "quick", "limit_key": None, "pressure": "none", "expires_at": None}
    assert list(door.store.survey().reports) == []
    govern(chair, store=door.store, fence=fence)
    assert door.store.modes()["quick"].mode is Mode.RAMPING


def test_repeating_does_no_harm_and_the_last_word_counts(sqlite_door: Door) -> None:
    """One report per merchant and one of the whole, each as it was said last."""
    for said in (FULL, FULL, FULL | {"pressure": "slow"}, FULL | {"limit_key": "shop-7"}):
        assert _report(sqlite_door, said).status_code == HTTPStatus.OK
    reports = sqlite_door.store.survey().reports
    assert {report.limit_key: report.pressure for report in reports} == {
        WHOLE: Pressure.SLOW,
        "shop-7": Pressure.FULL,
    }
    assert {report.expires_at - report.at for report in reports} == {300_000_000}


@pytest.mark.parametrize(
    ("account", "bound", "limit_key", "status"),
    [
        ("palace", (None, None), None, 200),
        ("palace", (None, None), "shop-7", 200),
        ("shop", (None, None), None, 403),
        ("shop", (None, None), "shop-7", 403),
        ("shop", (NAME, None), None, 200),
        ("shop", (NAME, None), "shop-7", 200),
        ("shop", (NAME, "shop-7"), "shop-7", 200),
        ("shop", (NAME, "shop-7"), "shop-8", 403),
        ("shop", (NAME, "shop-7"), None, 403),
        ("shop", ("market", None), None, 403),
        ("shop", ("market", "shop-7"), "shop-7", 403),
        ("palace", ("market", None), None, 403),
        ("palace", (NAME, "shop-7"), None, 403),
    ],
)
def test_a_key_speaks_for_what_it_is_bound_to_or_what_its_account_owns(
    sqlite_door: Door, account: str, bound: Bound, limit_key: str | None, status: int
) -> None:
    """Nobody presses somebody else's campaign, nor a merchant the whole of it."""
    said = FULL | ({} if limit_key is None else {"limit_key": limit_key})
    answer = _report(sqlite_door, said, account, bound)
    assert answer.status_code == status, answer.text
    assert len(sqlite_door.store.survey().reports) == (status == HTTPStatus.OK)
    if status == HTTPStatus.FORBIDDEN:
        assert code(answer) == "forbidden"
        where = [part for part in bound if part] or ["not bound"]
        assert all(part in answer.json()["detail"] for part in where)


def test_a_draft_is_as_unknown_as_nothing_to_anybody(sqlite_door: Door) -> None:
    """Whoever asks, what is not published and what does not exist get the same answer."""
    sqlite_door.campaign("draft", publication=Publication.DRAFT)
    for account in ("palace", "shop"):
        told = set()
        for name in ("draft", "nowhere", "A", "x" * 65):
            answer = _report(sqlite_door, FULL, account, (name, None), campaign=name)
            assert (answer.status_code, code(answer)) == (404, "unknown_campaign")
            told.add(answer.json()["detail"])
        assert len(told) == 1
    assert list(sqlite_door.store.survey().reports) == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"pressure": "fine"}, "/pressure"),
        ({"pressure": None}, "/pressure"),
        ({"reason": ""}, "/reason"),
        ({"reason": "x" * 201}, "/reason"),
        ({"reason": "no cups\n"}, "/reason"),
        ({"reason": "no\0cups"}, "/reason"),
        ({"limit_key": ""}, "/limit_key"),
        ({"limit_key": "shop\x7f"}, "/limit_key"),
        ({"limit_key": "x" * 129}, "/limit_key"),
        ({"ttl_s": 0}, "/ttl_s"),
        ({"ttl_s": 86_401}, "/ttl_s"),
        ({"ttl_s": 1.5}, "/ttl_s"),
        ({"limitkey": "shop-7"}, "/limitkey"),
    ],
)
def test_flaws_are_named(quiet_door: Door, change: dict[str, object], where: str) -> None:
    """What can't be read is a 422 that points at the field and says what to write."""
    answer = _report(quiet_door, FULL | change)
    assert (answer.status_code, code(answer)) == (422, "invalid")
    assert pointers(answer) == {where}
    assert where != "/ttl_s" or "1 to 86400" in answer.json()["errors"][0]["detail"]
    assert list(quiet_door.store.survey().reports) == []


def test_what_is_missing_is_named(quiet_door: Door) -> None:
    """How they are and why has to be said; the rest has defaults."""
    assert pointers(_report(quiet_door, {})) == {"/pressure", "/reason"}
