"""Numbers, money, times and spans as the words a person reads; what is undefined is a dash."""

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

import pandas as pd
from babel import dates, numbers

from core.money import Money, round_half_up

LOCALE: Final = "en_US"
DASH: Final = "—"
MINUS: Final = "−"
_NO_BREAK: Final = "\u00a0"
_COMPACT: Final = Context(prec=3, rounding=ROUND_HALF_UP)
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:^=&])")
_BYTE_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")

Number = int | float | Decimal


def _undefined(value: Any) -> bool:
    return bool(pd.isna(value)) or (isinstance(value, float) and math.isinf(value))


def _signed(text: str, value: Number, *, sign: bool) -> str:
    text = text.replace("-", MINUS)
    return f"+{text}" if sign and value > 0 else text


def major(minor: int | None, currency: str) -> Decimal | None:
    """Exact major units of `minor` ones: 1999 USD is 19.99, 1999 JPY is 1999."""
    if minor is None:
        return None
    return Decimal(int(minor)).scaleb(-numbers.get_currency_precision(currency))


def rounded(value: int | Decimal) -> int:
    """A value that is not whole yet as whole minor units, halves up."""
    return round_half_up(Decimal(value))


def money(minor: int | None, currency: str, *, whole: bool = False, sign: bool = False) -> str:
    """`minor` units of `currency` exactly; `whole` rounds half up to major units, `sign` shows a plus too."""
    amount = None if _undefined(minor) else major(minor, currency)
    if amount is None:
        return DASH
    if whole:
        amount = amount.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    text = numbers.format_currency(amount, currency, locale=LOCALE)
    return _signed(re.sub(r"\.0+$", "", text) if whole else text, amount, sign=sign)


def amount(value: Money | None, *, whole: bool = False, sign: bool = False) -> str:
    """Money as the core hands it over, exactly or `whole`; what somebody may not see is a dash."""
    return DASH if value is None else money(value.minor, value.currency, whole=whole, sign=sign)


def compact_money(minor: int | None, currency: str, *, sign: bool = False) -> str:
    """Money to three significant digits: $184K, $1.24M; what is below a thousand is rounded to major units."""
    amount = None if _undefined(minor) else major(minor, currency)
    if amount is None:
        return DASH
    if abs(amount) < 1000:
        return money(minor, currency, whole=True, sign=sign)
    rounded, digits = _three_significant(amount)
    text = numbers.format_compact_currency(rounded, currency, locale=LOCALE, fraction_digits=digits)
    return _signed(_without_trailing_zeros(text), amount, sign=sign)


def _three_significant(amount: Decimal) -> tuple[Decimal, int]:
    """`amount` rounded half up, and how many digits follow the point once thousands are folded into K, M or B."""
    rounded = _COMPACT.create_decimal(amount)
    return rounded, 2 - rounded.adjusted() % 3


def _without_trailing_zeros(text: str) -> str:
    """Turn $1.20M into $1.2M and $3.00K into $3K."""
    digits = text.rstrip("KMBT")
    return digits.rstrip("0").rstrip(".") + text[len(digits) :] if "." in digits else text


def integer(value: Number | None, *, sign: bool = False) -> str:
    """A count with thousands separated, halves rounded up."""
    if value is None or _undefined(value):
        return DASH
    whole = Decimal(str(value)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return _signed(numbers.format_decimal(whole, format="#,##0", locale=LOCALE), whole, sign=sign)


def compact(value: Number | None, *, sign: bool = False) -> str:
    """A count to three significant digits: 950, 18.4K, 1.24M."""
    if value is None or _undefined(value):
        return DASH
    amount = Decimal(str(value))
    if abs(amount) < 1000:
        return decimal(amount, digits=0 if amount == amount.to_integral_value() else 1, sign=sign)
    rounded, digits = _three_significant(amount)
    text = numbers.format_compact_decimal(rounded, locale=LOCALE, fraction_digits=digits)
    return _signed(_without_trailing_zeros(text), amount, sign=sign)


def decimal(value: Number | None, *, digits: int = 1, sign: bool = False) -> str:
    """A number with exactly `digits` after the point, rounded half up."""
    if value is None or _undefined(value):
        return DASH
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return _signed(numbers.format_decimal(rounded, format=pattern, locale=LOCALE), rounded, sign=sign)


def percent(share: Number | None, *, digits: int = 1, sign: bool = False) -> str:
    """A share of one as a percentage: 0.042 is 4.2%."""
    if share is None or _undefined(share):
        return DASH
    return decimal(Decimal(str(share)) * 100, digits=digits, sign=sign) + "%"


def size(count: Number | None) -> str:
    """Bytes in decimal units: 1,500,000 is 1.5 MB."""
    if count is None or _undefined(count):
        return DASH
    amount, step = Decimal(str(count)), 0
    while abs(amount) >= 1000 and step < len(_BYTE_UNITS) - 1:
        amount, step = amount / 1000, step + 1
    digits = 0 if step == 0 or abs(amount) >= 100 else 1
    return f"{decimal(amount, digits=digits)}{_NO_BREAK}{_BYTE_UNITS[step]}"


def duration(span: timedelta | Number | None) -> str:
    """A span (seconds, if a number) by its two largest parts: 850 ms, 45 s, 12 min, 1 h 30 min, 3 d 4 h."""
    if span is None or (not isinstance(span, timedelta) and _undefined(span)):
        return DASH
    seconds = span.total_seconds() if isinstance(span, timedelta) else float(span)
    if seconds < 0:
        return MINUS + duration(-seconds)
    if 0 < seconds < 1:
        return f"{round(seconds * 1000)}{_NO_BREAK}ms"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    largest = next((index for index, (count, _) in enumerate(parts) if count), 3)
    if largest == 2:
        return f"{minutes + round(rest / 60)}{_NO_BREAK}min"
    shown = [f"{count}{_NO_BREAK}{unit}" for count, unit in parts[largest : largest + 2] if count]
    return " ".join(shown) or f"0{_NO_BREAK}s"


def interval(
    value: Number | None, low: Number | None, high: Number | None, *, show: Callable[[Number | None], str] = integer
) -> str:
    """An estimate with its interval, "12 (9–17)"; without bounds only the estimate."""
    if value is None or _undefined(value):
        return DASH
    if low is None or high is None or _undefined(low) or _undefined(high):
        return show(value)
    return f"{show(value)} ({show(low)}–{show(high)})"


def day(when: date | datetime | None, *, year: bool = True) -> str:
    """A calendar day: Nov 21, 2026, or without its year Nov 21."""
    if when is None:
        return DASH
    return dates.format_date(when, format="medium" if year else "MMM d", locale=LOCALE)


def month(when: date | datetime | None) -> str:
    """A calendar month: Nov 2026."""
    return DASH if when is None else dates.format_date(when, format="MMM y", locale=LOCALE)


def moment(when: datetime | None, *, zone: tzinfo = UTC) -> str:
    """A point in time to the minute with its zone: Nov 21, 2026, 14:05 UTC."""
    if when is None:
        return DASH
    local = when.astimezone(zone)
    return f"{day(local)}, {local:%H:%M} {local.tzname()}"


def relative(when: datetime | None, now: datetime) -> str:
    """How far `when` lies from `now`: just now, 3 hours ago, in 6 days."""
    if when is None:
        return DASH
    distance = when - now
    if abs(distance) < timedelta(seconds=45):
        return "just now"
    return dates.format_timedelta(distance, add_direction=True, threshold=1, locale=LOCALE)


def listing(names: list[str], *, most: int = 3) -> str:
    """Names as one says them: "Acme, Globex and 4 more"."""
    if not names:
        return DASH
    shown = names if len(names) <= most else [*names[:most], f"{integer(len(names) - most)} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def count(value: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: 1 customer, 1,284 customers."""
    return f"{integer(value)} {singular if value == 1 else plural or singular + 's'}"


def plain(text: str) -> str:
    """`text` from data as Markdown that shows exactly it: no formatting, link, image, color or formula starts in it."""
    return _MARKDOWN.sub(r"\\\1", text.replace("\n", " "))


def phrase(identifier: str) -> str:
    """The words of an id that names a kind of thing: limit_approached is "Limit approached"."""
    words = identifier.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
