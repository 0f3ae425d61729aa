"""Money in whole minor units of one ISO 4217 currency; floats never touch it."""

from dataclasses import dataclass

EXPONENTS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "KWD": 3, "BHD": 3, "OMR": 3, "TND": 3}
"""Digits after the decimal point, where they are not two (ISO 4217, list one)."""


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units, such as 2500 fen for 25 yuan."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse what is no currency code; amounts are plain integers by type."""
        if not (len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()):
            message = f"currency {self.currency!r} is not an ISO 4217 code such as CNY"
            raise ValueError(message)

    def __str__(self) -> str:
        """Show the amount in major units with its code: `25.00 CNY`."""
        exponent = EXPONENTS.get(self.currency, 2)
        if exponent == 0:
            return f"{self.amount} {self.currency}"
        sign = "-" if self.amount < 0 else ""
        major, minor = divmod(abs(self.amount), 10**exponent)
        return f"{sign}{major}.{minor:0{exponent}d} {self.currency}"

    def times(self, count: int) -> "Money":
        """Return this amount `count` times."""
        return Money(self.amount * count, self.currency)
