"""Vitals of campaigns as Prometheus gets them: what breakers are judged by, and the wait."""

from math import inf

from fulfiller.domain.breaker import Pressure
from fulfiller.domain.campaign import Publication
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.pressure import WHOLE, Report
from fulfiller.service.steer import Act, hold, pause
from tests.intake.door import NAME, Door, body, show, submit
from tests.intake.test_metrics import Scrape, scrape

MINUTE = 60_000_000


def _submit(door: Door, *users: str, tier: str = "p2") -> None:
    with door.caller() as caller:
        for user in users:
            assert submit(caller, user, body(user, tier=tier)).status_code == 202


def _act(door: Door, *, for_us: int = MINUTE) -> Act:
    now = door.store.now()
    return Act(reason="a check", actor="operator:li", now=now, until=now + for_us)


def _wait(told: Scrape) -> tuple[float | None, float | None]:
    waits = told.values("estimated_wait_seconds", "bound", campaign=NAME)
    return waits.get("low"), waits.get("high")


def test_thresholds_are_those_in_effect(door: Door) -> None:
    """Those of the terms before any keeper's look, and then those that it judges by."""
    door.campaign("steady", backlog_threshold=100)
    told = scrape(door)
    assert told.values("backlog_threshold_claims", "campaign") == {"steady": 100}
    assert told.values("backlog_resume_claims", "campaign") == {"steady": 50}
    show(door, rate=4.0)
    told = scrape(door)
    assert told.values("backlog_threshold_claims", "campaign") == {"steady": 100, NAME: 240}
    assert told.values("backlog_resume_claims", "campaign") == {"steady": 50, NAME: 120}


def test_pace_and_wait_follow_rate_and_backlog(door: Door) -> None:
    """At 4 a second, 2 to 8 of late, two claims take half a second, and a newcomer 2 at most."""
    idle = scrape(door)
    assert idle.value("oldest_claim_age_seconds", campaign=NAME) == 0
    assert idle.value("drain_seconds", campaign=NAME) == 0
    assert idle.value("issuing_rate_claims_per_second", campaign=NAME) is None
    _submit(door, "li", "wang")
    blind = scrape(door)
    assert blind.value("drain_seconds", campaign=NAME) is None
    assert _wait(blind) == (0, None)
    show(door, rate=4.0)
    told = scrape(door)
    assert told.value("issuing_rate_claims_per_second", campaign=NAME) == 4
    assert told.value("drain_seconds", campaign=NAME) == 0.5
    assert _wait(told) == (0, 2)
    assert 0 < (told.value("oldest_claim_age_seconds", campaign=NAME) or 0) < 60


def test_no_progress_is_told_as_such(sqlite_door: Door) -> None:
    """A rate of 0 is a figure, the drain has no end, and nobody promises an upper bound."""
    _submit(sqlite_door, "li")
    show(sqlite_door, rate=0.0)
    told = scrape(sqlite_door)
    assert told.value("issuing_rate_claims_per_second", campaign=NAME) == 0
    assert told.value("drain_seconds", campaign=NAME) == inf
    assert _wait(told) == (0, None)


def test_who_waits_in_line_is_counted_by_tier(door: Door) -> None:
    """Paused for a minute: mode, places by tier, and a wait that lasts as long as the pause."""
    show(door, rate=4.0)
    assert pause(NAME, _act(door), store=door.store).changed
    _submit(door, "li", "wang")
    _submit(door, "zhao", tier="p0")
    told = scrape(door)
    assert told.values("mode", "mode", scope=NAME) == {"flowing": 0, "paused": 1, "ramping": 0}
    assert told.values("waitlisted_claims", "tier", campaign=NAME) == {"p0": 1, "p2": 2}
    low, high = _wait(told)
    assert 30 < (low or 0) <= 70
    assert 60 < (high or 0) <= 300
    assert told.value("oldest_claim_age_seconds", campaign=NAME) == 0


def test_a_hold_is_told_of_its_scope_alone(sqlite_door: Door) -> None:
    """The switch of one campaign is not that of the service."""
    assert hold(NAME, _act(sqlite_door), store=sqlite_door.store).changed
    told = scrape(sqlite_door)
    assert told.values("held", "scope") == {NAME: 1, SERVICE: 0}


def test_nobody_waits_for_a_campaign_that_takes_nobody(sqlite_door: Door) -> None:
    """Drafts and campaigns that have ended have vitals, but no wait."""
    show(sqlite_door, rate=4.0)
    for publication in (Publication.DRAFT, Publication.ENDED):
        sqlite_door.campaign(publication.value, publication=publication)
    told = scrape(sqlite_door)
    assert set(told.values("estimated_wait_seconds", "campaign")) == {NAME}
    assert set(told.values("drain_seconds", "campaign")) == {NAME, "draft", "ended"}


def test_reports_are_counted_and_partners_not_named(door: Door) -> None:
    """Those in force, by what they say: not what ran out, not what was taken back, no names."""
    now = door.store.now()
    said = (
        (WHOLE, Pressure.SLOW, MINUTE),
        ("canary-1", Pressure.FULL, MINUTE),
        ("canary-2", Pressure.FULL, MINUTE),
        ("canary-3", Pressure.FULL, -1),
        ("canary-4", None, MINUTE),
    )
    for limit_key, pressure, length in said:
        door.store.report(
            Report(
                campaign=NAME,
                limit_key=limit_key,
                pressure=pressure,
                reason="canary reason",
                account="canary account",
                at=now,
                expires_at=now + length,
            ),
            Event(at=now, campaign=NAME, kind=Kind.PRESSURE_REPORTED),
        )
    door.campaign("quiet")
    told = scrape(door)
    assert told.values("pressure", "pressure", campaign=NAME) == {"slow": 1, "full": 2}
    assert told.values("pressure", "pressure", campaign="quiet") == {"slow": 0, "full": 0}
    assert "canary" not in told.text
