"""Graduated charges: each unit costs what its tier says."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.billing.calculation import require_decimal
from core.billing.charges_tiers import ZERO, ChargeLine, Stretch, Tier, line, require_tiers, require_units, stretches
from core.errors import InvalidInput


@dataclass(frozen=True)
class Graduated:
    """The first units at the first tier's price, the next at the next one's; a tier's flat fee once it is reached."""

    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        require_tiers(self.tiers)


@dataclass(frozen=True)
class Change:
    """Units added (or, below zero, given up) in a period, and the part of them that its days stand for."""

    full: Decimal
    prorated: Decimal

    def __post_init__(self) -> None:
        require_decimal(self.full, self.prorated)
        if abs(self.prorated) > abs(self.full) or self.full * self.prorated < 0:
            raise InvalidInput("Prorated units lie between none and all of the units.", field="prorated")


def graduated(charge: Graduated, units: Decimal) -> tuple[ChargeLine, ...]:
    """Return a line for each tier with units in it, and its flat fee; no units still pay the first tier's fee."""
    require_units(units)
    found = []
    for stretch in stretches(charge.tiers):
        inside = stretch.holds(units)
        if inside:
            found.append(line(stretch.text, inside, stretch.tier.price))
        found += _flat(stretch, reached=inside > 0)
    return tuple(found)


def prorated_graduated(charge: Graduated, changes: Sequence[Change]) -> tuple[ChargeLine, ...]:
    """Return the lines of units that came and went within a period.

    Which tier a unit lies in is told by all units held, and what it costs there by its prorated part. Units given up
    leave the highest tiers first. Flat fees are whole for every tier that was ever reached (Lago's rule, C39).
    """
    held = highest = ZERO
    inside = {stretch.above: ZERO for stretch in stretches(charge.tiers)}
    for change in changes:
        after = held + change.full
        if after < 0:
            raise InvalidInput("More units are given up than are held.", field="full")
        for stretch in stretches(charge.tiers):
            moved = stretch.holds(after) - stretch.holds(held)
            if moved:
                inside[stretch.above] += change.prorated * moved / change.full
        held, highest = after, max(highest, after)
    found = []
    for stretch in stretches(charge.tiers):
        if inside[stretch.above]:
            found.append(line(f"{stretch.text}, by day", inside[stretch.above], stretch.tier.price))
        found += _flat(stretch, reached=stretch.holds(highest) > 0)
    return tuple(found)


def _flat(stretch: Stretch, *, reached: bool) -> list[ChargeLine]:
    due = stretch.tier.flat and (reached or stretch.above == 0)
    return [line(f"Flat fee: {stretch.text.lower()}", Decimal(1), stretch.tier.flat)] if due else []
