"""What a difference between Stripe and our books is, and what both sides hold; the shapes of a reconciliation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args
from uuid import UUID

from core.billing.reads import Subscription
from core.billing.stripe.amounts import our_amount
from core.billing.stripe.reads import Kept, Ours
from core.billing.stripe.terms import TierOf
from core.money import Money

Subject = Literal["customer", "subscription", "mrr", "invoice", "payment", "refund", "dispute"]
Fault = Literal["missing_here", "missing_there", "amount", "currency", "state", "unread", "ledger"]
SUBJECTS: Final[tuple[Subject, ...]] = get_args(Subject)
FAULTS: Final[dict[Fault, str]] = {
    "missing_here": "Missing here",
    "missing_there": "Missing in Stripe",
    "amount": "Amount differs",
    "currency": "Currency differs",
    "state": "State differs",
    "unread": "Not taken in",
    "ledger": "Ledger differs",
}
NOTHING: Final = ""


@dataclass(frozen=True)
class Difference:
    """One thing on which Stripe and our books disagree; `stripe` and `here` say how, in a few words each.

    `gap` is what Stripe has more than we have, a month for a subscription; nothing where only the state differs.
    """

    subject: Subject
    fault: Fault
    external_id: str
    organization_id: UUID | None
    stripe: str
    here: str
    gap: Money

    @property
    def worth(self) -> Money:
        """The size of the gap."""
        return self.gap if self.gap.minor >= 0 else -self.gap


@dataclass(frozen=True)
class Side:
    """What of one subject both sides hold: how many, and their sums by currency in minor units."""

    subject: Subject
    stripe_count: int
    here_count: int
    stripe: Mapping[str, int]
    here: Mapping[str, int]


@dataclass(frozen=True)
class Held:
    """What both sides hold, as it was read: Stripe's as last told, ours as they stand."""

    customers: Mapping[str, Kept]
    subscriptions: Mapping[str, Kept]
    items: Mapping[str, Kept]
    invoices: Mapping[str, Kept]
    payments: Mapping[str, Kept]
    refunds: Mapping[str, Kept]
    disputes: Mapping[str, Kept]
    ours: Mapping[UUID, Subscription]
    ledger: Mapping[UUID, Money]
    our_invoices: Mapping[str, Ours]
    our_payments: Mapping[str, Ours]
    tier_of: TierOf
    at: datetime


def amount_of(one: Kept, field: str) -> Money:
    """Return an amount of an object of Stripe's, in our minor units."""
    return our_amount(int(one.payload.get(field) or 0), str(one.payload["currency"]))


def sums(amounts: Iterable[Money]) -> dict[str, int]:
    """Return minor units by currency."""
    found: dict[str, int] = {}
    for one in amounts:
        found[one.currency] = found.get(one.currency, 0) + one.minor
    return found
