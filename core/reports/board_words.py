"""Figures of the board report in words: money whole, shares to a tenth, and a dash for what is not defined."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from babel.numbers import format_currency

from core.finance.exchange import REPORTING
from core.metrics.catalog import metric
from core.metrics.metric import Undefined, Value
from core.money import Money, round_half_up

UNDEFINED: Final = "—"
MINUS: Final = "−"
_MILLION: Final = 1_000_000


def said(metric_id: str, value: Value | None) -> str:
    """Return a figure as its unit is read: $48,213, 4.2%, 3.4×, 14.2 months, 12."""
    if value is None or isinstance(value, Undefined):
        return UNDEFINED
    unit = metric(metric_id).unit
    if unit == "money":
        return whole(Money(round_half_up(Decimal(value)), REPORTING))
    if unit == "share":
        return share(value)
    if unit == "ratio":
        return f"{tenth(value)}×"
    return f"{tenth(value)} months" if unit == "months" else f"{int(value):,}"


def whole(amount: Money, *, sign: bool = False) -> str:
    """Return money in whole major units."""
    major = amount.major().quantize(Decimal(1), rounding=ROUND_HALF_UP)
    text = format_currency(abs(major), amount.currency, format="¤#,##0", locale="en_US", currency_digits=False)
    return (MINUS if major < 0 else "+" if sign and major > 0 else "") + text


def brief(amount: Money) -> str:
    """Return money as an axis says it: $1.2M, $48K, $950."""
    major = amount.major()
    symbol = format_currency(0, amount.currency, format="¤", locale="en_US")
    for size, letter in ((_MILLION, "M"), (1_000, "K")):
        if abs(major) >= size:
            return f"{MINUS if major < 0 else ''}{symbol}{f'{abs(major) / size:.2f}'.rstrip('0').rstrip('.')}{letter}"
    return whole(amount)


def share(value: int | Decimal, *, sign: bool = False) -> str:
    """Return a share as a percentage to a tenth."""
    percent = tenth(Decimal(value) * 100)
    return f"+{percent}%" if sign and value > 0 else f"{percent}%"


def tenth(value: int | Decimal) -> str:
    """Return a number to a tenth, halves away from zero."""
    rounded = Decimal(value).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return f"{MINUS if rounded < 0 else ''}{abs(rounded):,}"


def month(day: date) -> str:
    """Return a month as a sentence says it."""
    return f"{day:%B %Y}"
