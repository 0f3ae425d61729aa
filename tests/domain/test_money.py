"""Money: whole minor units, one currency, shown with as many digits as that has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfiller.domain.money import EXPONENTS, Money

AMOUNTS = st.integers(-(10**15), 10**15)
CURRENCIES = st.sampled_from(["CNY", "EUR", *EXPONENTS])


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (2_500, "CNY", "25.00 CNY"),
        (5, "CNY", "0.05 CNY"),
        (-5, "CNY", "-0.05 CNY"),
        (-250, "EUR", "-2.50 EUR"),
        (1_200, "JPY", "1200 JPY"),
        (1_200, "ISK", "1200 ISK"),
        (1_234, "KWD", "1.234 KWD"),
        (12_345, "CLF", "1.2345 CLF"),
    ],
)
def test_an_amount_is_shown_in_major_units(amount: int, currency: str, text: str) -> None:
    """Each currency has its own number of digits after the point."""
    assert str(Money(amount, currency)) == text


@given(AMOUNTS, CURRENCIES)
def test_what_is_shown_is_what_it_is(amount: int, currency: str) -> None:
    """No digit and no sign is lost on the way to the screen."""
    digits, shown = str(Money(amount, currency)).split()
    assert shown == currency
    assert int(digits.replace(".", "")) == amount
    assert len(digits.partition(".")[2]) == EXPONENTS.get(currency, 2)


@given(AMOUNTS, st.integers(0, 1_000))
def test_times_is_repeated_addition(amount: int, count: int) -> None:
    """So many coupons cost so many times one coupon, to the last fen."""
    assert Money(amount, "CNY").times(count) == Money(sum([amount] * count), "CNY")


@pytest.mark.parametrize(
    "currency", ["", "CN", "CNYX", "cny", "CNy", "C1Y", "元", "ÀÉÎ", "CN ", "C-Y"]
)
def test_what_is_no_currency_is_refused(currency: str) -> None:
    """A currency is three capital letters, and the refusal shows what it got."""
    with pytest.raises(ValueError, match="ISO 4217") as refusal:
        Money(1, currency)
    assert repr(currency) in str(refusal.value)
