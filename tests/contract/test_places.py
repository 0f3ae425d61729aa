"""Places in line while the keeper's count of them is not of this moment."""

from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import Lane
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
