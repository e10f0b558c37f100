"""Cells read as values: text, whole numbers, amounts, flags, words; what can't be read is refused with its reason."""

from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Final

from babel import Locale

from core.imports.findings import Refused
from core.money import Money, exponent

LONGEST_TEXT: Final = 2_000
LARGEST: Final = 2**53
_YES: Final = frozenset({"true", "yes", "y", "t", "1"})
_NO: Final = frozenset({"false", "no", "n", "f", "0", ""})


def text(cell: str, column: str, *, longest: int = LONGEST_TEXT) -> str:
    """Return the cell trimmed."""
    found = cell.strip()
    if len(found) > longest:
        raise Refused("bad_text", f"{column} has {len(found):,} characters; {longest:,} are the most.")
    if "\x00" in found or any("\ud800" <= one <= "\udfff" for one in found):
        raise Refused("bad_text", f"{column} holds a character that can't be stored.")
    return found


def whole(cell: str, column: str, *, least: int = 0, most: int = LARGEST) -> int:
    """Return a whole number; 4.0 is one."""
    value = _decimal(cell, column)
    if value != value.to_integral_value():
        raise Refused("bad_number", f"{column} is a whole number, not {cell[:40]}.")
    if value < 0 <= least:
        raise Refused("bad_number", f"{column} is negative: {cell[:40]}.")
    if not least <= value <= most:
        raise Refused("bad_number", f"{column} is {cell[:40]}, beyond {least:,} to {most:,}.")
    return int(value)


def amount(cell: str, column: str, currency: str) -> Money:
    """Return an amount in major units as written, such as 49.90; never negative, never finer than the currency."""
    value = _decimal(cell, column)
    if value < 0:
        raise Refused("negative_amount", f"{column} is negative: {cell[:40]}.")
    minor = value.scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        raise Refused("fraction_of_cent", f"{column} is {cell[:40]}, finer than {currency} goes.")
    if minor > LARGEST:
        raise Refused("bad_number", f"{column} is {cell[:40]}, more than can be right.")
    return Money(int(minor), currency)


def flag(cell: str, column: str) -> bool:
    """Return whether the cell says yes; an empty one says no."""
    word = cell.strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Refused("bad_flag", f"{column} is “{cell[:40]}”, neither true nor false.")


def country(cell: str) -> str | None:
    """Return the ISO 3166 code of a country, or None where there is none of that code."""
    code = cell.strip().upper()
    return code if code in _countries() else None


def _decimal(cell: str, column: str) -> Decimal:
    try:
        value = Decimal(cell.strip())
    except InvalidOperation:
        raise Refused("bad_number", f"{column} is “{cell[:40]}”, no number.") from None
    if not value.is_finite() or abs(value) > Decimal(10) ** 30:
        raise Refused("bad_number", f"{column} is “{cell[:40]}”, no number to count with.")
    return value


@cache
def _countries() -> frozenset[str]:
    codes = {str(code) for code in Locale("en").territories}
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha()) - {"ZZ", "XA", "XB", "EU", "UN", "QO"}
