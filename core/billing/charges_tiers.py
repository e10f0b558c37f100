"""What all charges are made of: a priced line, a tier of a table, and what both must be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.billing.calculation import require_decimal
from core.errors import InvalidInput

ZERO = Decimal(0)
PLACES = 12  # decimal digits of a unit price: what Stripe takes, and more than any price list has


@dataclass(frozen=True)
class ChargeLine:
    """A line of a charge: `amount` = `quantity` × `unit_price`, both prices in major units and exact."""

    text: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Tier:
    """What units up to and including `up_to` cost: `price` each and `flat` once; the last tier has no end."""

    up_to: Decimal | None
    price: Decimal = ZERO
    flat: Decimal = ZERO


@dataclass(frozen=True)
class Stretch:
    """A tier with where it begins: units above `above`, up to and including `up_to`."""

    above: Decimal
    tier: Tier

    def holds(self, units: Decimal) -> Decimal:
        """Return how many of `units` lie in it."""
        end = units if self.tier.up_to is None else min(units, self.tier.up_to)
        return max(end - self.above, ZERO)

    @property
    def text(self) -> str:
        """Where it lies, in words."""
        if self.tier.up_to is None:
            return f"Above {said(self.above)}" if self.above else "All"
        return f"From {said(self.above)} to {said(self.tier.up_to)}" if self.above else f"First {said(self.tier.up_to)}"


def stretches(tiers: Sequence[Tier]) -> Iterator[Stretch]:
    """Yield each tier with where it begins: at the end of the one before."""
    above = ZERO
    for tier in tiers:
        yield Stretch(above, tier)
        above = tier.up_to or above


def line(text: str, quantity: Decimal, unit_price: Decimal) -> ChargeLine:
    """Return the line of a quantity at a price."""
    return ChargeLine(text, quantity, unit_price, quantity * unit_price)


def require_tiers(tiers: Sequence[Tier], field: str = "tiers") -> None:
    """Raise InvalidInput, naming the tier, unless they ascend without a gap and the last is open."""
    if not tiers:
        raise InvalidInput("Give at least one tier.", field=field)
    last = ZERO
    for at, tier in enumerate(tiers):
        here = f"{field}[{at}]"
        require_price(tier.price, f"{here}.price")
        require_price(tier.flat, f"{here}.flat")
        is_last = at == len(tiers) - 1
        if tier.up_to is None and not is_last:
            raise InvalidInput(f"Tier {at + 1} has no end, so no tier can follow it.", field=f"{here}.upTo")
        if tier.up_to is not None:
            require_decimal(tier.up_to)
            if is_last:
                raise InvalidInput(
                    "Leave the end of the last tier open: somebody will use more than it.", field=f"{here}.upTo"
                )
            if tier.up_to <= last:
                raise InvalidInput(f"Tier {at + 1} must end above {said(last)}.", field=f"{here}.upTo")
            last = tier.up_to


def require_price(price: Decimal, field: str) -> None:
    """Raise InvalidInput unless it is an amount of 0 or more with at most 12 decimal digits."""
    require_decimal(price)
    if not price.is_finite() or price < 0:
        raise InvalidInput("Give an amount of 0 or more.", field=field)
    exponent = price.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -PLACES:
        raise InvalidInput(f"Give at most {PLACES} decimal digits.", field=field)


def require_units(units: Decimal) -> None:
    """Raise InvalidInput for a count of units below zero, or none at all."""
    require_decimal(units)
    if not units.is_finite() or units < 0:
        raise InvalidInput("Units are counted from 0 up.", field="units")


def said(number: Decimal) -> str:
    """Return a number with thousands set apart and no idle zeros: 1,000 or 0.1."""
    return f"{number.normalize():,f}"
