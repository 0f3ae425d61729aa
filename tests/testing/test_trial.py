"""A trial finds what is wrong: a coupon that vanished, a fault that nobody saw, a claim too few."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from typing import Any

import pytest

from fulfiller.chaos.fault.link import Cut
from fulfiller.chaos.fault.process import Kill
from fulfiller.chaos.proxy.order import Moment
from fulfiller.testing.trial import Trial

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
Load = Callable[..., AbstractContextManager[Any]]


def test_links_are_cut_and_every_promise_is_kept(
    fulfiller_load: Load, fulfiller_faults: Trial, fulfiller_checker: Trial
) -> None:
    """Through the proxy, and back to their names: what struck is told."""
    with fulfiller_load(rate=80, seconds=4):
        fulfiller_faults.strike(
            Cut(on="worker*/broker", moment=Moment.BRPOP_REPLY, cuts=8, for_s=8)
        )
    assert fulfiller_checker.holds().promised == 320
    (stroke,) = fulfiller_checker.strokes
    assert (stroke.struck, stroke.fired) == (8, True)


def test_a_coupon_that_vanished_is_found(
    fulfiller_load: Load, fulfiller_faults: Trial, fulfiller_checker: Trial
) -> None:
    """By its promise, by the money, and by where it should be."""
    with fulfiller_load(rate=50, seconds=1):
        pass
    fulfiller_checker.holds()
    campaign = fulfiller_faults.site.door.campaign
    with closing(sqlite3.connect(fulfiller_faults.site.arena.store_url[10:])) as line, line:
        line.execute(
            "delete from coupon where claim_id in"
            " (select claim_id from coupon where campaign = ? limit 1)",
            (campaign,),
        )
    with pytest.raises(AssertionError, match="1 promises lost") as found:
        fulfiller_checker.holds()
    assert "S4 BROKEN" in str(found.value)
    assert "S11 BROKEN" in str(found.value)


def test_a_fault_that_nobody_saw_fails_the_trial(
    fulfiller_load: Load, fulfiller_faults: Trial, fulfiller_checker: Trial
) -> None:
    """Else an experiment that breaks nothing would pass for ever."""
    with fulfiller_load(rate=50, seconds=1):
        # Nobody speaks to a store over the proxy here: it is a file.
        never = fulfiller_faults.strike(Cut(on="worker*/store", moment=Moment.COMMIT_REPLY))
        never.leave()
        wrong = fulfiller_faults.strike(Kill(on="worker7"))
    with pytest.raises(AssertionError, match="it never showed") as found:
        fulfiller_checker.holds()
    assert "commit-reply" in str(found.value)
    assert "nothing called 'worker7' runs here" in str(found.value)
    assert isinstance(wrong.fault, LookupError)


def test_the_service_in_memory_is_a_fixture_too(fulfiller: Any) -> None:
    """For the tests of whoever sends claims."""
    fulfiller.campaign("spring-festival", coupons=1)
    client = fulfiller.client("shop")
    claim = client.submit("spring-festival", user="li")
    fulfiller.work()
    assert client.get(claim.claim_id).coupon
