"""Money as whole minor units of one currency, and the one rounding rule; no float comes near it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import format_currency, get_currency_precision, list_currencies

from core.errors import InvalidInput

_CURRENCIES = list_currencies()


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` whole units of the smallest coin of `currency` (ISO 4217): 1999 USD is $19.99, 1999 JPY is ¥1,999."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"money is counted in whole minor units, not in {type(self.minor).__name__}")
        if self.currency not in _CURRENCIES:
            raise InvalidInput(
                f"“{self.currency}” is no ISO 4217 currency. Give one such as USD or EUR.", field="currency"
            )

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return format_currency(self.major(), self.currency, locale="en_US")

    def times(self, factor: int | Decimal) -> "Money":
        """Return this times an exact factor, rounded half up once."""
        return Money(round_half_up(self.minor * Decimal(factor)), self.currency)

    def major(self) -> Decimal:
        """Return the amount in major units, exactly: 1999 USD is Decimal("19.99")."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} add up only after conversion at a dated rate")
        return other.minor


def exponent(currency: str) -> int:
    """Return how many decimal digits the currency's minor unit has: USD 2, JPY 0, KWD 3."""
    return int(get_currency_precision(currency))


def round_half_up(value: Decimal) -> int:
    """Return the nearest whole number; a half goes away from zero, so that a credit mirrors its charge."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def convert(amount: Money, rate: Decimal, currency: str) -> Money:
    """Return `amount` in `currency`; `rate` is major units of `currency` for one major unit of the amount's own."""
    return Money(round_half_up(exact_conversion(amount, rate, currency)), currency)


def exact_conversion(amount: Money, rate: Decimal, currency: str) -> Decimal:
    """Return minor units of `currency` before any rounding, for sums that are rounded once at the end."""
    return (amount.minor * rate).scaleb(exponent(currency) - exponent(amount.currency))


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Return the sum of amounts that are all in `currency`; of none, zero."""
    return sum(amounts, start=Money(0, currency))
