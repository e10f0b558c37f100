"""Dunning and ageing: each step once, nobody asked who has paid or was left in peace, and what health hears of it."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.accounts.dunning import send_due_notices
from core.accounts.invoicing import give_up, take_payment
from core.accounts.timeline import timeline
from core.billing.invoices.ageing import BUCKETS, ageing, bucket_of, payment_standing
from core.billing.invoices.credit_notes import issue_credit_note
from core.billing.invoices.dunning import Step, notices_of, pause_invoice, set_steps, steps
from core.billing.invoices.failures import record_failure
from core.billing.invoices.payments import NewPayment
from core.billing.invoices.profiles import BillingProfile, change_profile
from core.errors import InvalidInput, NotPermitted
from core.money import Money
from db.models.costs import cash_entry
from db.models.notify import mail
from db.session import WriteSession
from tests.cast import Cast
from tests.core.billing.invoices.shop import ABROAD, Shop


@pytest.fixture
def shop(session: WriteSession, cast: Cast, now: datetime) -> Shop:
    """Return a vendor that bills."""
    return Shop(session, cast, now)


def mails(shop: Shop, whom: Any) -> list[str]:
    found = select(mail.c.subject).where(mail.c.organization_id == whom).order_by(mail.c.made_at, mail.c.id)
    return list(shop.session.execute(found).scalars())


def test_each_step_is_one_mail_and_paying_ends_it(shop: Shop) -> None:
    whom = shop.customer()
    made = shop.open(whom)
    due = shop.now + timedelta(days=30)
    assert send_due_notices(shop.session, now=due + timedelta(days=2)) == 0
    assert [send_due_notices(shop.session, now=due + timedelta(days=3)) for _ in range(2)] == [1, 0]
    assert mails(shop, whom) == [f"Reminder: invoice {made.number}"]
    assert send_due_notices(shop.session, now=due + timedelta(days=10)) == 1
    [first, second] = notices_of(shop.session, shop.cast.sam, made.id)
    assert (first.days, second.days, first.mail_id is not None) == (3, 10, True)
    later = due + timedelta(days=25)
    take_payment(shop.session, shop.cast.adam, NewPayment(made.id, "wire", None, later.date()), now=later)
    assert send_due_notices(shop.session, now=later) == 0


def test_who_is_found_late_gets_the_latest_step_alone(shop: Shop) -> None:
    made = shop.open(shop.customer())
    late = shop.now + timedelta(days=30 + 40)
    assert send_due_notices(shop.session, now=late) == 1
    assert [one.days for one in notices_of(shop.session, shop.cast.sam, made.id)] == [21]
    assert send_due_notices(shop.session, now=late + timedelta(days=100)) == 0


def test_an_invoice_or_a_customer_may_be_left_in_peace(shop: Shop) -> None:
    one, other = shop.customer(), shop.customer()
    first, second = shop.open(one), shop.open(one)
    pause_invoice(shop.session, shop.cast.sam, first.id, paused=True, now=shop.now)
    paused = BillingProfile(other, ABROAD, seller_id=shop.seller.id, dunning_paused=True)
    change_profile(shop.session, shop.cast.sam, paused, now=shop.now)
    shop.open(other)
    assert send_due_notices(shop.session, now=shop.now + timedelta(days=35)) == 1
    assert mails(shop, one) == [f"Reminder: invoice {second.number}"]
    assert mails(shop, other) == []


def test_the_schedule_is_data(shop: Shop) -> None:
    assert [one.days for one in steps(shop.session)] == [3, 10, 21]
    wanted = [Step(1, "{number} is late", "{due} since {days} days, says {seller}.")]
    with pytest.raises(NotPermitted, match="invoice:finalize"):
        set_steps(shop.session, shop.cast.sam, wanted, now=shop.now)
    for wrong in ([], [Step(1, "", "x")], [Step(-1, "x", "x")], wanted * 2):
        with pytest.raises(InvalidInput):
            set_steps(shop.session, shop.cast.adam, wrong, now=shop.now)
    set_steps(shop.session, shop.cast.adam, wanted, now=shop.now)
    whom = shop.customer()
    made = shop.open(whom)
    assert send_due_notices(shop.session, now=shop.now + timedelta(days=31)) == 1
    found = shop.session.execute(select(mail.c.subject, mail.c.text).where(mail.c.organization_id == whom)).one()
    assert found.subject == f"{made.number} is late"
    assert "$100.00 since 1 days, says Calos GmbH." in found.text


def test_a_payment_is_cash(shop: Shop) -> None:
    made = shop.open(shop.customer())
    given = NewPayment(made.id, "wire", Money(4_000, "USD"), date(2026, 11, 20), "bank-9")
    paid = take_payment(shop.session, shop.cast.adam, given, now=shop.now)
    take_payment(shop.session, shop.cast.adam, given, now=shop.now)
    booked = select(cash_entry.c.amount_minor, cash_entry.c.category).where(cash_entry.c.external_id == str(paid.id))
    assert [tuple(row) for row in shop.session.execute(booked)] == [(4_000, "receipts")]


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-5, "current"),
        (0, "current"),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, "90+"),
    ],
)
def test_the_columns_of_ageing(days: int, bucket: str) -> None:
    assert BUCKETS[bucket_of(days)] == bucket


def test_what_is_owed_by_customer_and_currency(shop: Shop) -> None:
    whom = shop.customer()
    shop.open(whom, 10_000)
    shop.open(whom, 300, "EUR")
    gone = shop.open(whom, 999)
    give_up(shop.session, shop.cast.adam, gone.id, reason="Insolvent", now=shop.now)
    day = (shop.now + timedelta(days=75)).date()
    found = ageing(shop.session, shop.cast.sam, day=day, organization_id=whom)
    assert [(one.total, one.amounts[2].minor, one.invoices) for one in found] == [
        (Money(10_000, "USD"), 10_000, 1), (Money(300, "EUR"), 300, 1),
    ]  # fmt: skip
    own = shop.open(shop.cast.globex, 50)
    assert [one.total.minor for one in ageing(shop.session, shop.cast.otto, day=day)] == [50]
    assert own.due.minor == 50


def test_what_health_hears(shop: Shop) -> None:
    whom, never = shop.customer(), shop.customer()
    made = shop.open(whom)
    ids = [whom, never]
    late = shop.now + timedelta(days=37)
    assert payment_standing(shop.session, ids, shop.now)[whom].days_late == 0
    found = payment_standing(shop.session, ids, late)
    assert (found[whom].days_late, found[whom].payment_failed, never in found) == (7, False, False)
    told: dict[str, Any] = {"source": "stripe", "external_id": "pi_1", "failed_at": late}
    assert [record_failure(shop.session, shop.cast.adam, whom, "Card declined", **told) for _ in range(2)] == [
        True,
        False,
    ]
    assert payment_standing(shop.session, ids, late)[whom].payment_failed
    paid = late + timedelta(days=1)
    take_payment(shop.session, shop.cast.adam, NewPayment(made.id, "wire", None, paid.date()), now=paid)
    after = payment_standing(shop.session, ids, paid + timedelta(days=1))[whom]
    assert (after.days_late, after.payment_failed) == (0, False)
    # Looked at from the past, it was late then.
    assert payment_standing(shop.session, ids, late)[whom].days_late == 7


def test_all_of_it_is_on_the_timeline(shop: Shop) -> None:
    whom = shop.customer()
    made = shop.open(whom)
    late = shop.now + timedelta(days=40)
    send_due_notices(shop.session, now=late)
    note = issue_credit_note(shop.session, shop.cast.adam, made.id, reason="Late", now=late + timedelta(days=1))
    page = timeline(shop.session, shop.cast.sam, whom, now=late + timedelta(days=2), kinds=["money"])
    assert [(one.title, one.detail) for one in page.entries] == [
        (f"Credit note {note.number}: $100.00", ""),
        (f"Invoice {made.number} paid: $100.00", ""),
        (f"Asked for invoice {made.number}", "step of day 10, by mail"),
        (f"Invoice {made.number} is overdue: $100.00", "due 21 December 2026"),
        (f"Invoice {made.number} issued: $100.00", "due 21 December 2026"),
    ]
    cursor = timeline(shop.session, shop.cast.sam, whom, now=late + timedelta(days=2), kinds=["money"], limit=2)
    rest = timeline(
        shop.session, shop.cast.sam, whom, now=late + timedelta(days=2), kinds=["money"], cursor=cursor.next_cursor
    )
    assert (*cursor.entries, *rest.entries) == page.entries
