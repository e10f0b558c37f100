"""Standard and package charges: a price for each unit, or for each package that has been begun."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from core.billing.calculation import require_decimal
from core.billing.charges_tiers import ZERO, ChargeLine, line, require_price, require_units, said
from core.errors import InvalidInput


@dataclass(frozen=True)
class Standard:
    """`price` a unit, after the first `free` ones."""

    price: Decimal
    free: Decimal = ZERO

    def __post_init__(self) -> None:
        require_price(self.price, "price")
        require_price(self.free, "free")


@dataclass(frozen=True)
class Package:
    """`price` for each `size` units begun, after the first `free` units."""

    price: Decimal
    size: Decimal
    free: Decimal = ZERO

    def __post_init__(self) -> None:
        require_price(self.price, "price")
        require_price(self.free, "free")
        require_decimal(self.size)
        if not self.size.is_finite() or self.size <= 0:
            raise InvalidInput("A package holds more than 0 units.", field="size")


def standard(charge: Standard, units: Decimal) -> tuple[ChargeLine, ...]:
    """Return the line of the units that are not free."""
    paid = _paid(units, charge.free)
    return (line(_beyond("Each", charge.free), paid, charge.price),) if paid else ()


def package(charge: Package, units: Decimal) -> tuple[ChargeLine, ...]:
    """Return the line of the packages begun: one unit of a package costs the whole of it."""
    paid = _paid(units, charge.free)
    begun = (paid / charge.size).to_integral_value(ROUND_CEILING)
    return (line(_beyond(f"Packages of {said(charge.size)}", charge.free), begun, charge.price),) if begun else ()


def _paid(units: Decimal, free: Decimal) -> Decimal:
    require_units(units)
    return max(units - free, ZERO)


def _beyond(text: str, free: Decimal) -> str:
    return f"{text} beyond {said(free)} free" if free else text
