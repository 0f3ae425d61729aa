"""Scale: as many worker slots as a backlog takes, none for what only waits for a rate."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from fulfiller.domain.scale import DEVIATION, Demand, drain_s, suggested_workers

MOST = 10_000
RATES = st.floats(0.01, 10_000)
SLOTS = st.integers(1, 500)
FREE = st.builds(
    Demand,
    backlog=st.integers(0, 1_000_000),
    promise_s=st.integers(1, 3_600),
    issued_per_s=st.none() | st.just(0.0) | RATES,
    comes_per_s=st.none() | st.just(0.0) | RATES,
    limit_per_s=st.none() | RATES,
)
BOUND = st.builds(
    Demand,
    backlog=st.just(0),
    promise_s=st.integers(1, 3_600),
    issued_per_s=st.none() | st.just(0.0) | RATES,
    comes_per_s=st.none() | RATES,
    limit_per_s=RATES,
    bound=st.sampled_from([True]),
)
ANY = st.lists(FREE | BOUND, max_size=5)


@given(demands=ANY, slots=st.integers(0, 500), most=st.integers(1, 600))
def test_it_is_at_least_one_and_at_most_what_is_allowed(
    demands: list[Demand], slots: int, most: int
) -> None:
    """Whatever was measured."""
    assert 1 <= suggested_workers(demands, slots=slots, most=most) <= most


@given(backlog=st.integers(1, 1_000_000), promise_s=st.integers(1, 3_600), rate=RATES, slots=SLOTS)
def test_what_is_suggested_drains_within_the_promise(
    backlog: int, promise_s: int, rate: float, slots: int
) -> None:
    """At what a slot was measured to issue, whatever the size, with the small change left out."""
    demand = Demand(backlog=backlog, promise_s=promise_s, issued_per_s=rate, comes_per_s=0.0)
    many = suggested_workers([demand], slots=slots, most=10**12)
    assert many * (rate / slots) * promise_s >= backlog * 0.999
    if abs(many - slots) > DEVIATION * slots and many > 1:
        # And not with twice as many as that takes.
        assert (many - 1) * (rate / slots) * promise_s <= 2 * backlog


@given(demands=st.lists(BOUND, min_size=1, max_size=5), slots=st.integers(0, 500))
def test_a_backlog_that_waits_for_its_rate_gets_no_more_workers(
    demands: list[Demand], slots: int
) -> None:
    """It keeps what it has, however many wait and come."""
    assert suggested_workers(demands, slots=slots, most=MOST) == max(1, slots)


@given(rest=ANY, slots=SLOTS, ceiling=RATES)
def test_nobody_asks_for_more_than_rates_allow(
    rest: list[Demand], slots: int, ceiling: float
) -> None:
    """A ceiling that the workers keep already is no reason for more of them."""
    speed = sum(each.issued_per_s or 0.0 for each in rest if each.is_busy)
    assume(speed >= ceiling)
    assert suggested_workers(rest, slots=slots, most=MOST, ceiling_per_s=ceiling) <= slots


@given(demand=FREE, more=st.integers(0, 1_000_000), slots=SLOTS)
def test_a_longer_backlog_never_gets_fewer(demand: Demand, more: int, slots: int) -> None:
    """All else being equal."""
    assume(demand.backlog > 0)
    longer = replace(demand, backlog=demand.backlog + more)
    small, large = (suggested_workers([each], slots=slots, most=MOST) for each in (demand, longer))
    # Between two that are a little below and above what there is, there is no step down.
    assert small <= large


@given(demand=FREE, slots=SLOTS)
def test_what_nobody_knows_changes_nothing(demand: Demand, slots: int) -> None:
    """No rate yet, or none at all: as many as there are. Nobody knows who comes: not fewer."""
    blind = replace(demand, issued_per_s=None)
    dead = replace(demand, issued_per_s=0.0)
    if demand.backlog:
        assert suggested_workers([blind], slots=slots, most=MOST) == slots
        assert suggested_workers([dead], slots=slots, most=MOST) == slots
    unseen = replace(demand, comes_per_s=None)
    assert suggested_workers([unseen], slots=slots, most=MOST) >= slots


def test_a_small_difference_is_none() -> None:
    """Twenty slots stay where 19 to 22 would do, and go where 23 or 17 would."""
    told = []
    for backlog in (8_500, 9_500, 11_000, 11_500):
        demand = Demand(backlog=backlog, promise_s=100, issued_per_s=200.0, comes_per_s=0.0)
        told.append(suggested_workers([demand], slots=20, most=MOST))
    assert told == [17, 20, 20, 23]


def test_what_comes_in_is_served_too() -> None:
    """With nobody waiting a pool keeps what its rush takes, and ends at one when it is over."""
    rush = Demand(backlog=0, promise_s=100, issued_per_s=400.0, comes_per_s=300.0)
    assert suggested_workers([rush], slots=8, most=MOST) == 6
    assert suggested_workers([replace(rush, comes_per_s=0.0)], slots=8, most=MOST) == 1
    assert suggested_workers([], slots=8, most=MOST) == 1


@given(demands=ANY)
def test_the_drain_is_backlog_by_rate(demands: list[Demand]) -> None:
    """Zero with nothing to drain, null if nothing moves, else the quotient."""
    waiting = [each for each in demands if each.backlog]
    seconds = drain_s(demands)
    if not waiting:
        assert seconds == 0.0
    elif not any(each.issued_per_s for each in waiting):
        assert seconds is None
    else:
        assert seconds is not None
        assert seconds * sum(each.issued_per_s or 0.0 for each in waiting) > 0
