"""Serving: equal parts for callers, turns for campaigns, and limits that delay nobody else."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE, Rate
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.service.dispatch import Hint
from fulfiller.service.memory import Memory
from fulfiller.service.release import release
from fulfiller.service.serving import HINT_MAX
from tests.service.backlog import Backlog, ids

FESTIVAL = ("festival", EVERY_KEY)
SHOP = ("festival", "shop-7")


def _release(backlog: Backlog, memory: Memory) -> list[Hint]:
    release(memory, store=backlog.store, queue=backlog.queue, now=backlog.now)
    return backlog.queue.take()


def _callers(backlog: Backlog, offered: list[ClaimId]) -> Counter[str]:
    return Counter(backlog.store.shelves.claims[claim_id].account for claim_id in offered)


def test_a_callers_flood_does_not_stand_before_anothers_few() -> None:
    """Whoever came after ten thousand of another's is in the first hint."""
    backlog = Backlog("festival")
    backlog.claims(10_000, account="flood")
    few = backlog.claims(20, account="small")
    first = _release(backlog, Memory())[0]
    assert set(few) < set(first.ids)
    assert len(first.ids) == HINT_MAX


def test_what_one_does_not_need_the_others_share() -> None:
    """Max-min fair: small needs are met whole, and the rest is cut evenly."""
    backlog = Backlog("festival")
    for account, number in (("a", 10), ("b", 100), ("c", 3_000), ("d", 3_000)):
        backlog.claims(number, account=account)
    first = _release(backlog, Memory())[0]
    assert _callers(backlog, list(first.ids)) == {"a": 10, "b": 100, "c": 445, "d": 445}


def test_where_one_goes_at_a_time_callers_take_turns() -> None:
    """A rate of 5 a second lets one go at a time: it is not always the same caller's."""
    backlog, memory = Backlog("festival", issuing_rate="5/s"), Memory()
    for account in ("a", "b", "c"):
        backlog.claims(100, account=account)
    served: list[ClaimId] = []
    for _ in range(29):
        served += ids(_release(backlog, memory))
        backlog.now += SECOND // 5
    assert _callers(backlog, served) == {"a": 10, "b": 10, "c": 10}


def test_beside_a_flood_a_newcomer_finds_room_at_once() -> None:
    """Whenever it comes: a backlog leaves a part of the rate to those who have none."""
    backlog, memory = Backlog("festival", issuing_rate="100/s"), Memory()
    backlog.claims(400, account="flood")
    _offered_in(30, backlog, memory)
    for number in range(12):
        _offered_in(13, backlog, memory)
        (mine,) = backlog.claims(1, account="mine")
        assert mine in _offered_in(2, backlog, memory), number


def _offered_in(ticks: int, backlog: Backlog, memory: Memory) -> list[ClaimId]:
    """Return what is offered, and issued at once, in so many hundredths of a second."""
    offered: list[ClaimId] = []
    for _ in range(ticks):
        backlog.now += SECOND // 100
        hints = _release(backlog, memory)
        backlog.work(hints)
        offered += ids(hints)
    return offered


def test_each_caller_is_served_in_order() -> None:
    """First come, first served holds for each caller."""
    backlog, memory = Backlog("festival"), Memory()
    mine = backlog.claims(1_200, account="a")
    theirs = backlog.claims(700, account="b")
    offered = ids(_release(backlog, memory) + _release(backlog, memory))
    assert [each for each in offered if each in set(mine)] == mine
    assert [each for each in offered if each in set(theirs)] == theirs


def test_a_campaign_at_its_limit_delays_no_other() -> None:
    """However many wait there, the other one's all go at once."""
    backlog = Backlog("slow", "fast")
    backlog.rate(("slow", EVERY_KEY), "5/s")
    backlog.claims(5_000, campaign="slow")
    fast = backlog.claims(900, campaign="fast")
    hints = _release(backlog, Memory())
    assert [each for each in ids(hints) if each in set(fast)] == fast
    assert sum(len(hint.ids) for hint in hints if hint.lane.campaign == "slow") == 2


def test_a_merchant_at_its_limit_delays_no_other() -> None:
    """Neither claims of the same caller and tier behind it, nor its own beyond one at a time."""
    backlog, memory = Backlog("festival"), Memory()
    backlog.rate(SHOP, "10/s")
    limited = backlog.claims(3_000, limit_key="shop-7")
    free = backlog.claims(300, limit_key="shop-8")
    offered = ids(_release(backlog, memory))
    assert set(free) < set(offered)
    assert [each for each in offered if each in set(limited)] == limited[:2]
    for second in range(1, 11):
        backlog.now += SECOND // 10
        offered += ids(_release(backlog, memory))
        assert len(offered) == 300 + 2 + second


def test_the_services_ceiling_is_for_all_campaigns_together() -> None:
    """Over a second no more is offered than it gives, and each campaign gets its half."""
    backlog, memory = Backlog("one", "two"), Memory()
    backlog.rate(SERVICE_RATE, "100/s")
    for name in ("one", "two"):
        backlog.claims(500, campaign=name)
    offered: Counter[str] = Counter()
    for _ in range(100):
        for hint in _release(backlog, memory):
            offered[hint.lane.campaign] += len(hint.ids)
        backlog.now += SECOND // 100
    assert 95 <= sum(offered.values()) <= 100 + Rate.parse("100/s").burst
    assert abs(offered["one"] - offered["two"]) <= 10


def test_a_change_is_followed_within_a_twentieth_of_a_second() -> None:
    """Raised from 5 an hour: what was offered before is made up for at the new rate."""
    backlog, memory = Backlog("festival", issuing_rate="5/h"), Memory()
    backlog.claims(2_000)
    assert len(ids(_release(backlog, memory))) == 2
    backlog.rate(FESTIVAL, "5000/s")
    backlog.now += SECOND // 20
    assert len(ids(_release(backlog, memory))) >= Rate.parse("5000/s").hint_max
    backlog.rate(FESTIVAL, None)
    backlog.now += SECOND // 20
    assert len(ids(_release(backlog, memory))) > 0


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(Tier), st.integers(0, 600)),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([None, "50/s", "900/s"]),
)
def test_everybody_is_offered_once(floods: list[tuple[str, Tier, int]], rate: str | None) -> None:
    """Whoever sends how much to which tier: in the end all were offered, none of them twice."""
    backlog, memory = Backlog("festival"), Memory()
    if rate is not None:
        backlog.rate(SHOP, rate)
    for account, tier, number in floods:
        limit_key = "shop-7" if account == "c" else None
        backlog.claims(number, account=account, tier=tier, limit_key=limit_key)
    offered: list[ClaimId] = []
    for _ in range(600):
        hints = _release(backlog, memory)
        assert all(0 < len(hint.ids) <= HINT_MAX for hint in hints)
        backlog.work(hints)
        offered += ids(hints)
        backlog.now += SECOND // 5
        if not backlog.open():
            break
    assert not backlog.open()
    assert len(offered) == len(set(offered))
