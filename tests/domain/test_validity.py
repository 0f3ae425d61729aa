"""Validity: derived on every look, and "until 28 February" means all of that day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfiller.domain.validity import (
    DAY,
    EPOCH,
    SECOND,
    Pause,
    Validity,
    end_of_day,
    micros,
    moment,
    valid_until,
)

ISSUED, OWN = 1_000, 2_000
"""The life of a coupon in these tests, in microseconds to keep the figures readable."""
INSTANTS = st.integers(0, 3_000)
ZONES = (
    "UTC",
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",  # clocks go back from one o'clock to midnight
    "America/Santiago",  # clocks go forward at midnight: the day begins at one
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
)


@pytest.mark.parametrize(
    ("day", "zone", "end"),
    [
        (date(2026, 2, 28), "Asia/Shanghai", "2026-02-28T16:00:00+00:00"),
        (date(2024, 2, 28), "Asia/Shanghai", "2024-02-28T16:00:00+00:00"),
        (date(2026, 3, 28), "Europe/Berlin", "2026-03-28T23:00:00+00:00"),
        (date(2026, 3, 29), "Europe/Berlin", "2026-03-29T22:00:00+00:00"),
        (date(2026, 10, 25), "Europe/Berlin", "2026-10-25T23:00:00+00:00"),
        (date(2026, 9, 5), "America/Santiago", "2026-09-06T04:00:00+00:00"),
        (date(2026, 10, 31), "America/Havana", "2026-11-01T04:00:00+00:00"),
        (date(2011, 12, 29), "Pacific/Apia", "2011-12-30T10:00:00+00:00"),
    ],
)
def test_the_end_of_a_day_is_that_of_its_zone(day: date, zone: str, end: str) -> None:
    """Also where the clocks change that night, or a whole day is left out."""
    assert moment(end_of_day(day, zone)).isoformat() == end


@given(st.dates(date(2012, 1, 1), date(2036, 12, 31)), st.sampled_from(ZONES))
def test_the_whole_day_is_valid_and_the_next_is_not(day: date, zone: str) -> None:
    """A microsecond before the end it is still that day there, and at the end no longer."""
    end = moment(end_of_day(day, zone))
    assert (end - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() == day
    assert end.astimezone(ZoneInfo(zone)).date() == day + timedelta(days=1)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds are naive by contract
def test_instants_and_datetimes_are_inverse(when: datetime) -> None:
    """Not a microsecond is lost between storing an instant and showing it."""
    assert moment(micros(when)) == when
    assert micros(when.astimezone(ZoneInfo("Asia/Kathmandu"))) == micros(when)
    assert micros(EPOCH) == 0


def test_a_coupon_has_its_own_date() -> None:
    """By the campaign's rule: until an instant, or for whole days from issue."""
    assert Validity(until=OWN).own(ISSUED) == OWN
    assert Validity(days=30).own(ISSUED) == ISSUED + 30 * DAY


@given(INSTANTS, st.none() | INSTANTS)
def test_the_floor_only_lengthens(own: int, floor: int | None) -> None:
    """Extending a campaign makes no coupon worse, and reaches all of them."""
    until = valid_until(own, issued_at=0, now=0, floor=floor)
    assert until == max(own, own if floor is None else floor)


@pytest.mark.parametrize(
    ("start", "end", "now", "credit"),
    [
        (1_200, 1_300, 5_000, 100),  # within its life
        (900, 1_100, 5_000, 100),  # began before it was issued
        (1_900, 2_100, 5_000, 100),  # went on after its own date
        (0, 3_000, 5_000, 1_000),  # all its life
        (0, 1_000, 5_000, 0),  # over when it was issued
        (2_000, 2_500, 5_000, 0),  # began when it was over
        (1_400, None, 1_500, 100),  # lasts
        (1_400, None, 9_000, 600),  # lasts, longer than its life
        (1_400, None, 1_300, 0),  # seen by a clock that is behind
    ],
)
def test_a_pause_is_credited_as_far_as_it_overlaps(
    start: int, end: int | None, now: int, credit: int
) -> None:
    """People get back the time in which they could have used their coupon and were paused."""
    until = valid_until(OWN, issued_at=ISSUED, now=now, pauses=[Pause(start, end)])
    assert until == OWN + credit


def test_floor_and_credit_add_up() -> None:
    """A pause after its own date counts, too, if the floor made the coupon live then."""
    pauses = [Pause(1_100, 1_200), Pause(2_100, 2_200)]
    assert valid_until(OWN, issued_at=ISSUED, now=9_000, floor=3_000, pauses=pauses) == 3_200


SPANS = st.builds(Pause, st.integers(0, 40), st.none() | st.integers(0, 40))


@given(st.lists(SPANS, max_size=6), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_the_union_of_pauses_is_what_is_credited(
    pauses: list[Pause], issued: int, life: int, now: int
) -> None:
    """Each instant of a coupon's life in which anything was paused counts, and counts once."""
    own = issued + life
    ends = [(each.start, now if each.end is None else each.end) for each in pauses]
    paused = [at for at in range(issued, own) if any(start <= at < end for start, end in ends)]
    assert valid_until(own, issued_at=issued, now=now, pauses=pauses) == own + len(paused)


@given(INSTANTS, st.integers(0, 500), st.integers(0, 500))
def test_a_lasting_pause_never_takes_back(start: int, now: int, later: int) -> None:
    """While a pause lasts, the end of a coupon only moves away."""
    ends = [
        valid_until(OWN, issued_at=ISSUED, now=start + at, pauses=[Pause(start, None)])
        for at in (now, now + later)
    ]
    assert OWN <= ends[0] <= ends[1]


def test_units_are_what_they_say() -> None:
    """A day is a day of seconds, in microseconds."""
    assert DAY == 86_400 * SECOND == timedelta(days=1) // timedelta(microseconds=1)
