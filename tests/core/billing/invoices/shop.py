"""A vendor that bills: one seller, customers abroad who owe no tax, subscriptions, and the acts of a month."""

from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import insert

from core.access.actor import Actor
from core.billing.invoice_document import BankDetails
from core.billing.invoices.addresses import Address
from core.billing.invoices.drafting import Drafted, draft_month
from core.billing.invoices.finalizing import finalize
from core.billing.invoices.profiles import BillingProfile, change_profile
from core.billing.invoices.reads import invoice_by_id, lines_of
from core.billing.invoices.sellers import NewSeller, Seller, add_seller
from core.billing.invoices.states import Invoice, InvoiceLine
from core.billing.reads import Subscription
from core.billing.writes import start_subscription
from core.ids import new_id
from core.money import Money
from core.periods import BillingPeriod
from db.models.invoices import invoice, invoice_line
from db.session import WriteSession
from tests.books import bare_license, customer
from tests.cast import Cast

BANK = BankDetails("Calos GmbH", "Testbank", iban="DE89370400440532013000", bic="COBADEFFXXX")
HOME = Address("Calos GmbH", ("Hauptstr. 1",), "10115", "Berlin", "DE", "DE136695976", "billing@calos.test")
ABROAD = Address("Initech Inc.", ("1 Main St",), "78701", "Austin", "US", None, "ap@initech.test")


def seller(session: WriteSession, actor: Actor, now: datetime, prefix: str = "") -> Seller:
    """Add a seller in Germany; its prefix is one of its own where none is given."""
    return add_seller(session, actor, NewSeller(HOME, prefix or f"T{new_id().hex[-12:]}", bank=BANK), now=now)


def billed(session: WriteSession, actor: Actor, sells: Seller, now: datetime, address: Address = ABROAD) -> UUID:
    """Add a customer who is billed by this seller."""
    made = customer(session, actor, address.name, now)
    change_profile(session, actor, BillingProfile(made, address, seller_id=sells.id), now=now)
    return made


class Shop:
    """One seller and what it sells."""

    def __init__(self, session: WriteSession, cast: Cast, now: datetime) -> None:
        self.session, self.cast, self.now = session, cast, now
        self.seller = seller(session, cast.fiona, now)

    def customer(self, address: Address = ABROAD) -> UUID:
        """Add a customer."""
        return billed(self.session, self.cast.system, self.seller, self.now, address)

    def sell(
        self,
        whom: UUID,
        minor: int,
        at: datetime,
        *,
        period: BillingPeriod = "monthly",
        quantity: int = 1,
        tier: str = "pro",
        currency: str = "USD",
    ) -> Subscription:
        """Start a subscription of its own license."""
        held = bare_license(self.session, whom, tier, at)
        money = Money(minor, currency)
        return start_subscription(
            self.session, self.cast.system, whom, held, tier, period, money, now=at, quantity=quantity
        )

    def draft(self, whom: UUID, month: date) -> Drafted:
        """Draft a month."""
        return draft_month(self.session, self.cast.sam, whom, month, usage={}, now=self.now)

    def lines(self, invoice_id: UUID) -> tuple[InvoiceLine, ...]:
        """Return the lines of an invoice."""
        return lines_of(self.session, self.cast.fiona, invoice_id)

    def invoice(self, invoice_id: UUID) -> Invoice:
        """Return an invoice as it stands."""
        return invoice_by_id(self.session, self.cast.fiona, invoice_id)

    def by_hand(self, whom: UUID, minor: int = 10_000, currency: str = "USD") -> UUID:
        """Return a draft with one line that somebody wrote."""
        return draft_by_hand(self.session, self.seller, whom, self.now, minor, currency)

    def open(self, whom: UUID, minor: int = 10_000, currency: str = "USD") -> Invoice:
        """Return a finalized invoice with one line."""
        made = self.by_hand(whom, minor, currency)
        finalize(self.session, self.cast.fiona, [made], now=self.now)
        return self.invoice(made)


def draft_by_hand(
    session: WriteSession, sells: Seller, whom: UUID, now: datetime, minor: int = 10_000, currency: str = "USD"
) -> UUID:
    """Insert a draft with one line."""
    made = new_id()
    sums = {"net_minor": minor, "discount_minor": 0, "tax_minor": 0}
    session.execute(
        insert(invoice).values(
            id=made,
            organization_id=whom,
            seller_id=sells.id,
            state="draft",
            currency=currency,
            net_days=30,
            created_at=now,
            total_minor=minor,
            **sums,
        )
    )
    session.execute(
        insert(invoice_line).values(
            id=new_id(),
            invoice_id=made,
            organization_id=whom,
            position=0,
            kind="one_off",
            text="Onboarding",
            quantity=1,
            unit="C62",
            unit_price=minor,
            tax_rate=0,
            tax_category="G",
            **sums,
        )
    )
    return made


def on(day: date) -> datetime:
    """Return ten o'clock of a day."""
    return datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
