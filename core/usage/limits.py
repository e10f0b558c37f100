"""Limits in force for a license, and how much of one is used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from core.licensing.limits import Source, effective
from core.usage.meters import METERS

# A tier may hold that a meter has no highest value; that is a value of its own, not a missing one.
UNLIMITED: Final = None
WARN_SHARE = 0.8


@dataclass(frozen=True)
class Limit:
    """The highest value of a meter, or UNLIMITED, and where it comes from; `source` none: nobody limits this meter."""

    meter: str
    highest: int | None
    source: Source = "tier"
    ends_at: datetime | None = None

    def share(self, consumed: float) -> float | None:
        """Return the used fraction: 1 is the limit itself; None where there is no limit."""
        if self.highest is None:
            return None
        return consumed / self.highest if self.highest else float(consumed > 0)


@dataclass(frozen=True)
class Override:
    """What was agreed with one customer in place of its tier's limit; `ends_at` None: until somebody ends it."""

    id: UUID
    organization_id: UUID
    organization: str
    license_id: UUID
    install_id: str
    tier_id: str
    meter: str
    highest: int | None
    starts_at: datetime
    ends_at: datetime | None
    reason: str
    by: str

    def in_force(self, at: datetime) -> bool:
        """Whether it holds at an instant."""
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


def in_force(
    tier_limits: Mapping[str, int | None], max_seats: int | None = None, overrides: Sequence[Override] = ()
) -> tuple[Limit, ...]:
    """Return the limits of a license in the order of the meters; `overrides` are those in force, one a meter."""
    agreed = {one.meter: one for one in overrides}
    found = effective(tier_limits, max_seats, {meter: one.highest for meter, one in agreed.items()})
    return tuple(
        Limit(meter, *found[meter], ends_at=agreed[meter].ends_at if meter in agreed else None)
        for meter in METERS
        if meter in found
    )
