"""What is known of a customer beside telemetry: license, the ladder of tiers, and the money facts from above."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from core.licensing.reads import License, Tier
from core.money import Money


@dataclass(frozen=True)
class Commercial:
    """Facts of billing and support that culture does not fetch itself; None is not known, never “none”.

    `list_mrr` is each tier's monthly list price in the currency of `mrr`; `retained` the share of customers kept for
    twelve months by the vendor's own history.
    """

    mrr: Money | None = None
    list_mrr: Mapping[str, Money] = field(default_factory=dict)
    days_late: int | None = None
    payment_failed: bool | None = None
    urgent_tickets: int | None = None
    contacted_at: datetime | None = None
    retained: Fraction | None = None


UNKNOWN = Commercial()


@dataclass(frozen=True)
class Account:
    """The license of one install and every tier there is, lowest rank first."""

    license: License
    tiers: tuple[Tier, ...]
    commercial: Commercial = UNKNOWN

    @property
    def tier(self) -> Tier:
        """The tier of the license."""
        return next(tier for tier in self.tiers if tier.id == self.license.tier_id)

    @property
    def features(self) -> frozenset[str]:
        """What the license includes: its tier's features and its own entitlements."""
        return frozenset(self.tier.features) | frozenset(self.license.entitlements)

    def days_to_expiry(self, now: datetime) -> float | None:
        """Return days until the license ends, negative once it has; None for one without an end."""
        return _days(now, self.license.expires_at)

    def days_silent(self, now: datetime) -> float | None:
        """Return days since the last check-in, None before the first."""
        at = self.license.last_check_in_at
        return None if at is None else max(0.0, (now - at).total_seconds() / 86_400)

    def age_days(self, now: datetime) -> float:
        """Return days since the license was issued."""
        return (now - self.license.issued_at).total_seconds() / 86_400

    def lapsed(self, now: datetime) -> str | None:
        """Return in a word why the license does not run now, or None."""
        if self.license.revoked_at is not None:
            return "revoked"
        if self.license.suspended_at is not None:
            return "suspended"
        left = self.days_to_expiry(now)
        return "expired" if left is not None and left <= 0 else None


def _days(now: datetime, until: datetime | None) -> float | None:
    return None if until is None else (until - now).total_seconds() / 86_400
