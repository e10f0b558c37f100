"""Volume charges: all units cost what the tier says that their number falls in."""

from dataclasses import dataclass
from decimal import Decimal

from core.billing.charges_tiers import ChargeLine, Stretch, Tier, line, require_tiers, require_units, said, stretches
from core.errors import InvalidInput


@dataclass(frozen=True)
class Volume:
    """One price for every unit, the lower the more there are; the tier's flat fee once."""

    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        require_tiers(self.tiers)


def volume(charge: Volume, units: Decimal, prorated: Decimal | None = None) -> tuple[ChargeLine, ...]:
    """Return the line of all units and the tier's flat fee.

    With `prorated` units the tier is still told by all `units`, the price is taken for the prorated ones, and the
    flat fee stays whole (Lago's rule, C17). A fraction between two tiers lies in the upper one.
    """
    require_units(units)
    charged = units if prorated is None else prorated
    require_units(charged)
    if charged > units:
        raise InvalidInput("Prorated units are no more than the units.", field="prorated")
    stretch = _reached(charge, units)
    found = []
    if charged:
        text = f"All at the price of {_within(stretch)}"
        found.append(line(text if prorated is None else f"{text}, by day", charged, stretch.tier.price))
    if stretch.tier.flat:
        found.append(line(f"Flat fee: {_within(stretch)}", Decimal(1), stretch.tier.flat))
    return tuple(found)


def _reached(charge: Volume, units: Decimal) -> Stretch:
    return next(each for each in stretches(charge.tiers) if each.tier.up_to is None or units <= each.tier.up_to)


def _within(stretch: Stretch) -> str:
    if stretch.tier.up_to is None:
        return f"more than {said(stretch.above)}" if stretch.above else "any number"
    return f"up to {said(stretch.tier.up_to)}"
