"""Estimates: a range that can be kept, or the word that nobody knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfiller.domain.estimate import (
    Basis,
    Prospect,
    Wait,
    estimate,
    poll_after_s,
    rounded_up,
    said_place,
)


def _admitted_at(prospect: Prospect, rate: float) -> float:
    """Return when the last one ahead is admitted, by adding up small steps."""
    assert prospect.pause_s is not None
    done, seconds, tick = 0.0, 0.0, 0.01
    while done < prospect.ahead:
        past = min(prospect.ramp_done_s + seconds, prospect.ramp_s)
        grown = 1.0
        if prospect.ramp_s:
            grown = prospect.ramp_from + (1 - prospect.ramp_from) * past / prospect.ramp_s
        done += rate * grown * tick
        seconds += tick
    return prospect.pause_s + seconds


@given(
    st.builds(
        Prospect,
        ahead=st.integers(0, 5_000),
        backlog=st.just(0),
        rate_low=st.just(50.0),
        rate_high=st.just(50.0),
        pause_s=st.floats(0, 60),
        ramp_s=st.sampled_from((0.0, 10.0, 60.0)),
        ramp_done_s=st.floats(0, 60),
        ramp_from=st.just(0.1),
    )
)
def test_the_ramp_is_reckoned_with_as_it_happens(prospect: Prospect) -> None:
    """The formula says what adding up the growing pace second by second says."""
    expected = _admitted_at(prospect, 50.0)
    assert estimate(prospect).low_s == pytest.approx(expected, abs=1.6)


def test_a_range_spans_the_rates_of_late() -> None:
    """1,000 before you at 50 to 100 a second: 10 to 20 s, the upper end as people say it."""
    prospect = Prospect(ahead=800, backlog=200, rate_low=50.0, rate_high=100.0)
    assert estimate(prospect) == Wait(low_s=10.0, high_s=30.0, basis=Basis.MEASURED)


@pytest.mark.parametrize(
    "prospect",
    [
        Prospect(ahead=5, backlog=5, rate_low=None, rate_high=None),
        Prospect(ahead=5, backlog=5, rate_low=0.0, rate_high=10.0),
        Prospect(ahead=5, backlog=5, rate_low=10.0, rate_high=10.0, pause_s=None),
    ],
)
def test_what_nobody_knows_is_not_made_up(prospect: Prospect) -> None:
    """No rate, no progress, or no end of the pause in sight: no upper end."""
    told = estimate(prospect)
    assert (told.high_s, told.basis) == (None, Basis.UNKNOWN)


@given(st.floats(0, 10**7))
def test_upper_ends_are_rounded_up_and_not_by_much(seconds: float) -> None:
    """Never below, and at most two and a half times, or a second."""
    rounded = rounded_up(seconds)
    assert seconds <= rounded <= max(1.0, 2.5 * seconds)


def test_a_crowd_that_looks_again_is_no_load() -> None:
    """An eighth of the wait, between 5 s and 15 min."""
    waits = [Wait(low_s=0, high_s=high, basis=Basis.MEASURED) for high in (10.0, 400.0, 90_000.0)]
    assert [poll_after_s(wait) for wait in waits] == [5.0, 50.0, 900.0]
    assert poll_after_s(Wait(low_s=0, high_s=None, basis=Basis.UNKNOWN)) == 5.0


def test_places_are_told_in_three_digits() -> None:
    """Exact while that means something."""
    assert [said_place(place) for place in (1, 999, 12_431, 1_234_567)] == [
        1,
        999,
        12_400,
        1_230_000,
    ]
