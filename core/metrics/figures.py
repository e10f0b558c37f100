"""The few shapes in which a value follows from sums: one of them, or one divided by another."""

from collections.abc import Callable
from decimal import Decimal

from core.metrics.metric import Sums, Undefined, Value


def sum_of(*names: str) -> Callable[[Sums], Value]:
    """Return the sum of some measures as a value of its own."""
    return lambda sums: sum((sums[name] for name in names), start=0)


def size_of(name: str) -> Callable[[Sums], Value]:
    """Return a measure that is kept negative (what was lost) as a positive value."""
    return lambda sums: -sums[name]


def share(part: str, whole: str, missing: str) -> Callable[[Sums], Value]:
    """Return one measure divided by another, or why there is nothing to divide by."""

    def of(sums: Sums) -> Value:
        return Decimal(sums[part]) / Decimal(sums[whole]) if sums[whole] else Undefined(missing)

    return of


def from_rate(rate: Callable[..., Decimal | None], *names: str, missing: str) -> Callable[[Sums], Value]:
    """Return a rate of core/finance applied to some measures; where the rate is None, why it is not defined."""

    def of(sums: Sums) -> Value:
        found = rate(*(sums[name] for name in names))
        return Undefined(missing) if found is None else found

    return of
