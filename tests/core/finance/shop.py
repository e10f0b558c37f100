"""A shop that sells, ends and asks through the product's own writes and reads: what the worked cases are played in."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.billing.reads import Subscription
from core.billing.writes import end_subscription, start_subscription
from core.finance.ledger import ledger_facts
from core.finance.reads import movements_of, mrr_at
from core.finance.writes import record_movement
from core.money import Money
from core.periods import BillingPeriod, Period
from db.session import WriteSession
from tests.books import bare_license, customer
from tests.cast import Cast

GOLD: Final = "enterprise"
SILVER: Final = "basic"


class Shop:
    """Sells, ends and asks, through the product's own writes and reads."""

    def __init__(self, session: WriteSession, cast: Cast, opened: datetime) -> None:
        self.session, self.cast, self.opened = session, cast, opened

    def customer(self, name: str) -> UUID:
        """Add a customer."""
        return customer(self.session, self.cast.system, name, self.opened)

    def sell(
        self,
        whom: UUID,
        minor: int,
        at: datetime,
        *,
        period: BillingPeriod = "monthly",
        quantity: int = 1,
        tier: str = SILVER,
        currency: str = "USD",
    ) -> Subscription:
        """Start a subscription of its own license, with its movement."""
        held = bare_license(self.session, whom, tier, at)
        amount = Money(minor, currency)
        made = start_subscription(
            self.session, self.cast.sam, whom, held, tier, period, amount, now=at, quantity=quantity
        )
        record_movement(self.session, self.cast.sam, None, made, now=at)
        return made

    def end(self, sold: Subscription, now: datetime, *, at: datetime | None = None) -> None:
        """End a subscription now, or at the end of what is paid."""
        ended = end_subscription(self.session, self.cast.sam, sold, now=now, ends_at=at)
        record_movement(self.session, self.cast.sam, ended, None, now=now, effective_at=at)

    def mrr(self, at: datetime) -> Decimal:
        """Return all MRR in dollars."""
        return mrr_at(self.session, self.cast.fiona, at).major()

    def moved(self, whom: UUID) -> list[tuple[str, Decimal]]:
        """Return a customer's movements, oldest first."""
        found = movements_of(self.session, self.cast.fiona, whom)
        return [(one.kind, one.change.major()) for one in reversed(found)]

    def sums(self, period: Period, as_of: datetime) -> dict[str, int]:
        """Return the ledger's sums of a period."""
        frame = ledger_facts(self.session, self.cast.fiona, [period], as_of=as_of)
        return {str(name): int(value) for name, value in frame.drop(columns="period").iloc[0].items()}


def day(month: int, of_month: int, year: int = 2025) -> datetime:
    """Return ten o'clock of a day of 2025, or of another year."""
    return datetime(year, month, of_month, 10, tzinfo=UTC)
