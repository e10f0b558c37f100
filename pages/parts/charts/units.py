"""What an axis counts: its name, and how one of its values is said exactly and in short."""

from collections.abc import Callable
from dataclasses import dataclass

from babel import numbers

from pages.parts import format as say


@dataclass(frozen=True, slots=True)
class Unit:
    """`exact` and `short` turn a plotted value into words; `whole` keeps ticks on whole steps."""

    name: str
    exact: Callable[[say.Number], str]
    short: Callable[[say.Number], str]
    whole: bool = False


def money(currency: str, per: str = "") -> Unit:
    """Values in minor units of `currency`; `per` is the rest of the name, such as "a month"."""
    name = numbers.get_currency_name(currency, count=2, locale=say.LOCALE)
    return Unit(
        name=f"{name} {per}".strip(),
        exact=lambda value: say.money(round(value), currency),
        short=lambda value: say.compact_money(round(value), currency),
    )


def count(noun: str) -> Unit:
    """Whole things, named in the plural: "customers"."""
    return Unit(name=noun, exact=say.integer, short=say.compact, whole=True)


def number(noun: str, *, digits: int = 1) -> Unit:
    """Measured values that are neither money nor counts: "months"."""
    return Unit(name=noun, exact=lambda value: say.decimal(value, digits=digits), short=say.compact)


def percent(of: str, *, digits: int = 1) -> Unit:
    """Shares of one; `of` says of what: "of opening MRR"."""
    return Unit(
        name=f"percent {of}".strip(),
        exact=lambda value: say.percent(value, digits=digits),
        short=lambda value: say.percent(
            value, digits=0 if abs(float(value) * 100 - round(float(value) * 100)) < 1e-9 else 1
        ),
    )


def size(noun: str = "bytes") -> Unit:
    """Amounts of data in bytes."""
    return Unit(name=noun, exact=say.size, short=say.size)


def duration(noun: str = "time") -> Unit:
    """Spans in seconds."""
    return Unit(name=noun, exact=say.duration, short=say.duration)
