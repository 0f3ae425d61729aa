"""The order of a transaction: the same one for every writer, whatever order claims came in."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from fulfiller.domain.outcome import Ending, Outcome
from fulfiller.domain.stripe import Delta, Purse, StripeKey
from fulfiller.service.port import StripeMove, Writes
from fulfiller.store import hot
from fulfiller.store.statement import Call, Fill
from fulfiller.store.writing import steps
from tests.contract.world import START, VALUE, binding, claim, coupon, event, opened

CLAIMS = tuple(claim(f"u{n}") for n in range(40))
WHOLE = Writes(
    claims=CLAIMS,
    opened=tuple(map(opened, CLAIMS)),
    keys=tuple(binding(one, one.user) for one in CLAIMS),
    coupons=tuple(map(coupon, CLAIMS)),
    outcomes=tuple(
        Outcome(
            claim_id=one.id,
            campaign=one.campaign,
            ending=Ending.DECLINED,
            reason="",
            actor="test",
            at=START,
        )
        for one in CLAIMS
    ),
    events=(event(CLAIMS[0].id), event(CLAIMS[1].id)),
    fence=3,
    stripes=tuple(
        StripeMove(StripeKey(campaign, number), Delta({Purse.AVAILABLE: -VALUE}), 0)
        for campaign in ("festival", "other")
        for number in range(8)
    ),
    exhausted=("festival", "other"),
    woken=("festival", "other"),
)
SORTED = ("claims", "opened", "keys", "coupons", "outcomes", "stripes", "exhausted", "woken")


@pytest.mark.parametrize("part", SORTED)
def test_every_writer_keeps_one_order(part: str) -> None:
    """Two writers that meet wait for each other, so none may come from the other end."""
    rows = getattr(WHOLE, part)
    for other in (Random(1).sample(rows, len(rows)), rows[::-1]):
        changed: dict[str, Any] = {part: tuple(other)}
        assert steps(replace(WHOLE, **changed)) == steps(WHOLE)


def test_stripes_come_behind_all_rows() -> None:
    """Everybody wants the stripes, so they are locked last and for the shortest time."""
    kinds = [type(step) for step in steps(WHOLE)]
    first_call = kinds.index(Call)
    assert set(kinds[:first_call]) == {Fill}
    assert Fill not in kinds[first_call:]
    guarded = hot.move_stripe(("available",), guarded=True)
    called = [step.statement for step in steps(WHOLE) if isinstance(step, Call)]
    assert called == [hot.FENCE, *[guarded] * 16, hot.EXHAUST, hot.WAKE]


def test_events_keep_the_order_in_which_they_happened() -> None:
    """A log is no set."""
    backwards = replace(WHOLE, events=WHOLE.events[::-1])
    assert steps(backwards) != steps(WHOLE)
