"""Release: full hints, short queues, fair turns, and nothing offered twice."""

from fulfiller.domain.claim import ClaimId, Stage
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.service.dispatch import Hint
from fulfiller.service.memory import Memory
from fulfiller.service.port import Writes
from fulfiller.service.release import AGES, BOARD, release, room, short
from fulfiller.service.serving import HINT_MAX
from tests.service.backlog import START, Backlog, flow, ids, lane


def test_a_backlog_goes_out_in_full_hints() -> None:
    """Under load a task carries as many claims as a hint may hold, oldest first."""
    backlog = Backlog("festival")
    claims = backlog.claims(2 * HINT_MAX + 200)
    done = release(Memory(), store=backlog.store, queue=backlog.queue, now=backlog.now)
    hints = backlog.queue.take()
    assert [len(hint.ids) for hint in hints] == [HINT_MAX, HINT_MAX, 200]
    assert ids(hints) == sorted(claims)
    assert done.claims == 2 * HINT_MAX + 200


def test_the_queue_stays_short_whatever_the_backlog() -> None:
    """Two tasks for each announced slot, and what is waiting already counts."""
    backlog = Backlog("festival")
    backlog.claims(10 * HINT_MAX)
    backlog.store.announce("worker", 3, ttl_s=10)
    memory = Memory()
    for _ in range(3):
        release(memory, store=backlog.store, queue=backlog.queue, now=backlog.now)
    assert backlog.queue.depths() == {Tier.P0: 0, Tier.P1: 0, Tier.P2: 6, Tier.P3: 0}


def test_unknown_slots_count_as_two() -> None:
    """Without any word from workers a queue holds four tasks."""
    assert room(0, 0) == room(0, 2) == 4
    assert room(9, 2) == 0
    assert short({Tier.P0: 3, Tier.P1: 0}, 0) == {Tier.P0, Tier.P1}
    assert short({Tier.P0: 3, Tier.P1: 1}, 0) == frozenset()


def test_a_top_tier_waits_for_no_pile_of_a_lower_one() -> None:
    """Where lower tiers fill the queues, a tier above them all still gets its first task in."""
    assert short({Tier.P0: 0, Tier.P1: 0, Tier.P2: 4, Tier.P3: 0}, 2) == {Tier.P0, Tier.P1}
    assert short({Tier.P0: 1, Tier.P1: 0, Tier.P2: 4, Tier.P3: 0}, 2) == frozenset()


def test_nothing_is_offered_twice_while_it_is_on_its_way() -> None:
    """Released claims stay open until a worker is done, and are passed over until then."""
    backlog = Backlog("festival")
    backlog.claims(700)
    memory = Memory()
    for _ in range(3):
        release(memory, store=backlog.store, queue=backlog.queue, now=backlog.now)
    offered = ids(backlog.queue.take())
    assert len(offered) == len(set(offered)) == 700


def test_what_an_intake_has_just_offered_is_left_to_it() -> None:
    """A claim that its intake published itself is not published again for three seconds."""
    backlog = Backlog("festival")
    backlog.claims(5, short=(Tier.P2,))
    theirs = backlog.claims(5)
    release(Memory(), store=backlog.store, queue=backlog.queue, now=backlog.now)
    assert ids(backlog.queue.take()) == theirs


def test_an_old_offer_of_an_intake_is_no_longer_fresh() -> None:
    """A new leader offers what intakes offered long ago: nobody knows what became of it."""
    backlog = Backlog("festival")
    claims = backlog.claims(5, short=(Tier.P2,))
    backlog.now += 3_000_000
    release(Memory(), store=backlog.store, queue=backlog.queue, now=backlog.now)
    assert ids(backlog.queue.take()) == claims


def test_two_campaigns_share_a_queue_evenly() -> None:
    """A small campaign is not served after the whole backlog of a big one."""
    backlog = Backlog("big", "small")
    backlog.claims(6_000, campaign="big")
    backlog.claims(1_500, campaign="small")
    release(Memory(), store=backlog.store, queue=backlog.queue, now=backlog.now)
    turns = [hint.lane.campaign for hint in backlog.queue.take()]
    assert sorted(turns) == ["big", "big", "small", "small"]


def test_the_odd_task_goes_round() -> None:
    """With room for one task at a time, two campaigns take turns."""
    backlog = Backlog("one", "two")
    backlog.claims(2_000, campaign="one")
    backlog.claims(2_000, campaign="two")
    memory, turns = Memory(), []
    for _ in range(4):
        backlog.queue.take()
        _fill_but_one(backlog)
        release(memory, store=backlog.store, queue=backlog.queue, now=backlog.now)
        turns.append(backlog.queue.waiting[Tier.P2][-1].lane.campaign)
    assert turns in (["one", "two"] * 2, ["two", "one"] * 2)


def test_tiers_do_not_wait_for_each_other() -> None:
    """A full queue of one tier leaves the others their room."""
    backlog = Backlog("festival")
    backlog.claims(5_000, tier=Tier.P3)
    urgent = backlog.claims(1, tier=Tier.P0)
    memory = Memory()
    for _ in range(2):
        release(memory, store=backlog.store, queue=backlog.queue, now=backlog.now)
    assert ids(backlog.queue.waiting[Tier.P0]) == urgent


def test_a_held_campaign_is_left_out() -> None:
    """While a campaign is held its claims stay in the store."""
    backlog = Backlog("festival")
    backlog.claims(5)
    backlog.hold("festival", held=True)
    done = release(Memory(), store=backlog.store, queue=backlog.queue, now=backlog.now)
    assert (done.claims, backlog.queue.take()) == (0, [])


def test_a_broker_that_is_away_costs_nothing() -> None:
    """Nothing is remembered as offered when the broker could not be asked."""
    backlog = Backlog("festival")
    backlog.claims(5)
    backlog.queue.answers = False
    memory = Memory()
    done = release(memory, store=backlog.store, queue=backlog.queue, now=backlog.now)
    assert not done.broker
    assert memory == Memory()


def test_release_writes_nothing() -> None:
    """Offering is remembered by the keeper, not by the rows: an update costs too much."""
    backlog = Backlog("festival")
    backlog.claims(5)
    before = dict(backlog.store.shelves.open)
    memory = Memory()
    release(memory, store=backlog.store, queue=backlog.queue, now=backlog.now)
    assert backlog.store.shelves.open == before
    assert len(memory.offers[flow()]) == 5


def _fill_but_one(backlog: Backlog) -> None:
    """Leave room for a single task in the queue of p2."""
    backlog.queue.publish([Hint(lane("other"), ())] * (room(0, 0) - 1))


def test_a_claim_is_offered_when_it_is_ready_and_then_as_if_for_the_first_time() -> None:
    """A claim that was put off waits, whatever became of earlier offers; others pass it."""
    backlog, memory = Backlog("festival"), Memory()
    (off,) = backlog.claims(1)

    def released() -> list[ClaimId]:
        release(memory, store=backlog.store, queue=backlog.queue, now=backlog.now)
        return ids(backlog.queue.take())

    assert released() == [off]
    ready_at = backlog.now + SECOND
    with backlog.store.shift([off], Stage.ACCEPTED, Stage.ACCEPTED, ready_at=ready_at) as unit:
        unit.commit(Writes())
    (other,) = backlog.claims(1)
    assert released() == [other]
    backlog.now = ready_at - 1
    assert released() == []
    backlog.now = ready_at
    assert released() == [off]
    assert released() == []


def test_a_flow_without_a_backlog_is_as_old_as_its_oldest_claim() -> None:
    """Told to be as old as the one before, a lone caller would wait in line behind a flood."""
    backlog, memory = Backlog("festival"), Memory()
    for _ in range(2):
        backlog.now += BOARD
        backlog.claims(1)
        release(memory, store=backlog.store, queue=backlog.queue, now=backlog.now)
        backlog.work(backlog.queue.take())
        assert memory.board is not None
        assert memory.board.flows == {flow(): backlog.now}


def test_how_old_a_backlog_is_is_looked_for_now_and_then() -> None:
    """It is told again until then: who looks steps over all that was issued."""
    backlog, memory = Backlog("festival"), Memory()
    first = backlog.claims(1)
    backlog.now += BOARD
    backlog.claims(1)
    seen = []
    for wait in (SECOND, BOARD, AGES):
        backlog.now += wait
        release(memory, store=backlog.store, queue=backlog.queue, now=backlog.now)
        assert memory.board is not None
        seen.append(memory.board.flows[flow()] - START)
        backlog.work([Hint(lane(), tuple(first))])
    assert seen == [0, 0, BOARD]
