"""What lines, discounts and taxes add up to: precise amounts in, whole minor units out, each line rounded once."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Literal

from core.errors import InvalidInput
from core.money import round_half_up

_HUNDRED = Decimal(100)
# Far finer than a coin, far coarser than what Decimal's 28 digits lose: a half stays a half after a division by three.
_SETTLED = Decimal("1e-12")


@dataclass(frozen=True)
class PreciseLine:
    """A line before any rounding: `amount` in minor units, `tax_rate` in percent; below zero it is a credit."""

    key: str
    amount: Decimal
    tax_rate: Decimal = Decimal(0)
    tax_category: str = "S"

    def __post_init__(self) -> None:
        require_decimal(self.amount, self.tax_rate)
        if self.tax_rate < 0:
            raise InvalidInput("A tax rate is a percentage of 0 or more.", field="taxRate")


@dataclass(frozen=True)
class Discount:
    """`value` percent, or a fixed amount in minor units, off what earlier discounts have left of the charges."""

    kind: Literal["percent", "fixed"]
    value: Decimal

    def __post_init__(self) -> None:
        require_decimal(self.value)
        if self.value < 0 or (self.kind == "percent" and self.value > _HUNDRED):
            raise InvalidInput("A discount is 0 to 100 percent, or an amount of 0 or more.", field="discount")


@dataclass(frozen=True)
class TotalLine:
    """A line in whole minor units: `net` is after `discount` and before `tax`."""

    key: str
    net: int
    discount: int
    tax: int


@dataclass(frozen=True)
class TaxTotal:
    """What one rate of one category comes to, in minor units, over all lines it applies to."""

    category: str
    rate: Decimal
    base: int
    tax: int


@dataclass(frozen=True)
class Totals:
    """The lines and their sums in minor units: subtotal − discount + tax = total."""

    lines: tuple[TotalLine, ...]
    taxes: tuple[TaxTotal, ...]
    subtotal: int
    discount: int
    tax: int
    total: int


def invoice_totals(lines: Sequence[PreciseLine], discounts: Sequence[Discount] = ()) -> Totals:
    """Return every line rounded half up once, and the sums of the rounded lines.

    Discounts come off the charges one after another, each spread over them in proportion; credits are left as they
    are. A discount of 10.00 takes off 10.00 in all: what rounding leaves over falls to the lines nearest to the next
    coin. Tax is taken from the precise discounted amount, never from a rounded one.
    """
    off = _spread([line.amount for line in lines], discounts)
    gross = [_whole(line.amount) for line in lines]
    taken = _apportioned(off, gross)
    made = tuple(
        TotalLine(line.key, whole - less, less, _whole((line.amount - precise) * line.tax_rate / _HUNDRED))
        for line, whole, less, precise in zip(lines, gross, taken, off, strict=True)
    )
    subtotal, discount, tax = sum(gross), sum(taken), sum(line.tax for line in made)
    return Totals(made, _taxes(lines, made), subtotal, discount, tax, subtotal - discount + tax)


def prorated(amount: Decimal, used_days: int, period_days: int) -> Decimal:
    """Return the precise part of `amount` for `used_days` of a period's days; InvalidInput for days it hasn't."""
    require_decimal(amount)
    if not 0 <= used_days <= period_days or period_days == 0:
        raise InvalidInput(
            f"{used_days} days are no part of a period of {period_days}. Give days from 0 to the period's own.",
            field="days",
        )
    return amount * used_days / period_days


def require_decimal(*values: Decimal) -> None:
    """Raise TypeError for a number that is no Decimal: a float has lost its cents before it arrives."""
    for value in values:
        if not isinstance(value, Decimal):
            raise TypeError(f"amounts, units and rates are Decimal, not {type(value).__name__}")


def _spread(amounts: Sequence[Decimal], discounts: Sequence[Discount]) -> list[Decimal]:
    left = [max(amount, Decimal(0)) for amount in amounts]
    for each in discounts:
        base = sum(left, Decimal(0))
        if base == 0:
            break
        off = base * each.value / _HUNDRED if each.kind == "percent" else min(each.value, base)
        left = [amount - off * amount / base for amount in left]
    return [max(amount, Decimal(0)) - rest for amount, rest in zip(amounts, left, strict=True)]


def _apportioned(precise: Sequence[Decimal], room: Sequence[int]) -> list[int]:
    settled = [amount.quantize(_SETTLED) for amount in precise]
    taken = [min(int(amount), most) if most > 0 else 0 for amount, most in zip(settled, room, strict=True)]
    # Fewer coins remain than lines, and no line gives more than it has: a full discount ends at zero, not below.
    due = min(_whole(sum(settled, Decimal(0))), sum(most for most in room if most > 0)) - sum(taken)
    while due > 0:
        open_lines = [at for at, most in enumerate(room) if taken[at] < most]
        nearest = max(open_lines, key=lambda at: (settled[at] - taken[at], -at))
        taken[nearest] += 1
        due -= 1
    return taken


def _taxes(lines: Sequence[PreciseLine], made: Sequence[TotalLine]) -> tuple[TaxTotal, ...]:
    def rate(pair: tuple[PreciseLine, TotalLine]) -> tuple[str, Decimal]:
        return pair[0].tax_category, pair[0].tax_rate

    pairs = sorted(zip(lines, made, strict=True), key=rate)
    found = []
    for (category, percent), group in groupby(pairs, key=rate):
        of_rate = [line for _, line in group]
        found.append(TaxTotal(category, percent, sum(line.net for line in of_rate), sum(line.tax for line in of_rate)))
    return tuple(found)


def _whole(precise: Decimal) -> int:
    return round_half_up(precise.quantize(_SETTLED))
