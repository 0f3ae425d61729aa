"""Sweep: what was lost is offered again, what is merely slow is left alone."""

import pytest

from fulfiller.domain.claim import Stage
from fulfiller.domain.error import Deposed
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.service.dispatch import Hint
from fulfiller.service.front import BEYOND
from fulfiller.service.issue import ATTEMPTS_MAX
from fulfiller.service.memory import Memory
from fulfiller.service.release import release
from fulfiller.service.sweep import ALONE_FROM, sweep
from tests.service.backlog import START, Backlog, flow, ids, lane


class Night:
    """A keeper's night: release and sweep by hand, with a memory."""

    def __init__(self, *campaigns: str) -> None:
        """Watch over these campaigns."""
        self.backlog = Backlog(*campaigns or ("festival",))
        self.memory = Memory()
        self.fence: int | None = None
        self.staff(slots=2)

    def staff(self, *, slots: int) -> None:
        """Let a worker say how many slots it has, for the whole night."""
        self.backlog.store.announce("worker", slots, ttl_s=86_400)

    def release(self) -> list[Hint]:
        """Release, and take what that published."""
        backlog = self.backlog
        release(self.memory, store=backlog.store, queue=backlog.queue, now=backlog.now)
        return backlog.queue.take()

    def sweep(self, *, after_s: float = 0) -> list[Hint]:
        """Sweep some time later, and return what that published."""
        backlog = self.backlog
        backlog.now += int(after_s * SECOND)
        before = {tier: len(hints) for tier, hints in backlog.queue.waiting.items()}
        sweep(
            self.memory,
            store=backlog.store,
            queue=backlog.queue,
            now=backlog.now,
            fence=self.fence,
        )
        waiting = backlog.queue.waiting
        new = [hint for tier in Tier for hint in waiting[tier][before[tier] :]]
        for tier in Tier:
            del waiting[tier][before[tier] :]
        return new


def test_a_late_commit_behind_the_cursor_is_found() -> None:
    """A claim that became visible after younger ones were released is not stranded."""
    night = Night()
    night.backlog.now += SECOND
    night.backlog.claims(3)
    night.release()
    late = night.backlog.claims(1, at=START)
    assert night.release() == []
    assert ids(night.sweep()) == late


def test_a_lost_hint_is_offered_again_after_three_seconds() -> None:
    """An empty queue and a claim still open: its hint was lost on the way."""
    night = Night()
    claims = night.backlog.claims(5)
    night.release()
    assert night.sweep(after_s=2.9) == []
    (again,) = night.sweep(after_s=0.1)
    assert list(again.ids) == claims


def test_a_hint_that_still_waits_is_not_lost() -> None:
    """While the queue has tasks, time alone says nothing: workers are busy."""
    night = Night()
    night.backlog.claims(5)
    night.backlog.queue.publish(night.release())
    assert night.sweep(after_s=60) == []


def test_a_hint_overtaken_by_later_ones_is_lost() -> None:
    """Under load a lane moves on; what was offered three seconds before what is done is lost."""
    night = Night()
    lost = night.backlog.claims(5)
    night.release()
    night.backlog.now += 3 * SECOND
    night.backlog.claims(5)
    night.backlog.work(night.release())
    night.backlog.queue.publish([Hint(lane("other"), ())])
    assert ids(night.sweep()) == lost


def test_a_hint_only_just_overtaken_may_still_arrive() -> None:
    """Two workers finish in any order; a second's difference is no loss."""
    night = Night()
    night.backlog.claims(5)
    night.release()
    night.backlog.now += SECOND
    night.backlog.claims(5)
    night.backlog.work(night.release())
    night.backlog.queue.publish([Hint(lane("other"), ())])
    assert night.sweep(after_s=10) == []


def test_waits_between_offers_double() -> None:
    """3, 6, 12 and then 12 seconds: a sick worker pool is not buried in repeats."""
    night = Night()
    night.backlog.claims(1)
    night.release()
    gaps, last = [], 0
    for second in range(1, 46):
        if night.sweep(after_s=1):
            gaps.append(second - last)
            last = second
    assert gaps == [3, 6, 12, 12, 12]


def test_the_third_offer_goes_alone_and_is_counted() -> None:
    """A claim that kills its worker never counts itself; from the third offer on we do."""
    night = Night()
    claims = night.backlog.claims(3)
    night.release()
    (second,) = night.sweep(after_s=3)
    assert len(second.ids) == 3
    third = night.sweep(after_s=6)
    assert ALONE_FROM == 3
    assert sorted(ids(third)) == sorted(claims)
    assert [len(hint.ids) for hint in third] == [1, 1, 1]
    assert {night.backlog.store.shelves.open[i].attempts for i in claims} == {1}


def test_a_claim_offered_in_vain_too_often_is_parked() -> None:
    """After its last counted attempt it is set aside with its money, and not offered again."""
    night = Night()
    (claim,) = night.backlog.claims(1)
    night.release()
    for _ in range(ATTEMPTS_MAX + 2):
        night.sweep(after_s=12)
    assert night.backlog.store.shelves.open[claim].stage is Stage.PARKED
    assert night.sweep(after_s=60) == []


def test_what_an_intake_offered_is_looked_after_too() -> None:
    """An intake's own hint may be lost like any other; the sweep does not pass its claims over."""
    night = Night()
    claims = night.backlog.claims(4, short=(Tier.P2,))
    assert night.release() == []
    assert night.sweep() == []
    assert ids(night.sweep(after_s=3)) == claims


def test_done_claims_are_forgotten() -> None:
    """Memory holds what is on its way and nothing else."""
    night = Night()
    night.backlog.claims(5)
    night.backlog.work(night.release())
    night.backlog.claims(1)
    night.sweep()
    assert night.memory.offers[flow()] == {}


def test_an_empty_lane_is_forgotten() -> None:
    """A campaign that ended leaves nothing behind in the keeper."""
    night = Night()
    night.backlog.claims(5)
    night.backlog.work(night.release())
    night.sweep()
    memory = night.memory
    assert not any((memory.offers, memory.cursors, memory.done))


def test_a_hold_leaves_claims_alone_and_its_end_offers_them_again() -> None:
    """Hints on the way when a hold begins are acknowledged unissued: they must come again."""
    night = Night()
    claims = night.backlog.claims(5)
    hints = night.release()
    night.backlog.hold("festival", held=True)
    night.backlog.work(hints)
    assert night.sweep(after_s=30) == []
    night.backlog.hold("festival", held=False)
    assert ids(night.release()) == claims


def test_a_hold_of_the_whole_service_holds_every_campaign() -> None:
    """The service's own switch overrides all campaigns."""
    night = Night("one", "two")
    night.backlog.claims(2, campaign="one")
    night.backlog.claims(2, campaign="two")
    night.backlog.hold("*", held=True)
    assert night.release() == night.sweep(after_s=30) == []


def test_a_broker_that_is_away_is_not_swept() -> None:
    """Without an answer nobody knows what was lost, and offering would only time out."""
    night = Night()
    night.backlog.claims(5)
    night.release()
    night.backlog.queue.answers = False
    assert night.sweep(after_s=10) == []
    night.backlog.queue.answers = True
    assert len(ids(night.sweep())) == 5


def test_what_lies_beyond_the_page_is_not_taken_for_done() -> None:
    """When very many claims commit late, offered ones behind them are still on their way."""
    night = Night()
    night.backlog.now += SECOND
    offered = night.backlog.claims(5)
    night.backlog.queue.publish(night.release())
    night.backlog.claims(BEYOND + 100, at=START)
    night.sweep()
    assert set(offered) <= night.memory.offers[flow()].keys()


def test_release_leaves_to_the_sweep_what_the_sweep_has_offered() -> None:
    """A claim that the sweep took up before the cursor came by is not offered twice over."""
    night = Night()
    claims = night.backlog.claims(4, short=(Tier.P2,))
    night.sweep()
    assert ids(night.sweep(after_s=3)) == claims
    assert night.release() == []


def test_while_no_worker_is_known_nothing_is_counted() -> None:
    """Workers cut off from the store leave everything open: that says nothing of the claims."""
    night = Night()
    night.staff(slots=0)
    claims = night.backlog.claims(3)
    night.release()
    offered = [ids(night.sweep(after_s=13)) for _ in range(3 * ATTEMPTS_MAX)]
    assert all(sorted(each) == sorted(claims) for each in offered)
    rows = night.backlog.store.shelves.open
    assert [(rows[i].attempts, rows[i].stage) for i in claims] == [(0, Stage.ACCEPTED)] * 3
    night.staff(slots=2)
    night.sweep(after_s=13)
    assert [rows[i].attempts for i in claims] == [1, 1, 1]


def test_a_deposed_keeper_counts_and_parks_nothing() -> None:
    """What it would write carries the epoch of its lease."""
    night = Night()
    (claim,) = night.backlog.claims(1)
    night.release()
    night.fence = night.backlog.store.lease("keeper", "a", ttl_s=1)
    while night.backlog.store.shelves.open[claim].attempts < ATTEMPTS_MAX:
        night.sweep(after_s=13)
    night.backlog.store.lease("keeper", "b", ttl_s=86_400)
    with pytest.raises(Deposed):
        night.sweep(after_s=13)
    row = night.backlog.store.shelves.open[claim]
    assert (row.attempts, row.stage) == (ATTEMPTS_MAX, Stage.ACCEPTED)
