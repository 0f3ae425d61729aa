"""What was told against what was kept: by the instant at which each claim came."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from fulfiller.clock import ClaimIds
from fulfiller.domain.breaker import Reading
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.estimate import Basis, Wait
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import Gauge
from fulfiller.domain.outcome import Accepted
from fulfiller.domain.tier import Tier
from fulfiller.ops.flower.history.annals import Annals
from fulfiller.ops.flower.history.ring import Range
from fulfiller.ops.flower.history.series import COLUMNS, as_json
from fulfiller.ops.flower.history.told import (
    AGES_MAX,
    NO_END,
    STEPS_FINE,
    STEPS_MAX,
    UNJUDGED,
    Kept,
    Told,
    added,
    judged,
    newcomers_wait,
)
from fulfiller.ops.flower.lookout import look
from fulfiller.service.accept import accept
from fulfiller.service.decide import Round
from fulfiller.service.issue import issue
from fulfiller.service.seal import seal
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import found, press, request

SECOND = 1_000_000
NOON = 1_770_379_200 * SECOND


def wait(low_s: float, high_s: float | None) -> Wait:
    """Return an estimate."""
    return Wait(low_s=low_s, high_s=high_s, basis=Basis.MEASURED)


def steps(*told: tuple[float, float, float | None]) -> Told:
    """Return what was told from these seconds after noon on."""
    remembered = Told()
    for second, low, high in told:
        remembered.note(NOON + int(second * SECOND), wait(low, high))
    return remembered


def came(second: float) -> ClaimId:
    """Return the id of a claim of that second."""
    return ClaimIds()(NOON + int(second * SECOND))


def issued(second: float, *ids: ClaimId) -> Event:
    """Return what the log has of claims that got their coupon in that second."""
    at = NOON + int(second * SECOND)
    return Event(at=at, campaign="festival", kind=Kind.CLAIM_ISSUED, tier=Tier.P2, ids=ids)


def test_what_was_told_changes_evenly_between_two_looks() -> None:
    """Before the first look nobody knows; what stays the same stays, and no look goes back."""
    told = steps((0, 0, 1), (1, 0, 1), (3, 0, 1), (5, 10, 61), (9, 20, None), (7, 1, 2))
    assert len(told) == 4
    seconds = (-1, 0, 2.9, 3, 4, 5, 6.9, 7.1, 9, 100)
    assert [told.at(NOON + int(each * SECOND)) for each in seconds] == [
        None, (0, 1), (0, 1), (0, 1), (5, 31), (10, 61), (10, 61), (20, NO_END), (20, NO_END),
        (20, NO_END),
    ]  # fmt: skip


def test_what_is_remembered_is_bounded_and_the_newest_stays_exact() -> None:
    """A day of a countdown that changes each second."""
    told = steps(*((second, second, second + 1) for second in range(3 * STEPS_MAX)))
    assert len(told) <= STEPS_MAX
    last = 3 * STEPS_MAX - 1
    for second in range(last - STEPS_FINE + 2, last + 1):
        assert told.at(NOON + second * SECOND) == (second, second + 1)
    assert told.at(NOON) == (0, 1)


def test_each_claim_is_held_against_what_it_was_told_when_it_came() -> None:
    """Later and earlier words don't count; whoever was told no end is not judged."""
    told = steps((0, 0, 2), (9, 0, 2), (10, 5, 20), (19, 5, 20), (20, 30, None))
    event = issued(30, came(5), came(11), came(29), came(-5))
    assert judged(event, told.at) == Kept(judged=2, kept=1, low_s=5, high_s=22)
    assert judged(issued(30, came(29)), told.at) == UNJUDGED


def test_a_large_event_counts_for_all_of_its_claims() -> None:
    """Some are looked at, and each stands for as many as were passed over."""
    told = steps((0, 0, 2))
    kept = judged(issued(1.5, *(came(0) for _ in range(2 * AGES_MAX))), told.at)
    assert (kept.judged, kept.kept, kept.high_s) == (2 * AGES_MAX, 2 * AGES_MAX, 4 * AGES_MAX)


def test_nothing_added_changes_nothing() -> None:
    """On either side."""
    one = Kept(judged=2, kept=1, low_s=3, high_s=4)
    assert (added(one, UNJUDGED), added(UNJUDGED, one)) == (one, one)
    assert added(one, one) == Kept(judged=4, kept=2, low_s=6, high_s=8)


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    """A store of this test's own."""
    with closing(open_store(sqlite_url)) as opened:
        yield opened


def seen(store: SqlStore, annals: Annals) -> None:
    """Seal all there is and look once, as keeper and sampler do."""
    fence = store.lease("keeper", "test", ttl_s=60)
    assert fence is not None
    seal(store=store, fence=fence)
    sight = look(store)
    annals.see(sight.survey, sight.stripes, sight.slots, sight.refused)
    annals.follow(store)


def test_a_campaigns_series_tells_what_was_kept(store: SqlStore) -> None:
    """Of three who were told a second at most, two had their coupon by then."""
    closes_at = store.now() + 3_600 * SECOND
    found(store, closes_at=closes_at)
    fence = store.lease("keeper", "test", ttl_s=60)
    assert fence is not None
    gauge = Gauge(at=store.now(), reading=Reading(rate=1_000.0))
    store.show_gauges({"festival": gauge}, fence=fence)
    annals = Annals()
    seen(store, annals)
    # Behind that look for certain: our clock may be some microseconds behind the store's own.
    now = store.now() + SECOND // 100
    fresh = ClaimIds()
    people = Round(now=now, new_id=lambda: fresh(now), start=0)
    answers = accept([request(user) for user in "abc"], store=store, circumstances=people)
    a, b, c = (answer.claim.id for answer in answers if isinstance(answer, Accepted))
    at_once, late = (
        replace(press(store), now=lambda at=at: at)  # type: ignore[misc]
        for at in (now + SECOND // 2, now + 9 * SECOND)
    )
    assert len(issue((a, b), at_once).issued) + len(issue((c,), late).issued) == 3
    seen(store, annals)
    past = annals.past("festival", Range.HOUR)
    assert past is not None
    columns = as_json("festival", past)["columns"]
    assert isinstance(columns, dict)
    assert (sum(columns["judged"]), sum(columns["kept"])) == (3, 2)
    newest = {name: columns[name][-1] for name in COLUMNS}
    assert (newest["told_low_s"], newest["told_high_s"]) == (0.0, 1.0)
    assert {each for each in columns["were_told_high_s"] if each is not None} == {1.0}


def test_nobody_is_told_anything_where_nobody_is_taken_in(store: SqlStore) -> None:
    """Before a campaign opens, and after its end."""
    campaign = found(store, closes_at=store.now() - 1)
    assert newcomers_wait(campaign, store.survey(), Tier.P2) is None
