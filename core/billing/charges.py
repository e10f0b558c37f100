"""What usage costs: one of six ways to charge, and the least that is paid whatever was used."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from core.billing.charges_tiers import ZERO, ChargeLine, line, require_price
from core.billing.graduated import Graduated, graduated
from core.billing.package import Package, Standard, package, standard
from core.billing.percentage import GraduatedPercentage, Percentage, graduated_percentage, percentage
from core.billing.volume import Volume, volume

Model = Standard | Graduated | Volume | Package | Percentage | GraduatedPercentage


@dataclass(frozen=True)
class Charge:
    """How units are charged, and the `minimum` of a period in major units: what is missing is a line of its own."""

    model: Model
    minimum: Decimal = ZERO

    def __post_init__(self) -> None:
        require_price(self.minimum, "minimum")


def usage_charge(charge: Charge, units: Decimal, events: Sequence[Decimal] = ()) -> tuple[ChargeLine, ...]:
    """Return the lines of what was used, exact and in major units.

    `events` hold the units of each event, for percentage charges that count them. Raises InvalidInput for units below
    zero, or events that don't add up to them.
    """
    lines = _lines(charge.model, units, events)
    missing = true_up(charged(lines), charge.minimum)
    return (*lines, line("Up to the minimum", Decimal(1), missing)) if missing else lines


def charged(lines: Sequence[ChargeLine]) -> Decimal:
    """Return what the lines come to, in major units and exact."""
    return sum((each.amount for each in lines), ZERO)


def true_up(amount: Decimal, minimum: Decimal) -> Decimal:
    """Return what is missing to the minimum; zero where the amount reaches it."""
    return max(minimum - amount, ZERO)


def _lines(model: Model, units: Decimal, events: Sequence[Decimal]) -> tuple[ChargeLine, ...]:
    match model:
        case Standard():
            return standard(model, units)
        case Graduated():
            return graduated(model, units)
        case Volume():
            return volume(model, units)
        case Package():
            return package(model, units)
        case Percentage():
            return percentage(model, units, events)
        case GraduatedPercentage():
            return graduated_percentage(model, units)
        case _:
            assert_never(model)
