"""A customer as lists show it, and what a list can be narrowed to."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.culture.health_rules import BANDS
from core.errors import InvalidInput
from core.licensing.status import Status
from core.money import Money

AT_RISK_BELOW: Final = 50
NEAR_LIMIT_FROM: Final = Decimal("0.8")
LONGEST_TEXT: Final = 200
DAYS_SHOWN: Final = 30


@dataclass(frozen=True)
class Customer:
    """One customer; license, tier and status are its main license's: live before dead, highest tier, then newest.

    `mrr` is in the customer's currency and None without `finance:read`; `daily_30d` holds events a UTC day, oldest
    first; `limit_share` is the highest share of any limit in force (0.95 is 95 %).
    """

    organization_id: UUID
    name: str
    install_id: str
    license_id: UUID
    tier_id: str
    term: str
    status: Status
    billing_period: str | None
    licenses: int
    country: str | None
    segment: str | None
    owner_email: str | None
    mrr: Money | None
    health: float | None
    health_low: float | None
    health_high: float | None
    health_week_ago: float | None
    events_30d: int
    daily_30d: tuple[int, ...]
    limit_share: float | None
    limit_meter: str | None
    archetype: str | None
    sentence: str | None
    upsells: int
    top_priority: str | None
    issued_at: datetime
    expires_at: datetime | None
    last_seen_at: datetime | None
    refreshed_at: datetime

    @property
    def band(self) -> str | None:
        """The band of its health, or None where health is not known."""
        return health_band(self.health)


@dataclass(frozen=True)
class CustomerFilter:
    """What a list is narrowed to; the empty filter is every customer.

    `text` is part of a name, or an install id; `live` leaves out who is revoked, suspended or expired; `archetype` is
    the word on the card.
    """

    status: str | None = None
    tier: str | None = None
    segment: str | None = None
    term: str | None = None
    owner: str | None = None
    text: str = ""
    at_risk: bool = False
    near_limit: bool = False
    live: bool = False
    archetype: str | None = None

    def __post_init__(self) -> None:
        if self.status is not None and self.status not in set(Status):
            raise InvalidInput(f"There is no status “{self.status}”. Use one of {', '.join(Status)}.", field="status")
        if len(self.text) > LONGEST_TEXT:
            raise InvalidInput(f"Search for {LONGEST_TEXT} characters or fewer.", field="q")


@dataclass(frozen=True)
class CustomerPage:
    """One page of a list; `next_cursor` is None on the last."""

    customers: tuple[Customer, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class CustomerTotals:
    """How many customers a filter leaves, and their MRR in the reporting currency (None without `finance:read`)."""

    customers: int
    mrr: Money | None


@dataclass(frozen=True)
class Facets:
    """Counts for the chips above the list, over all customers."""

    total: int
    status: dict[str, int]
    tier: dict[str, int]
    segment: dict[str, int]
    trials: int
    at_risk: int
    near_limit: int


@dataclass(frozen=True)
class Stats:
    """The four figures of the console's head; `conversion_rate` is trials_converted ÷ trials_ended of 90 days."""

    total_customers: int
    active_licenses: int
    monthly_revenue: Money | None
    trials_ended: int
    trials_converted: int

    @property
    def conversion_rate(self) -> Decimal | None:
        """The share of trials ended that became paid, to four places; None where none ended."""
        if self.trials_ended == 0:
            return None
        return (Decimal(self.trials_converted) / self.trials_ended).quantize(Decimal("0.0001"))


@dataclass(frozen=True)
class BlastRadius:
    """What a revoke would stop: shown before anybody confirms it."""

    organization: str
    install_id: str
    installations: int
    domains: tuple[str, ...]
    events_30d: int
    mrr: Money | None
    last_check_in_at: datetime | None


@dataclass(frozen=True)
class LicenseNews:
    """A license that was issued or revoked."""

    what: str
    organization_id: UUID
    organization: str
    install_id: str
    tier_id: str
    at: datetime


def health_band(score: float | None) -> str | None:
    """Return the word for a health score, or None for an unknown one."""
    return None if score is None else next(word for lowest, word in BANDS if score >= lowest)
