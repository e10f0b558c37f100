"""Which price list a customer is quoted from."""

from typing import Final

PRICE_LISTS: Final = ("USD", "EUR")
_EURO_COUNTRIES: Final = frozenset(
    {"AT", "BE", "BG", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR"}
    | {"IE", "IT", "LT", "LU", "LV", "MT", "NL", "PT", "SI", "SK"}
)


def currency_of(country: str | None) -> str:
    """Return EUR for a customer of the euro area (ISO 3166 two-letter code), else USD."""
    return "EUR" if country in _EURO_COUNTRIES else "USD"
