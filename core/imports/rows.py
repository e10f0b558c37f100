"""Rows as they would be taken over: each knows the file, line and id it came from."""

from dataclasses import dataclass
from datetime import date, datetime

from core.billing.recurring import monthly_value
from core.money import Money
from core.periods import BillingPeriod
from core.support.tickets import Priority

# A row is known by its source and its id there.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row came from; `digest` tells whether it is still the same."""

    source: str
    file: str
    line: int
    id: str
    digest: bytes

    @property
    def key(self) -> Key:
        """Source and id."""
        return self.source, self.id


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A company; `churned` is what its own flag says, None without one."""

    origin: Origin
    name: str
    signed_up: datetime
    tier: str | None
    seats: int | None
    country: str | None
    segment: str | None
    email: str | None
    churned: bool | None


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A priced agreement: `amount` × `quantity` a billing period, from `starts` until just before `ends`."""

    origin: Origin
    customer: Key
    tier: str
    starts: datetime
    ends: datetime | None
    amount: Money
    quantity: int
    billing: BillingPeriod
    trial: bool
    churned: bool | None

    @property
    def mrr(self) -> Money:
        """What it is worth a month while it lasts."""
        return monthly_value(self.amount, self.billing, self.quantity)

    def lives(self, at: datetime) -> bool:
        """Whether it is in force at an instant."""
        return self.starts <= at and (self.ends is None or at < self.ends)


@dataclass(frozen=True, slots=True)
class UseRow:
    """Use of a feature on a day; `owner` is a customer or a subscription."""

    origin: Origin
    owner: Key
    day: date
    feature: str
    uses: int
    errors: int
    seconds: int


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A support ticket."""

    origin: Origin
    customer: Key
    submitted: datetime
    closed: datetime | None
    priority: Priority
    response_minutes: int | None
    satisfaction: int | None
    escalated: bool
    subject: str


@dataclass(frozen=True, slots=True)
class ChurnRow:
    """A note that a customer left."""

    origin: Origin
    customer: Key
    at: datetime
    reason: str
    feedback: str
    refund: Money
    reactivation: bool


Row = CustomerRow | SubscriptionRow | UseRow | TicketRow | ChurnRow
