"""Looking at claims, waiting for them, cancelling them; and who may."""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import cast

import httpx

from fulfiller.domain.claim import ClaimId
from fulfiller.intake.parts import Limits, Truth
from fulfiller.service.move import abandon, park
from fulfiller.service.port import ClaimView
from tests.intake.door import Door, body, code, opened, submit


class CountedViews:
    """A store that notes how many claims each look is for, and passes everything on."""

    def __init__(self, store: Truth, looks: list[int]) -> None:
        """Keep the store and where to note the looks."""
        self._store = store
        self._looks = looks

    def __getattr__(self, name: str) -> object:
        """Pass everything else on."""
        return getattr(self._store, name)

    def view(self, ids: Collection[ClaimId]) -> Mapping[ClaimId, ClaimView]:
        """Note the look, and look."""
        self._looks.append(len(ids))
        return self._store.view(ids)


def _bare(claim: dict[str, object]) -> ClaimId:
    return ClaimId(str(claim["claim_id"]).removeprefix("clm_"))


def test_a_claim_is_shown_as_it_is_now(door: Door) -> None:
    """Accepted first, then issued with its coupon; the code is the same on every look."""
    with door.caller() as caller:
        submitted = submit(caller, "one")
        place = submitted.headers["location"]
        before = caller.get(place).json()
        door.issue(before)
        after, later = (caller.get(place).json() for _ in range(2))
    assert (before["state"], after["state"]) == ("accepted", "issued")
    assert before == submitted.json()
    assert after == later
    assert after["coupon"]["code"]


def test_a_foreign_claim_looks_unknown(door: Door) -> None:
    """Another account sees and cancels nothing, and can't tell a foreign claim from none."""
    with door.caller("teahouse") as mine, door.caller("noodles") as other:
        place = submit(mine, "one").headers["location"]
        nowhere = place[:-4] + "0000"
        foreign = [other.get(place), other.delete(place), other.get(nowhere)]
        assert mine.get(place).json()["state"] == "accepted"
    assert [(answer.status_code, code(answer)) for answer in foreign] == [
        (404, "unknown_claim")
    ] * 3
    assert len({answer.json()["detail"] for answer in foreign}) == 1


def test_the_campaigns_owner_sees_but_does_not_cancel(door: Door) -> None:
    """Who owns the campaign may look at its claims; they stay their account's."""
    with door.caller("teahouse") as mine, door.caller("palace") as owner:
        place = submit(mine, "one").headers["location"]
        seen, cancelled = owner.get(place), owner.delete(place)
    assert (seen.status_code, seen.json()["state"]) == (200, "accepted")
    assert (cancelled.status_code, code(cancelled)) == (403, "forbidden")


def test_cancelling_twice_is_cancelling_once(door: Door) -> None:
    """A repeated cancel tells the same and frees nothing twice."""
    with door.caller() as caller:
        place = submit(caller, "one").headers["location"]
        answers = [caller.delete(place) for _ in range(2)]
        again = submit(caller, "one")
    assert [answer.json()["state"] for answer in answers] == ["cancelled"] * 2
    assert answers[0].json()["poll_after_s"] is None
    assert again.json()["state"] == "cancelled", "the key stays with the claim it made"


def test_what_is_done_can_not_be_cancelled(door: Door) -> None:
    """A coupon that is out is not called back by a cancel; the problem says why."""
    with door.caller() as caller:
        claim = submit(caller, "one").json()
        door.issue(claim)
        late = caller.delete(f"/v1/claims/{claim['claim_id']}")
    assert (late.status_code, code(late)) == (409, "not_cancellable")
    assert "issued" in late.json()["detail"]


def test_parked_and_declined_are_told(door: Door) -> None:
    """A claim that is set aside is open; once it is given up it never changes again."""
    with door.caller() as caller:
        claim = submit(caller, "one").json()
        place = f"/v1/claims/{claim['claim_id']}"
        now = door.store.now()
        park([_bare(claim)], "test", store=door.store, now=now, actor="test")
        parked = caller.get(place).json()
        abandon([_bare(claim)], "test", store=door.store, now=now, actor="test")
        declined = caller.get(place).json()
    assert (parked["state"], parked["poll_after_s"] > 0) == ("parked", True)
    assert (declined["state"], declined["poll_after_s"]) == ("declined", None)


def test_a_long_poll_wakes_when_the_coupon_is_there(door: Door) -> None:
    """Whoever waits is told as soon as the claim is issued, long before the wait is over."""
    with door.caller() as caller, ThreadPoolExecutor(1) as pool:
        claim = submit(caller, "one").json()
        waiting = pool.submit(caller.get, f"/v1/claims/{claim['claim_id']}?wait_s=30")
        assert not waiting.done()
        door.issue(claim)
        answer = waiting.result(timeout=10)
    assert answer.json()["state"] == "issued"


def test_a_long_poll_ends_with_its_time(door: Door) -> None:
    """Nothing happened: the claim is told as it is once the wait is over."""
    with door.caller() as caller:
        place = submit(caller, "one").headers["location"]
        answer = caller.get(place + "?wait_s=0.3")
    assert answer.json()["state"] == "accepted"
    assert answer.elapsed.total_seconds() >= 0.3


def test_beyond_the_cap_nobody_waits(sqlite_url: str) -> None:
    """With as many waiters as allowed the next is answered at once, and all are answered."""
    limits = replace(Limits(), waiters_max=3, wait_max_s=1.0)
    with opened(sqlite_url, limits=limits) as door, door.caller() as caller:
        door.campaign()
        place = submit(caller, "one").headers["location"]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: caller.get(place + "?wait_s=30"), range(8)))
    waits = sorted(answer.elapsed.total_seconds() for answer in answers)
    assert sum(wait >= 0.9 for wait in waits) == 3
    assert waits[4] < 0.8


def test_waiters_share_their_looks(sqlite_url: str) -> None:
    """Fifty who wait together cost one read per tick, not one each."""
    looks: list[int] = []

    def counted(store: Truth) -> Truth:
        return cast("Truth", CountedViews(store, looks))

    with opened(sqlite_url, each_store=counted) as door, door.caller() as caller:
        door.campaign()
        claims = [submit(caller, f"k{n}", body(f"u{n}")).json() for n in range(50)]
        places = [f"/v1/claims/{claim['claim_id']}?wait_s=0.5" for claim in claims]
        with ThreadPoolExecutor(50) as pool:
            list(pool.map(caller.get, places))
    assert max(looks) >= 40
    assert len(looks) < 50 + 0.5 / door.parts.limits.tick_s + 10


def test_closing_lets_nobody_wait(sqlite_url: str) -> None:
    """An intake that is about to end answers its long polls instead of cutting them."""
    with ThreadPoolExecutor(1) as pool:
        with opened(sqlite_url) as door:
            door.campaign()
            caller: httpx.Client = door.caller()
            place = submit(caller, "one").headers["location"]
            waiting = pool.submit(caller.get, place + "?wait_s=30")
            caller.get("/readyz")
        answer = waiting.result(timeout=10)
        caller.close()
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
