"""Dated exchange rates: how amounts of several currencies are reported as one figure."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Final

from core.errors import InvalidInput
from core.money import Money, exact_conversion, round_half_up

REPORTING: Final = "USD"


@dataclass(frozen=True)
class Rates:
    """For each currency the rates into REPORTING, each from its UTC day until the next; ascending."""

    steps: Mapping[str, tuple[tuple[date, Decimal], ...]]

    def on(self, currency: str, day: date) -> Decimal:
        """Return the rate in force on a day, or raise InvalidInput where there is none."""
        if currency == REPORTING:
            return Decimal(1)
        steps = self.steps.get(currency, ())
        found = bisect_right(self._begins.get(currency, ()), day)
        if found == 0:
            raise InvalidInput(
                f"There is no exchange rate from {currency} to {REPORTING} for {day}. Add one that begins by then.",
                code="no_exchange_rate",
                field="currency",
            )
        return steps[found - 1][1]

    @cached_property
    def _begins(self) -> Mapping[str, tuple[date, ...]]:
        return {currency: tuple(valid_from for valid_from, _ in steps) for currency, steps in self.steps.items()}

    def exact(self, amounts: Iterable[Money], day: date) -> Decimal:
        """Return the sum in minor units of REPORTING at the rates of `day`, not yet rounded."""
        parts = (exact_conversion(amount, self.on(amount.currency, day), REPORTING) for amount in amounts if amount)
        return sum(parts, start=Decimal(0))

    def report(self, amounts: Iterable[Money], day: date) -> Money:
        """Return the sum in REPORTING at the rates of `day`, rounded once."""
        return Money(round_half_up(self.exact(amounts, day)), REPORTING)
