"""Which limits hold for a license: what was agreed with it first, then the seats sold on it, then its tier's."""

from collections.abc import Mapping
from typing import Literal

Source = Literal["tier", "seats", "override", "none"]
MEMBERS = "members"


def effective(
    tier_limits: Mapping[str, int | None], max_seats: int | None, overrides: Mapping[str, int | None]
) -> dict[str, tuple[int | None, Source]]:
    """Return by meter the highest value (None is UNLIMITED) and where it comes from; `overrides` are those in force."""
    found: dict[str, tuple[int | None, Source]] = {meter: (highest, "tier") for meter, highest in tier_limits.items()}
    if max_seats is not None:
        found[MEMBERS] = (max_seats, "seats")
    return found | {meter: (highest, "override") for meter, highest in overrides.items()}
