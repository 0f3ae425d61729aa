"""What everybody is promised holds for each of them."""

from hypothesis import given
from hypothesis import strategies as st

from fulfiller.domain.validity import DAY, Pause, Validity
from fulfiller.service.outlook import promised_until
from tests.contract.world import claim, coupon
from tests.domain.festival import OPENING, festival

CLOSING = OPENING + 6 * DAY
INSTANTS = st.integers(CLOSING, CLOSING + 30 * DAY)
PAUSES = st.builds(
    Pause, st.integers(OPENING, CLOSING + 40 * DAY), st.integers(OPENING, CLOSING + 40 * DAY)
)


@given(
    st.builds(Validity, until=INSTANTS) | st.builds(Validity, days=st.integers(1, 60)),
    st.none() | INSTANTS,
    st.lists(PAUSES, max_size=4),
    st.integers(OPENING, CLOSING),
)
def test_no_coupon_ends_before_what_all_are_told(
    validity: Validity, floor: int | None, pauses: list[Pause], issued_at: int
) -> None:
    """Whenever it was issued, and with whatever credit: pauses come on top of it."""
    campaign = festival(validity=validity, floor=floor, pause_credit=True)
    mine = coupon(claim("li"), issued_at=issued_at, valid_until=validity.own(issued_at))
    told = promised_until(campaign)
    end = mine.end(now=CLOSING + 99 * DAY, floor=floor, pauses=pauses)
    assert told is None or told <= end
    without_credit = mine.end(now=CLOSING, floor=floor)
    if validity.until is not None:
        assert told == without_credit
