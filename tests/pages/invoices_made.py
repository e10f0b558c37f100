"""Invoices for the tests of their screens: one long overdue, one in time and paid in part, a draft, one of Otto's."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.billing.invoices.addresses import Address
from core.billing.invoices.finalizing import finalize
from core.billing.invoices.payments import NewPayment, record_payment
from core.billing.invoices.profiles import BillingProfile, change_profile
from core.databases import Databases
from core.money import Money
from db.session import SYSTEM
from tests.cast import Cast
from tests.core.billing.invoices.shop import Shop, draft_by_hand

INITECH = Address("Initech", ("1 Main St",), "78701", "Austin", "US", None, "ap@initech.test")
BERLIN = Address("Nova Bank", ("Lange Str. 2",), "10243", "Berlin", "DE", None, "rechnung@nova-bank.test")
OTTO = Address("Globex AG", ("Ring 1",), "80331", "Munich", "DE", None, "rechnung@globex.test")


@dataclass(frozen=True)
class Invoices:
    """The invoices by what they are there for; `seller` is the prefix of the numbers, `initech` who owes most."""

    late: UUID
    partly: UUID
    draft: UUID
    ottos: UUID
    initech: UUID
    seller: str


def make_invoices(databases: Databases, cast: Cast, now: datetime) -> Invoices:
    """Make them, committed: $1,000 overdue by 45 days, $200 of $500 paid, a draft of $70, and $300 of Otto's."""
    with databases.control.write(SYSTEM) as session:
        shop = Shop(session, cast, now)
        initech, nova = shop.customer(INITECH), shop.customer(BERLIN)
        change_profile(
            session, cast.system, BillingProfile(cast.otto.organization_id, OTTO, seller_id=shop.seller.id), now=now
        )
        late, partly, ottos = (
            draft_by_hand(session, shop.seller, whom, now, minor)
            for whom, minor in ((initech, 100_000), (nova, 50_000), (cast.otto.organization_id, 30_000))
        )
        finalize(session, cast.fiona, [late], now=now - timedelta(days=75))
        finalize(session, cast.fiona, [partly, ottos], now=now)
        record_payment(
            session, cast.adam, NewPayment(partly, "wire", Money(20_000, "USD"), now.date(), "BANK-1"), now=now
        )
        return Invoices(late, partly, shop.by_hand(initech, 7_000), ottos, initech, shop.seller.prefix)
