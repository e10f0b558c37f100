"""Limits in force for a license, and how much of one is used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.usage.meters import METERS

# A tier may hold that a meter has no highest value; that is a value of its own, not a missing one.
UNLIMITED: Final = None
WARN_SHARE = 0.8


@dataclass(frozen=True)
class Limit:
    """The highest value of a meter, or UNLIMITED."""

    meter: str
    highest: int | None

    def share(self, consumed: float) -> float | None:
        """Return the used fraction: 1 is the limit itself; None where there is no limit."""
        if self.highest is None:
            return None
        return consumed / self.highest if self.highest else float(consumed > 0)


def in_force(tier_limits: Mapping[str, int | None], max_seats: int | None = None) -> tuple[Limit, ...]:
    """Return the limits of a license in the order of the meters: its tier's, seats sold on the license before those."""
    limits = dict(tier_limits)
    if max_seats is not None:
        limits["members"] = max_seats
    return tuple(Limit(meter, limits[meter]) for meter in METERS if meter in limits)
