"""The demo's invoices: the stories of those who pay late, by card, in advance, and what was given back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.access.actor import Actor
from core.accounts.invoicing import SOURCE as PAYMENTS
from core.billing.invoices.ageing import payment_standing
from core.billing.invoices.credit import credit_of
from core.billing.invoices.credit_notes import credit_notes_of
from core.billing.invoices.document import document_of
from core.billing.invoices.drafting import draft_months
from core.billing.invoices.dunning import notices_of
from core.billing.invoices.gaps import series
from core.billing.invoices.reads import InvoiceFilter, lines_of, list_invoices
from core.billing.invoices.states import Invoice
from core.config import Settings
from core.databases import Databases
from core.demo import world
from core.demo.money import build_money
from core.periods import month_of
from db.models.costs import cash_entry
from db.models.invoices import invoice, invoice_line, payment, payment_failure
from db.models.organizations import organization
from db.session import SYSTEM, ReadSession
from tests.books import own_databases

DAYS = (datetime(2026, 11, 21, 12, tzinfo=UTC), datetime(2026, 12, 31, 12, tzinfo=UTC))


@pytest.fixture(scope="module", params=DAYS, ids=[f"{day:%Y-%m-%d}" for day in DAYS])
def now(request: pytest.FixtureRequest) -> datetime:
    day: datetime = request.param
    return day


@pytest.fixture(scope="module")
def billed(test_settings: Settings, now: datetime) -> Iterator[tuple[Databases, Actor]]:
    """The demo's customers with their counters and invoices, without their telemetry."""
    with own_databases(test_settings) as opened:
        with opened.control.write(SYSTEM) as session:
            actor = world._begin(session, now)
        for customer in world.everybody():
            world._account(opened, test_settings, actor, customer, now)
        for _ in range(2):
            world._bill(opened, actor, world.everybody(), now)
        with opened.control.write(SYSTEM) as session:
            build_money(session, actor, world.everybody(), now=now)
        yield opened, actor


@pytest.fixture
def session(billed: tuple[Databases, Actor]) -> Iterator[ReadSession]:
    with billed[0].control.read(SYSTEM) as opened:
        yield opened


@pytest.fixture
def actor(billed: tuple[Databases, Actor]) -> Actor:
    return billed[1]


def id_of(session: ReadSession, name: str) -> UUID:
    found: UUID = session.execute(select(organization.c.id).where(organization.c.name == name)).scalar_one()
    return found


def invoices(session: ReadSession, actor: Actor, name: str, state: str | None = None) -> tuple[Invoice, ...]:
    wanted = InvoiceFilter(state=state, organization_id=id_of(session, name))
    return list_invoices(session, actor, wanted, limit=200).invoices


def test_waynes_invoice_is_45_days_late_and_all_three_steps_were_taken(
    session: ReadSession, actor: Actor, now: datetime
) -> None:
    [late] = [one for one in invoices(session, actor, "Wayne Foundation") if one.days_late(now.date())]
    assert late.days_late(now.date()) == 45
    assert [one.days for one in notices_of(session, actor, late.id)] == [3, 10, 21]
    standing = payment_standing(session, [late.organization_id], now)[late.organization_id]
    assert (standing.days_late, standing.payment_failed) == (45, False)


def test_soylents_card_was_declined_twice_and_dunning_is_at_its_second_step(
    session: ReadSession, actor: Actor, now: datetime
) -> None:
    whose = id_of(session, "Soylent")
    failures = session.execute(select(payment_failure).where(payment_failure.c.organization_id == whose)).all()
    assert len(failures) == 2
    late = [one for one in invoices(session, actor, "Soylent", "open") if one.days_late(now.date())]
    assert [one.id for one in late] == [failures[0].invoice_id]
    assert [one.days for one in notices_of(session, actor, late[0].id)] == [3, 10]
    standing = payment_standing(session, [whose], now)[whose]
    assert standing.payment_failed
    assert standing.days_late == late[0].days_late(now.date())


def test_tyrell_pays_a_year_ahead_in_euros_and_owes_the_tax_itself(session: ReadSession, actor: Actor) -> None:
    found = invoices(session, actor, "Tyrell")
    assert len(found) == 3
    for one in found:
        assert (one.total.currency, one.tax.minor) == ("EUR", 0)
        [line] = lines_of(session, actor, one.id)
        assert line.tax_category == "AE"
        assert line.first is not None
        assert line.last is not None
        assert (line.last - line.first).days in (364, 365)
    paper = document_of(session, actor, found[0].id)
    assert paper.seller.name == "Calos Europe GmbH"
    assert (paper.seller.vat_id or "").startswith("DE")
    assert (paper.buyer.vat_id or "").startswith("NL")
    assert "Reverse charge" in (paper.taxes[0].note or "")


def test_pied_piper_had_a_coupon_for_three_months_and_two_credit_notes(session: ReadSession, actor: Actor) -> None:
    found = sorted(invoices(session, actor, "Pied Piper"), key=lambda one: one.created_at)
    off = [one.discount.minor for one in found if one.discount]
    assert off == [9_980, 9_980, 9_980]
    assert [one.discount.minor for one in found[:3]] == off
    notes = [note for one in found for note in credit_notes_of(session, actor, one.id)]
    assert len(notes) == 2
    assert any("annual plan" in note.reason for note in notes)
    assert found[-1].total.minor == 499_000
    # The year was paid, so what was given back of it waits for the next invoice.
    assert [one.minor for one in credit_of(session, actor, found[0].organization_id)] == [25_000]


def test_vandelay_was_billed_until_it_left_and_since_it_came_back(
    session: ReadSession, actor: Actor, now: datetime
) -> None:
    days = [one.issued_on for one in invoices(session, actor, "Vandelay Imports") if one.issued_on]
    gone = [(now - timedelta(days=ago)).date() for ago in (235, 70)]
    assert not [day for day in days if gone[0] < day < gone[1]]
    assert len([day for day in days if day <= gone[0]]) in (13, 14, 15)
    assert len([day for day in days if day >= gone[1]]) in (2, 3)


def test_somebody_is_billed_for_what_the_counters_say_lay_beyond_its_limit(session: ReadSession, now: datetime) -> None:
    c = invoice_line.c
    rows = session.execute(
        select(c.net_minor, c.meter, c.first, organization.c.name)
        .join(organization, organization.c.id == c.organization_id)
        .where(c.kind == "overage")
    ).all()
    assert {(row.name, row.meter) for row in rows} >= {("Prism Analytics", "bandwidth_bytes_month")}
    assert all(row.net_minor > 0 and row.first < month_of(now).start.date() for row in rows)


def test_every_receipt_is_a_payment_and_every_payment_a_receipt(session: ReadSession) -> None:
    e = cash_entry.c
    booked = session.execute(
        select(e.external_id, e.amount_minor, e.currency, e.booked_on, e.source).where(e.category == "receipts")
    ).all()
    assert {row.source for row in booked} == {PAYMENTS}
    p = payment.c
    paid = session.execute(select(p.id, p.amount_minor, p.currency, p.received_on)).all()
    assert len(paid) > 400
    assert {(str(row.id), *row[1:]) for row in paid} == {tuple(row[:4]) for row in booked}


def test_numbers_run_without_a_gap_and_in_the_order_of_issue(session: ReadSession, actor: Actor) -> None:
    assert {one.seller for one in series(session, actor)} == {"Calos Inc.", "Calos Europe GmbH"}
    assert all(one.lacking == 0 for one in series(session, actor))
    c = invoice.c
    rows = session.execute(select(c.issued_on).order_by(c.seller_id, c.issued_on, c.number)).scalars().all()
    again = session.execute(
        select(c.issued_on).order_by(c.seller_id, func.extract("year", c.issued_on), c.number)
    ).scalars()
    assert list(rows) == list(again.all())


def test_a_run_of_this_month_bills_nothing_a_second_time(billed: tuple[Databases, Actor], now: datetime) -> None:
    databases, actor = billed
    with databases.control.write(SYSTEM) as session:
        ids = list(session.execute(select(organization.c.id).where(organization.c.demo)).scalars())
        made = draft_months(session, actor, ids, month_of(now).start.date(), usage={}, now=now)
        drafted = [one for found in made.values() for one in found.invoice_ids]
        assert not [found.refusal for found in made.values() if found.refusal]
        # What begins in the days of the month that are to come is all that is left to bill.
        rows = session.execute(select(invoice_line.c.first).where(invoice_line.c.invoice_id.in_(drafted))).scalars()
        assert all(first > now.date() for first in rows)
        session.connection.rollback()
