"""The issuing rate: never more than rate times time plus the burst, and hardly less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfiller.domain.pace import EVERY_KEY, HOUR, Pace, Rate

START = 1_770_339_600_000_000
SCOPE = ("festival", EVERY_KEY)
rates = st.integers(1, 50_000 * 3_600).map(Rate)


@pytest.mark.parametrize(
    ("text", "per_hour"),
    [("500/s", 1_800_000), ("3000/m", 180_000), ("200/h", 200), ("7", 25_200), ("0.5/s", 1_800)],
)
def test_rates_read_as_celery_writes_them(text: str, per_hour: int) -> None:
    """A bare number is per second there and here."""
    assert Rate.parse(text).per_hour == per_hour


@given(rates, st.lists(st.tuples(st.integers(0, 5_000_000), st.integers(0, 5_000)), max_size=60))
def test_no_window_holds_more_than_rate_and_burst(rate: Rate, asks: list[tuple[int, int]]) -> None:
    """Whoever asks for how much and when: over every window issued <= r * w + burst."""
    pace, now, issued = Pace(SCOPE, rate), START, []
    for pause, wanted in asks:
        now += pause
        number = min(wanted, pace.room(now))
        pace = pace.after(number, now) if number else pace
        issued.append((now, number))
    for index, (began, _) in enumerate(issued):
        total = 0
        for at, number in issued[index:]:
            total += number
            assert total <= rate.per_hour * (at - began) / HOUR + rate.burst


@given(rates)
def test_with_work_at_hand_the_rate_is_made_use_of(rate: Rate) -> None:
    """Asking whenever there is room gives at least 95 % of the rate in the long run."""
    pace, now, total = Pace(SCOPE, rate), START, 0
    end = START + rate.span(max(200, 2 * rate.burst))
    while now < end:
        number = pace.room(now)
        pace = pace.after(number, now) if number else pace
        total += number
        now = max(pace.free_at(now), now + 1)
    assert total >= 0.95 * rate.per_hour * (end - START) / HOUR


@given(rates, st.integers(1, 5_000))
def test_it_is_free_when_it_says_so(rate: Rate, used: int) -> None:
    """At that instant there is room for one, and a moment before there is not."""
    pace = Pace(SCOPE, rate, START + rate.span(used))
    free_at = pace.free_at(START)
    assert pace.room(free_at) >= 1
    if free_at > START + 1:
        assert pace.room(free_at - 2) == 0


def test_a_hint_is_never_more_than_a_tenth_of_a_second() -> None:
    """At 5 a second a full hint would break the rate."""
    assert [Rate.parse(text).hint_max for text in ("5/s", "100/s", "5000/s")] == [1, 10, 500]


@given(rates)
def test_a_rate_says_itself_as_it_is_read(rate: Rate) -> None:
    """Whatever it is shown as means the same rate."""
    assert Rate.parse(str(rate)) == rate


@given(st.lists(st.tuples(rates, st.integers(0, 2_000_000), st.integers(0, 5_000)), min_size=2))
def test_a_changed_rate_gives_a_burst_at_most(turns: list[tuple[Rate, int, int]]) -> None:
    """Over every window: what the rates in force gave, and one burst for each of them."""
    pace, now, issued = Pace(SCOPE, turns[0][0]), START, []
    for rate, pause, wanted in turns:
        gave = pace.rate.per_hour * pause / HOUR
        now += pause
        pace = pace.changed(rate, now)
        number = min(wanted, pace.room(now))
        pace = pace.after(number, now) if number else pace
        issued.append((gave, number, rate.burst))
    for index in range(len(issued)):
        total, allowed = 0, 0.0
        for place, (gave, number, burst) in enumerate(issued[index:]):
            total, allowed = total + number, allowed + burst + (gave if place else 0.0)
            assert total <= allowed


def test_a_lowered_rate_does_not_stand_still_for_what_was_issued_before() -> None:
    """From 5,000 a second to 5 an hour: the next claim goes within the time of one."""
    fast = Pace(SCOPE, Rate.parse("5000/s")).after(1_000, START)
    slow = fast.changed(Rate.parse("5/h"), START)
    assert slow.room(START) == 0
    assert slow.free_at(START) - START <= slow.rate.span(1)


def test_a_raised_rate_is_there_at_once() -> None:
    """From 5 an hour to 5,000 a second: nobody waits for the end of the hour."""
    slow = Pace(SCOPE, Rate.parse("5/h")).after(2, START)
    assert slow.room(START) == 0
    assert slow.changed(Rate.parse("5000/s"), START).room(START) >= 900
