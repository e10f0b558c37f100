"""Amounts as Stripe counts them and as we do, which differs for two currencies."""

from typing import Final

from core.money import Money

# Without decimals in ISO 4217, counted in hundredths by Stripe all the same.
_MORE_DIGITS: Final = {"ISK": 100, "UGX": 100}


def stripe_amount(amount: Money) -> int:
    """Return an amount of ours in Stripe's smallest unit."""
    return amount.minor * _MORE_DIGITS.get(amount.currency, 1)


def our_amount(minor: int, currency: str) -> Money:
    """Return an amount of Stripe's in our minor units; half a unit that we do not have goes away from zero."""
    factor = _MORE_DIGITS.get(currency.upper(), 1)
    return Money((abs(minor) * 2 + factor) // (2 * factor) * (1 if minor >= 0 else -1), currency.upper())
