"""Money in whole minor units of one ISO 4217 currency; floats never touch it."""

from dataclasses import dataclass

WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
EXPONENTS = (
    dict.fromkeys(WHOLE.split(), 0) | dict.fromkeys(THOUSANDTHS.split(), 3) | {"CLF": 4, "UYW": 4}
)
"""Digits after the decimal point, where they are not two (ISO 4217, list one)."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units, such as 2500 fen for 25 yuan."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse what is no currency code; amounts are plain integers by type."""
        code = self.currency
        if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
            message = f"currency {code!r} is not an ISO 4217 code such as CNY"
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
