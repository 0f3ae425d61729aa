"""What whoever waits is told over HTTP: place, wait, reason and validity, in their language."""

from itertools import count
from typing import Any

import httpx
import pytest

from fulfiller.domain.breaker import SECOND, Reading
from fulfiller.domain.key import Scope
from fulfiller.domain.mode import Gauge
from fulfiller.domain.validity import DAY
from fulfiller.service.steer import Act, hold, pause
from tests.intake.door import NAME, Door, body, code, submit
from tests.waiting import until


def _paused(door: Door, *, campaign: str = NAME, **gauge: float) -> None:
    """Pause a campaign for a quarter of a minute, with what a keeper would have shown of it."""
    now = door.store.now()
    act = Act(reason="a check", actor="operator:li", now=now, until=now + 15 * SECOND)
    assert pause(campaign, act, store=door.store).changed
    if gauge:
        fence = door.store.lease("keeper", "test", ttl_s=60)
        assert fence is not None
        shown = Gauge(at=now, reading=Reading(rate=gauge["rate"]), threshold=100, resume_at=50)
        door.store.show_gauges({campaign: shown}, fence=fence)
    until(lambda: _campaign(door, campaign)["mode"] == "paused", what="the door has seen it")


def _campaign(door: Door, campaign: str, language: str = "en") -> dict[str, object]:
    answer = httpx.get(f"{door.url}/v1/campaigns/{campaign}", headers={"accept-language": language})
    shown: dict[str, object] = answer.json()
    return shown


def _batch(caller: httpx.Client, claims: list[dict[str, object]]) -> list[dict[str, Any]]:
    keyed = [claim | {"idempotency_key": f"key-{n}"} for n, claim in enumerate(claims)]
    answer = caller.post("/v1/claims/batch", json={"claims": keyed})
    assert answer.status_code == 207, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def test_a_place_in_line_says_all_there_is_to_say(door: Door) -> None:
    """Position, range, when to look again, why, what stays valid; the same when asked again."""
    door.campaign("rush")
    _paused(door, campaign="rush", rate=100.0)
    with door.caller() as caller:
        first = submit(caller, "one", body("li", campaign="rush"))
        second = submit(caller, "two", body("wu", campaign="rush")).json()
        again = caller.get(f"/v1/claims/{second['claim_id']}").json()
    assert first.status_code == 202
    told = first.json()
    assert (told["state"], told["position"], second["position"]) == ("waitlisted", 1, 2)
    assert told["wait"]["basis"] == "measured"
    assert told["wait"]["low_s"] < told["wait"]["high_s"]
    assert told["poll_after_s"] >= 5
    assert told["language"] == "en"
    assert "Your place is kept." in told["message"]
    assert "Our team stopped to check something." in told["message"]
    assert "You are next." in told["message"]
    assert told["patience"]["what_to_do"] == "nothing"
    assert told["patience"]["since"]
    assert (again["position"], again["state"]) == (2, "waitlisted")
    assert again["message"]


@pytest.mark.parametrize(
    ("locale", "header", "language"),
    [
        ("zh-CN", "ar", "zh-Hans"),
        (None, "fr;q=0.9, zh-TW", "zh-Hant"),
        (None, "ar-EG", "ar"),
        (None, "", "en"),
    ],
)
def test_the_claim_s_own_wish_goes_before_the_header(
    sqlite_door: Door, locale: str | None, header: str, language: str
) -> None:
    """Then the header, then the campaign, then English."""
    name = f"rush-{language.lower()}"
    sqlite_door.campaign(name)
    _paused(sqlite_door, campaign=name)
    wish = body("li", campaign=name) | ({"locale": locale} if locale else {})
    with sqlite_door.caller() as caller:
        caller.headers["accept-language"] = header
        assert submit(caller, f"key-{language}", wish).json()["language"] == language
    assert _campaign(sqlite_door, name, header)["language"]


def test_a_pause_without_an_end_promises_none(sqlite_door: Door) -> None:
    """Held, or paused until further notice: nobody can say how long, and nobody does."""
    sqlite_door.campaign("held")
    now = sqlite_door.store.now()
    act = Act(reason="a check", actor="operator:li", now=now)
    assert pause("held", act, store=sqlite_door.store).changed
    assert hold("held", act, store=sqlite_door.store).changed
    until(lambda: _campaign(sqlite_door, "held")["mode"] == "paused")
    with sqlite_door.caller() as caller:
        told = submit(caller, "k", body("li", campaign="held")).json()
    assert (told["wait"]["high_s"], told["wait"]["basis"]) == (None, "unknown")
    assert "We can't say yet how long the wait is." in told["message"]


def test_whoever_finds_no_place_gets_a_time_of_their_own(door: Door) -> None:
    """503, nothing stored, Retry-After later for some than for others and the same each time."""
    door.campaign("full", waitlist_cap=1, floor=door.store.now() + 30 * DAY)
    _paused(door, campaign="full", rate=10.0)
    with door.caller() as caller:
        assert submit(caller, "kept", body("kept", campaign="full")).status_code == 202
        answers = [
            submit(caller, f"key-{n}", body(f"user-{n}", campaign="full")) for n in range(12)
        ]
        again = submit(caller, "key-0", body("user-0", campaign="full"))
        batch = _batch(caller, [body(f"user-{n}", campaign="full") for n in range(12)])
    assert {(answer.status_code, code(answer)) for answer in answers} == {(503, "waitlist_full")}
    seconds = [int(answer.headers["retry-after"]) for answer in answers]
    assert len(set(seconds)) > 1
    assert min(seconds) > 10
    assert abs(int(again.headers["retry-after"]) - seconds[0]) <= 2
    assert {(each["status"], each["problem"]["code"]) for each in batch} == {(503, "waitlist_full")}
    assert all(
        abs(each["problem"]["retry_after_s"] - one) <= 2
        for each, one in zip(batch, seconds, strict=True)
    )
    assert "stay valid" in batch[0]["problem"]["message"]
    told = answers[0].json()
    assert told["patience"]["what_to_do"] == "come_back"
    assert told["patience"]["come_back_at"]
    assert told["patience"]["still_valid"][0]["what"] == "coupons"
    assert "stay valid" in told["message"]
    assert door.entered("full") == 1


def test_a_campaign_tells_everybody_that_it_is_paused(sqlite_door: Door) -> None:
    """In the reader's language, cacheable by language, and silent while it flows."""
    sqlite_door.campaign("public")
    assert _campaign(sqlite_door, "public")["message"] is None
    _paused(sqlite_door, campaign="public", rate=10.0)
    shown = _campaign(sqlite_door, "public", "zh-Hans")
    assert (shown["language"], shown["mode"]) == ("zh-Hans", "paused")
    assert shown["wait"]
    answer = httpx.get(f"{sqlite_door.url}/v1/campaigns/public")
    assert answer.headers["vary"] == "accept-language"


def test_a_wait_is_judged_anew_with_every_look(sqlite_door: Door) -> None:
    """While a campaign flows a brief wait is not told of; once it has become long, it is."""
    door = sqlite_door
    door.campaign("slow", backlog_threshold=1_000)
    with door.caller() as caller:

        def told(rate: float, key: str) -> bool:
            fence = door.store.lease("keeper", "test", ttl_s=60)
            assert fence is not None
            gauge = Gauge(at=door.store.now(), reading=Reading(rate=rate))
            door.store.show_gauges({"slow": gauge}, fence=fence)
            claim = submit(caller, key, body(key, campaign="slow")).json()
            assert claim["state"] == "accepted"
            return "wait" in claim and claim["wait"] is not None

        numbers = (f"key-{number}" for number in count())
        until(lambda: (seen := door.app.outlook.survey) and "slow" in seen.campaigns)
        assert not told(1_000, next(numbers))
        until(lambda: told(0.01, next(numbers)), what="the wait has become long")
        until(lambda: not told(1_000, next(numbers)), what="it is brief again")


def test_what_people_have_is_theirs_to_use_while_all_stands_still(sqlite_door: Door) -> None:
    """Paused and held, a coupon is redeemed and taken back as ever."""
    name = "standing"
    sqlite_door.campaign(name)
    with sqlite_door.caller() as caller:
        claim = submit(caller, "mine", body("mine", campaign=name)).json()
        sqlite_door.issue(claim)
        coupon = caller.get(f"/v1/claims/{claim['claim_id']}").json()["coupon"]["code"]
    act = Act(reason="a check", actor="operator:li", now=sqlite_door.store.now())
    for stop in (pause, hold):
        assert stop(name, act, store=sqlite_door.store).changed
    with sqlite_door.caller("palace", frozenset({Scope.COUPON_REDEEM})) as till:
        for verb, state in (("redeem", "redeemed"), ("rollback", "issued")):
            done = till.post(f"/v1/coupons/{coupon}/{verb}", headers={"idempotency-key": "till"})
            assert (done.status_code, done.json()["state"]) == (200, state)
