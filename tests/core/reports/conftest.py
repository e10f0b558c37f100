"""Books of their own for the tests of reports, with Acme and four customers more."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert

from core.accounts.requests import Created
from core.billing.invoices.addresses import Address
from core.billing.invoices.credit_notes import issue_credit_note
from core.billing.invoices.payments import NewPayment, record_payment
from core.config import Settings
from core.databases import Databases
from core.finance.booking import book_cash, book_costs
from core.finance.entries import NewCash, NewCost
from core.finance.writes import record_movement
from core.licensing.releases import record_release
from core.money import Money
from db.models.licensing import installation
from db.session import SYSTEM, WriteSession
from tests.books import own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW
from tests.core.billing.invoices.shop import Shop
from tests.pages.acme import license_for, make_acme

OTHERS = ("=Initech", "Müller & Söhne", "Hooli", "Nova Bank")


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    """Yield a database of this module's own, so that a report holds only what its tests write."""
    with own_databases(test_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(databases: Databases) -> Cast:
    """Return the people of the tests, in this module's database."""
    with databases.control.write(SYSTEM) as session:
        return make_cast(session, NOW)


@pytest.fixture(scope="module")
def acme(databases: Databases, cast: Cast) -> Created:
    """Return Acme with its opportunity, beside four customers that pay or not; the last has installed it."""
    for number, name in enumerate(OTHERS):
        made = license_for(databases, cast, name, ("free", "basic", "pro", "enterprise")[number], NOW)
    with databases.control.write(SYSTEM) as session:
        row = {"license_id": made.license_id, "organization_id": made.organization_id, "fingerprint": "till-1"}
        session.execute(insert(installation).values(**row, version="4.2", activated_at=NOW, last_seen_at=NOW))
    return make_acme(databases, cast, NOW)


def write_books(session: WriteSession, cast: Cast, now: datetime, name: str) -> UUID:
    """Write books of every kind, of a customer of this name; notes and reasons are called the same."""
    shop = Shop(session, cast, now)
    whom = shop.customer(Address(name, ("1 Main St",), "78701", "Austin", "US", None, "ap@evil.test"))
    other = shop.customer()
    began = now - timedelta(days=200)
    for one, minor in ((whom, 12_345), (other, 50_000)):
        record_movement(session, cast.sam, None, shop.sell(one, minor, began), now=began, reason=name)
    made = shop.open(whom, 12_345)
    issue_credit_note(session, cast.fiona, made.id, reason=name, now=now, lines=_part(shop, made.id, 2_345))
    today = now.date()
    record_payment(session, cast.adam, NewPayment(made.id, "wire", None, today, note=name), now=now)
    shop.open(other, 7_000)
    day = today - timedelta(days=40)
    costs = [
        NewCost(day, "compute", Money(2_000, "USD"), whom, "analytics", note=name),
        NewCost(day, "compute", Money(5_000, "EUR"), other),
    ]
    book_costs(session, cast.adam, costs, now=now)
    book_cash(session, cast.adam, [NewCash(day, "opening", Money(1_000_000, "USD"), note=name)], now=now)
    record_release(session, cast.fiona, "4.0", released_at=began, notes=name, now=now)
    return whom


def _part(shop: Shop, invoice_id: UUID, minor: int) -> dict[UUID, Money | None]:
    return {shop.lines(invoice_id)[0].id: Money(minor, "USD")}
