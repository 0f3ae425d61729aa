"""Extensions and pauses write one row, however many coupons become valid for longer."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date

import pytest
from msgspec import structs

from fulfiller.domain.mode import SERVICE
from fulfiller.domain.validity import DAY, SECOND, end_of_day
from fulfiller.service.extend import Extension, extend
from fulfiller.service.port import Writes
from fulfiller.service.steer import Act, let_go, pause
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import FESTIVAL, START, VALUE, found
from tests.store.many import fill, lookup_of, written

HALF_HOUR = 1_800 * SECOND
UNTIL = end_of_day(date(2026, 3, 31), FESTIVAL.zone)


@pytest.fixture
def opened(store_url: str) -> Iterator[SqlStore]:
    """A migrated store of this test's own, once of each kind."""
    with closing(open_store(store_url, application="test")) as store:
        yield store


@pytest.mark.parametrize("coupons", [1_000, 100_000])
def test_extending_writes_one_row_however_many_coupons_there_are(
    opened: SqlStore, coupons: int
) -> None:
    """One campaign row and one event, no coupon; and every coupon is valid for longer."""
    found(opened, budget=coupons * VALUE)
    fill(opened, coupons)
    with written(opened) as wrote:
        done = extend("festival", UNTIL, store=opened, now=START, actor="test")
    assert done.how is Extension.EXTENDED
    assert wrote == {"campaign": 1, "event": 1}
    sight = opened.look_coupon(lookup_of(coupons - 1), ("owner", "key"))
    assert sight is not None
    assert sight.coupon.valid_until < UNTIL
    assert sight.coupon.end(now=START, floor=sight.campaign.floor) == UNTIL


@pytest.mark.parametrize("scope", ["festival", SERVICE])
@pytest.mark.parametrize("coupons", [1_000, 100_000])
def test_a_move_writes_one_row_however_many_coupons_get_the_pause_back(
    opened: SqlStore, coupons: int, scope: str
) -> None:
    """One mode row and one event for each move, no coupon; and every coupon is valid for longer."""
    found(opened, budget=coupons * VALUE, pause_credit=True)
    fill(opened, coupons)
    acts = [Act(reason="a check", actor="test", now=START + span) for span in (0, HALF_HOUR)]
    with written(opened) as wrote:
        assert pause(scope, acts[0], store=opened).changed
    assert wrote == {"mode": 1, "event": 1}
    with written(opened) as wrote:
        assert let_go(scope, acts[1], store=opened).changed
    assert wrote == {"mode": 1, "event": 1}
    sight = opened.look_coupon(lookup_of(coupons - 1), ("owner", "key"))
    assert sight is not None
    assert sight.end(now=START + HALF_HOUR) == START + DAY + HALF_HOUR


def test_the_count_of_rows_sees_a_coupon_that_iswritten(opened: SqlStore) -> None:
    """What proves that none was written would have noticed one."""
    found(opened)
    fill(opened, 2)
    sight = opened.look_coupon(lookup_of(1), ("owner", "key"))
    assert sight is not None
    moved = structs.replace(sight.coupon, revision=1)
    with written(opened) as wrote, opened.move_coupon(sight.coupon, moved) as unit:
        unit.commit(Writes())
    assert wrote == {"coupon": 1}
