"""Facts of every kind, drawn at random: what is spoken of in these tests."""

from datetime import date

from hypothesis import strategies as st

from fulfiller.domain.estimate import Basis, Wait
from fulfiller.domain.patience import PLACELESS, Patience, Reason, Situation
from fulfiller.domain.validity import EPOCH, end_of_day, micros
from tests.service.speech.shelf import BOOKS

ZONES = [
    "UTC",
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",  # clocks go back from one o'clock to midnight
    "America/Santiago",  # clocks go forward at midnight: the day begins at one
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Etc/GMT+5",
]
INSTANTS = st.integers(
    micros(EPOCH.replace(year=2015)), micros(EPOCH.replace(year=2040))
) | st.builds(end_of_day, st.dates(date(2015, 1, 1), date(2039, 1, 1)), st.sampled_from(ZONES))
WAITS = st.builds(
    lambda low, more, basis: Wait(
        low_s=low, high_s=None if more is None else low + more, basis=basis
    ),
    st.floats(0, 10 * 86_400) | st.sampled_from([0.0, 1.0, 300.0, 3_600.0, 86_400.0]),
    st.none() | st.floats(0, 10 * 86_400) | st.sampled_from([0.0, 300.0]),
    st.sampled_from(Basis),
)
MOMENTS = ("since", "come_back_at", "next_update_at", "valid_until")
BOOK = st.sampled_from(BOOKS)


@st.composite
def facts(draw: st.DrawFn) -> Patience:
    """Draw facts of every kind, each of them known or not."""
    situation = draw(st.sampled_from(Situation))
    return Patience(
        situation=situation,
        zone=draw(st.sampled_from(ZONES)),
        reason=draw(st.none() | st.sampled_from(Reason)),
        ahead=None if situation in PLACELESS else draw(st.none() | st.integers(0, 10**8)),
        wait=draw(st.none() | WAITS),
        **{name: draw(st.none() | INSTANTS) for name in MOMENTS},
    )
