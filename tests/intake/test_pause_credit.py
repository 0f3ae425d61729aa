"""Pause credit over HTTP: whoever looks at a coupon sees the time that its holder got back."""

from datetime import datetime, timedelta
from typing import cast

import pytest

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.key import Scope
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.validity import micros
from fulfiller.intake.parts import Truth
from fulfiller.intake.sighting import Viewer
from fulfiller.service.steer import Act, let_go, pause
from fulfiller.store import hot
from fulfiller.store.sqlstore import SqlStore
from tests.intake.counting import CountingLink
from tests.intake.door import Door, opened, submit

HALF_HOUR = timedelta(minutes=30)
HALF_HOUR_US = HALF_HOUR // timedelta(microseconds=1)
USERS = ("li", "wu", "ma")
CREDITED = frozenset({Scope.CLAIM_READ, Scope.COUPON_REDEEM})


def _issued(door: Door, campaign: str, user: str = "li") -> dict[str, str]:
    """Return an issued claim's id, its coupon's code and its validity."""
    with door.caller() as upstream:
        wish = {"campaign": campaign, "user": user}
        taken = submit(upstream, f"{user} of {campaign}", wish).json()
        door.issue(taken)
        coupon = upstream.get(f"/v1/claims/{taken['claim_id']}").json()["coupon"]
    return {"claim": taken["claim_id"], "code": coupon["code"], "until": coupon["valid_until"]}


def _seen(door: Door, issued: dict[str, str]) -> set[datetime]:
    """Return until when a coupon is valid, to whoever asks for it in any way."""
    with door.caller() as upstream, door.caller("palace", CREDITED) as till:
        path = f"/v1/coupons/{issued['code']}"
        said = [
            upstream.get(f"/v1/claims/{issued['claim']}").json()["coupon"]["valid_until"],
            till.get(path).json()["valid_until"],
            till.post(
                f"{path}/reserve", json={}, headers={"idempotency-key": issued["code"]}
            ).json()["valid_until"],
        ]
    return set(map(datetime.fromisoformat, said))


def _paused(door: Door, scope: str, *, lasts: bool = False) -> None:
    """Pause a scope for half an hour from now on, by the clock of whoever paused it."""
    now = door.store.now()
    act = Act(reason="a check", actor="operator:li", now=now)
    assert pause(scope, act, store=door.store).changed
    if not lasts:
        later = Act(reason="fine", actor="operator:li", now=now + HALF_HOUR_US)
        assert let_go(scope, later, store=door.store).changed


@pytest.mark.parametrize("paused", ["credited", SERVICE])
def test_a_pause_is_told_to_whoever_had_a_coupon(sqlite_door: Door, paused: str) -> None:
    """Half an hour more wherever it is shown, and nothing where terms don't grant it."""
    for name in ("credited", "plain"):
        sqlite_door.campaign(name, pause_credit=name == "credited")
    mine, plain = (_issued(sqlite_door, name) for name in ("credited", "plain"))
    before = datetime.fromisoformat(mine["until"])
    assert _seen(sqlite_door, mine) == {before}
    _paused(sqlite_door, paused)
    assert _seen(sqlite_door, mine) == {before + HALF_HOUR}
    assert _seen(sqlite_door, plain) == {datetime.fromisoformat(plain["until"])}


def test_a_pause_that_lasts_is_never_promised_ahead(sqlite_door: Door) -> None:
    """What is shown is what holds if the pause ended right now."""
    sqlite_door.campaign("credited", pause_credit=True)
    mine = _issued(sqlite_door, "credited")
    began = sqlite_door.store.now()
    _paused(sqlite_door, "credited", lasts=True)
    seen = _seen(sqlite_door, mine)
    ended = sqlite_door.store.now()
    shown = {micros(until) - micros(datetime.fromisoformat(mine["until"])) for until in seen}
    assert len(shown) == 3, "it grows as it lasts"
    assert 0 < min(shown) < max(shown) <= ended - began


def test_only_campaigns_with_pause_credit_have_pauses_read(sqlite_url: str) -> None:
    """One read for a look at any number of their coupons, and none for all others."""
    asked: list[object] = []

    def counted(store: Truth) -> Truth:
        return SqlStore(CountingLink(cast("SqlStore", store).link, asked))

    with opened(sqlite_url, each_store=counted) as door:
        for name in ("credited", "plain"):
            door.campaign(name, pause_credit=name == "credited")
        ids = {
            name: [_issued(door, name, user) for user in USERS] for name in ("credited", "plain")
        }
        viewer = Viewer(door.parts, counted(door.store))
        for name, reads in (("credited", 1), ("plain", 0)):
            asked.clear()
            seen = viewer.see([ClaimId(one["claim"].removeprefix("clm_")) for one in ids[name]])
            assert len(seen) == len(USERS)
            assert asked.count(hot.PAUSES.sqlite) == reads
