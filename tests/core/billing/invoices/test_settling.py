"""Payments, over-payments, refunds and credit notes: what is due always follows from the rows behind it."""

from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.billing.invoices.credit import credit_of
from core.billing.invoices.credit_notes import credit_note_lines, credit_notes_of, issue_credit_note
from core.billing.invoices.payment_reads import Payment, list_payments, payments_of
from core.billing.invoices.payments import NewPayment, record_payment
from core.billing.invoices.refunds import refund
from core.errors import Conflict, InvalidInput, NotPermitted
from core.money import Money
from db.models.invoices import payment_allocation
from db.session import WriteSession
from tests.cast import Cast
from tests.core.billing.invoices.shop import Shop

DAY = date(2026, 11, 20)


@pytest.fixture
def shop(session: WriteSession, cast: Cast, now: datetime) -> Shop:
    """Return a vendor that bills."""
    return Shop(session, cast, now)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def pay(shop: Shop, invoice_id: UUID, minor: int | None = None, external_id: str | None = None) -> Payment:
    amount = None if minor is None else usd(minor)
    given = NewPayment(invoice_id, "wire", amount, DAY, external_id)
    return record_payment(shop.session, shop.cast.adam, given, now=shop.now)


def held(shop: Shop, whom: UUID) -> int:
    return sum(one.minor for one in credit_of(shop.session, shop.cast.fiona, whom))


def test_in_parts_until_nothing_is_left(shop: Shop) -> None:
    made = shop.open(shop.customer())
    assert pay(shop, made.id, 4_000).applied == usd(4_000)
    assert (shop.invoice(made.id).state, shop.invoice(made.id).due) == ("open", usd(6_000))
    assert pay(shop, made.id).amount == usd(6_000)
    done = shop.invoice(made.id)
    assert (done.state, done.due, done.paid_at) == ("paid", usd(0), shop.now)
    settled = select(func.sum(payment_allocation.c.amount_minor)).where(payment_allocation.c.invoice_id == made.id)
    assert shop.session.execute(settled).scalar_one() == 10_000
    with pytest.raises(Conflict, match="This invoice is paid"):
        pay(shop, made.id)


def test_too_much_is_credit_that_the_next_invoice_uses(shop: Shop) -> None:
    whom = shop.customer()
    first = shop.open(whom)
    made = pay(shop, first.id, 13_000)
    assert (made.applied, made.credited, held(shop, whom)) == (usd(10_000), usd(3_000), 3_000)
    second = shop.open(whom, 2_000)
    assert (second.state, second.paid, held(shop, whom)) == ("paid", usd(2_000), 1_000)
    third = shop.open(whom)
    assert (third.state, third.due, held(shop, whom)) == ("open", usd(9_000), 0)


def test_the_same_payment_sent_again_is_one(shop: Shop) -> None:
    made = shop.open(shop.customer())
    first = pay(shop, made.id, 4_000, "bank-1")
    again = pay(shop, made.id, 4_000, "bank-1")
    assert (first.new, again.new, again.id) == (True, False, first.id)
    assert shop.invoice(made.id).due == usd(6_000)
    with pytest.raises(Conflict, match="recorded before"):
        pay(shop, made.id, 4_001, "bank-1")


def test_a_refund_opens_the_invoice_again(shop: Shop) -> None:
    whom = shop.customer()
    made = shop.open(whom)
    paid = pay(shop, made.id, 12_000)
    back = refund(
        shop.session, shop.cast.adam, paid.id, amount=usd(5_000), refunded_on=DAY, reason="Paid twice", now=shop.now
    )
    assert (back.amount, back.refunds) == (usd(-5_000), paid.id)
    # First the 20.00 that were credit, then 30.00 of what had settled the invoice.
    assert (held(shop, whom), shop.invoice(made.id).state, shop.invoice(made.id).due) == (0, "open", usd(3_000))
    assert [one.amount.minor for one in payments_of(shop.session, shop.cast.sam, made.id)] == [12_000, -5_000]
    with pytest.raises(Conflict, match=r"\$70.00 of this payment is left"):
        refund(shop.session, shop.cast.adam, paid.id, amount=usd(7_001), refunded_on=DAY, reason="x", now=shop.now)
    refund(shop.session, shop.cast.adam, paid.id, amount=None, refunded_on=DAY, reason="All of it", now=shop.now)
    assert shop.invoice(made.id).due == usd(10_000)
    assert sum(one.amount.minor for one in list_payments(shop.session, shop.cast.sam, organization_id=whom)) == 0


def test_a_credit_note_lowers_what_is_due_then_becomes_credit(shop: Shop) -> None:
    whom = shop.customer()
    made = shop.open(whom)
    [line] = shop.lines(made.id)
    pay(shop, made.id, 7_000)
    part = issue_credit_note(
        shop.session, shop.cast.adam, made.id, reason="Late delivery", now=shop.now, lines={line.id: usd(4_000)}
    )
    assert part.number == f"{shop.seller.prefix}-CN-2026-00001"
    after = shop.invoice(made.id)
    assert (after.state, after.credited, after.due, held(shop, whom)) == ("paid", usd(3_000), usd(0), 1_000)
    with pytest.raises(Conflict, match=r"\$60.00 is left of “Onboarding”"):
        issue_credit_note(shop.session, shop.cast.adam, made.id, reason="x", now=shop.now, lines={line.id: usd(6_001)})
    whole = issue_credit_note(shop.session, shop.cast.adam, made.id, reason="All", now=shop.now)
    assert (whole.total, held(shop, whom)) == (usd(6_000), 7_000)
    with pytest.raises(Conflict, match="Nothing is left"):
        issue_credit_note(shop.session, shop.cast.adam, made.id, reason="More", now=shop.now)
    notes = credit_notes_of(shop.session, shop.cast.sam, made.id)
    assert [[one.net.minor for one in credit_note_lines(shop.session, note)] for note in notes] == [[4_000], [6_000]]


def test_credit_of_a_credit_note_is_what_a_refund_gives_back_first(shop: Shop) -> None:
    whom = shop.customer()
    made = shop.open(whom)
    paid = pay(shop, made.id)
    issue_credit_note(shop.session, shop.cast.adam, made.id, reason="Sold by mistake", now=shop.now)
    refund(shop.session, shop.cast.adam, paid.id, amount=None, refunded_on=DAY, reason="Money back", now=shop.now)
    assert (shop.invoice(made.id).state, held(shop, whom)) == ("paid", 0)


@pytest.mark.parametrize(
    ("minor", "day", "said"),
    [
        (0, DAY, "above zero"),
        (-5, DAY, "above zero"),
        (5, date(2026, 11, 22), "Give the day it came"),
        (5, date(1999, 1, 1), "Give the day it came"),
    ],
)
def test_what_is_no_payment(shop: Shop, minor: int, day: date, said: str) -> None:
    made = shop.open(shop.customer())
    with pytest.raises(InvalidInput, match=said):
        record_payment(shop.session, shop.cast.adam, NewPayment(made.id, "wire", usd(minor), day), now=shop.now)
    with pytest.raises(InvalidInput, match="This invoice is in USD"):
        record_payment(shop.session, shop.cast.adam, NewPayment(made.id, "wire", Money(5, "EUR"), DAY), now=shop.now)


def test_who_may_pay_and_credit(shop: Shop) -> None:
    made = shop.open(shop.customer())
    for actor in (shop.cast.sam, shop.cast.mia):
        with pytest.raises(NotPermitted, match="payment:process"):
            record_payment(shop.session, actor, NewPayment(made.id, "wire", None, DAY), now=shop.now)
        with pytest.raises(NotPermitted, match="invoice:finalize"):
            issue_credit_note(shop.session, actor, made.id, reason="x", now=shop.now)
    with pytest.raises(NotPermitted, match="finance:read"):
        payments_of(shop.session, shop.cast.vera, made.id)
