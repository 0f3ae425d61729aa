"""Claims that an eligibility hook is unsure of wait, are asked about again, and are no poison."""

import pytest

from fulfiller.domain.claim import Stage
from fulfiller.domain.event import Kind
from fulfiller.domain.outcome import Issued
from fulfiller.domain.stripe import Purse
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.service.eligible import LATE, PATIENCE, SOON, TOO_LONG
from fulfiller.service.issue import Press, issue
from fulfiller.service.keep import Keeper
from fulfiller.service.move import replay
from tests.domain.festival import VALUE
from tests.service.backlog import Backlog
from tests.service.hook import Hook, Judge, asking, attempts, unsure, yes
from tests.service.stall import KEY


@pytest.mark.parametrize("judge", [unsure, None])
def test_an_unsure_claim_waits_with_its_money(judge: Judge | None) -> None:
    """No answer is unsure of all; it is ready again soon, and nothing was counted."""
    stall, hook = asking(judge)
    claims = stall.claims(3)
    stall.store.attempt(claims[:1])
    assert stall.issue(*claims) == Issued(left=tuple(claims))
    rows = [stall.store.shelves.open[claim] for claim in claims]
    assert {(row.stage, row.ready_at) for row in rows} == {(Stage.ACCEPTED, stall.now + SOON)}
    assert attempts(stall, claims[0]) == 0
    assert stall.money(Purse.RESERVED) == 3 * VALUE
    hook.judge = yes
    assert stall.issue(*claims).issued == tuple(claims)
    stall.audit()


def test_an_unsure_claim_waits_as_long_again_as_the_hook_has_been_unsure() -> None:
    """Two seconds at least, half a minute at most; the time before the first question is none."""
    stall, _ = asking(unsure)
    (claim,) = stall.claims(1)
    stall.now += 3_600 * SECOND
    asked = stall.now
    for age_s, wait_us in ((0, SOON), (1, SOON), (7, 7 * SECOND), (3_600, LATE)):
        stall.now = asked + age_s * SECOND
        stall.issue(claim)
        row = stall.store.shelves.open[claim]
        assert (row.ready_at, row.unsure_since) == (stall.now + wait_us, asked)


def test_a_claim_that_nobody_is_sure_of_is_parked_in_the_end() -> None:
    """After a day an operator has to look; younger ones of the same hint wait on."""
    stall, _ = asking(None)
    (old,) = stall.claims(1)
    stall.issue(old)
    stall.now += PATIENCE
    (young,) = stall.claims(1)
    assert stall.issue(old, young) == Issued(left=(young,), parked=(old,))
    (event,) = stall.events(Kind.CLAIM_PARKED)
    assert (event.ids, event.detail) == ((old,), TOO_LONG)
    stall.audit()


def test_a_claim_that_waited_long_before_is_not_parked_at_the_first_question() -> None:
    """A day counts from when the hook was first asked, whatever came before: line, hold, rate."""
    stall, _ = asking(unsure)
    (claim,) = stall.claims(1)
    stall.now += 3 * PATIENCE
    assert stall.issue(claim) == Issued(left=(claim,))
    stall.now += PATIENCE - 1
    assert stall.issue(claim) == Issued(left=(claim,))
    stall.now += 1
    assert stall.issue(claim) == Issued(parked=(claim,))


def test_a_replayed_claim_has_a_day_again() -> None:
    """What an operator makes ready again is asked about as if for the first time."""
    stall, _ = asking(unsure)
    (claim,) = stall.claims(1)
    stall.issue(claim)
    stall.now += PATIENCE
    assert stall.issue(claim) == Issued(parked=(claim,))
    assert replay([claim], store=stall.store, now=stall.now, actor="operator:li") == (claim,)
    assert stall.issue(claim) == Issued(left=(claim,))
    assert stall.store.shelves.open[claim].unsure_since == stall.now
    stall.audit()


# With a keeper


def test_an_unsure_claim_that_its_intake_offered_is_offered_again_once_it_is_ready() -> None:
    """What the row keeps of the hook's first question is no offer that anybody waits for."""
    backlog, hook = Backlog("festival"), Hook(unsure)
    (claim,) = backlog.claims(1, short=(Tier.P2,))
    press = Press(store=backlog.store, key=KEY, now=lambda: backlog.now, ask=hook)
    issue([claim], press)
    keeper = Keeper(store=backlog.store, queue=backlog.queue, holder="k", new_epoch=lambda: "epoch")
    offered: list[int] = []
    begun = backlog.now
    while not offered:
        backlog.now += SECOND // 20
        keeper.tick(backlog.now)
        offered += [backlog.now for _ in backlog.queue.take()]
    assert begun + SOON <= offered[0] <= begun + SOON + SECOND // 4


def test_a_hook_that_is_slow_for_minutes_parks_nothing_and_is_not_asked_all_the_time() -> None:
    """The keeper offers unsure claims again when they are ready, and as if for the first time."""
    backlog, hook = Backlog("festival"), Hook(None)
    claims = backlog.claims(30)
    press = Press(store=backlog.store, key=KEY, now=lambda: backlog.now, ask=hook)
    keeper = Keeper(store=backlog.store, queue=backlog.queue, holder="k", new_epoch=lambda: "epoch")
    begun = backlog.now

    def run(seconds: int) -> None:
        until = backlog.now + seconds * SECOND
        while backlog.now < until:
            backlog.now += max(SECOND // 20, int(keeper.tick(backlog.now).rest_s * SECOND))
            for hint in backlog.queue.take():
                issue(hint.ids, press)

    run(300)
    assert backlog.open() == set(claims)
    assert {row.stage for row in backlog.store.shelves.open.values()} == {Stage.ACCEPTED}
    assert {row.attempts for row in backlog.store.shelves.open.values()} == {0}
    # At 0, 2, 4, 8, 16, 32 s and then each 30 s, in a full hint each time.
    asked = [len(batch) for batch in hook.asked]
    assert asked == [30] * len(asked)
    assert 12 <= len(asked) <= 16
    hook.judge = yes
    run(32)
    assert backlog.open() == set()
    assert len(backlog.store.shelves.coupons) == 30
    assert backlog.now < begun + 335 * SECOND
