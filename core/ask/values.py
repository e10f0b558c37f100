"""Values as a sentence says them: money, shares, counts and days, rounded once and only here."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

import pandas as pd
from babel import dates, numbers

from core.finance.exchange import REPORTING
from core.metrics.answered import ColumnUnit
from core.money import exponent

LOCALE: Final = "en_US"
UNKNOWN: Final = "not known"
_WHOLE_MONEY_FROM: Final = 100_000


def is_missing(value: Any) -> bool:
    """Whether a cell holds nothing."""
    return value is None or bool(pd.isna(value))


def said(value: Any, unit: ColumnUnit) -> str:
    """Return a cell in its unit: $12,345, 4.2%, 1,234, 3.1×, Nov 21, 2026; money is whole from 1,000 on."""
    if is_missing(value):
        return UNKNOWN
    if unit == "text":
        return str(value)
    if unit in {"day", "step"}:
        return day(value)
    exact = Decimal(str(value))
    if unit == "money":
        return _money(exact)
    if unit == "share":
        return f"{_decimal(exact * 100, 1)}%"
    if unit in {"ratio", "months"}:
        return f"{_decimal(exact, 1)}{'×' if unit == 'ratio' else ' months'}"
    if unit == "minutes":
        return f"{_decimal(exact, 0)} minutes"
    return _decimal(exact, 0)


def month(value: Any) -> str:
    """Return a month: Nov 2026."""
    return str(dates.format_date(_day(value), format="MMM y", locale=LOCALE))


def day(value: Any) -> str:
    """Return a UTC day: Nov 21, 2026."""
    return str(dates.format_date(_day(value), format="medium", locale=LOCALE))


def step(value: Any, grain: str) -> str:
    """Return a step of time by its grain: 2026, Q3 2026, Nov 2026, Nov 16, 2026."""
    at = _day(value)
    if grain == "year":
        return str(at.year)
    if grain == "quarter":
        return f"Q{(at.month + 2) // 3} {at.year}"
    return month(at) if grain == "month" else day(at)


def count(number: int, noun: str) -> str:
    """Return a number with its noun: 1 customer, 1,284 customers."""
    return f"{number:,} {noun if number != 1 else noun.removesuffix('s')}"


def listing(names: list[str], most: int = 3) -> str:
    """Return names as one says them: Acme, Globex and 4 more."""
    shown = names if len(names) <= most else [*names[:most], f"{len(names) - most:,} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else pd.Timestamp(value).date()


def _money(minor: Decimal) -> str:
    digits = exponent(REPORTING)
    major = minor.scaleb(-digits)
    whole = abs(minor) >= _WHOLE_MONEY_FROM or not minor % 10**digits
    rounded = major.quantize(Decimal(1) if whole else Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    text = numbers.format_currency(rounded, REPORTING, locale=LOCALE, currency_digits=not whole)
    return str(text.partition(".")[0] if whole else text).replace("-", "−")


def _decimal(value: Decimal, digits: int) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return f"{rounded:,.{digits}f}".replace("-", "−")
