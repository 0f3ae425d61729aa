"""Places in line while the keeper's count of them is not of this moment."""

import pytest

from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import Lane
from fulfiller.service.line import Clerk, count_places
from fulfiller.service.move import cancel
from fulfiller.service.steer import Act, pause
from fulfiller.service.waitlist import Block
from fulfiller.wiring import Truth
from tests.contract.world import START, found, taken_in

LANE = Lane("festival", Tier.P2)


def test_a_place_is_what_the_blocks_before_it_say(truth: Truth) -> None:
    """Until the keeper has counted again, whoever left a block still counts for those behind."""
    found(truth)
    act = Act(reason="a check", actor="operator:li", now=START)
    assert pause("festival", act, store=truth).changed
    ids = [taken_in(truth, f"u{n}")[0] for n in range(4)]
    fence = truth.lease("keeper", "test", ttl_s=600)
    assert fence is not None
    block = Block((START, ids[1]), 2)
    truth.keep_blocks(LANE, gone=[], new=[block], fence=fence)
    assert cancel(ids[0], store=truth, now=START, account="shop", actor="test")
    assert truth.ahead(ids) == {ids[1]: 0, ids[2]: 2, ids[3]: 3}
    truth.keep_blocks(LANE, gone=[block.end], new=[Block(block.end, 1)], fence=fence)
    assert truth.ahead(ids) == {ids[1]: 0, ids[2]: 1, ids[3]: 2}


def test_whoever_takes_over_forgets_the_blocks_of_a_line_that_has_gone(
    truth: Truth, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the first to come again would be told of people who left before the takeover."""
    monkeypatch.setattr("fulfiller.service.line.BLOCK", 3)
    monkeypatch.setattr("fulfiller.service.line.SETTLE", -(10**15))
    found(truth)
    act = Act(reason="a check", actor="operator:li", now=START)
    assert pause("festival", act, store=truth).changed
    gone = [taken_in(truth, f"u{n}")[0] for n in range(4)]
    fence = truth.lease("keeper", "test", ttl_s=600)
    assert fence is not None
    count_places(Clerk(), store=truth, fence=fence)
    for claim_id in gone:
        assert cancel(claim_id, store=truth, now=START, account="shop", actor="test")
    count_places(Clerk(), store=truth, fence=fence)
    (late,) = taken_in(truth, "late")
    assert truth.ahead([late]) == {late: 0}
