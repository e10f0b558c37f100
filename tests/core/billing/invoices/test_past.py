"""Invoices as they were: recorded once, numbered in the order of issue, with what they billed not billed again."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from core.billing.documents.invoice_paper import invoice_pdf
from core.billing.invoices.credit_notes import issue_credit_note
from core.billing.invoices.document import credit_note_document_of, document_of
from core.billing.invoices.past import PastInvoice, PastLine, PastPayment, record_past_invoices
from core.billing.invoices.payment_reads import payments_of
from core.errors import InvalidInput, NotFound
from core.money import Money
from db.session import WriteSession
from tests.cast import Cast
from tests.core.billing.invoices.shop import Shop, on


@pytest.fixture
def shop(session: WriteSession, cast: Cast, now: datetime) -> Shop:
    """Return a vendor that bills."""
    return Shop(session, cast, now)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def test_they_stand_as_they_were(shop: Shop) -> None:
    whom = shop.customer()
    sold = shop.sell(whom, 4_900, on(date(2026, 9, 17)))
    days = (date(2026, 11, 17), date(2026, 10, 17), date(2026, 9, 17))
    past = [
        PastInvoice(
            whom,
            shop.seller.id,
            day,
            date(2026, 12, 17),
            (
                PastLine(
                    "Pro, monthly", usd(4_900), usd(931), tax_rate=Decimal(19), tax_category="S", first=day,
                    subscription_id=sold.id,
                ),
            ),
            (PastPayment(usd(5_831), day),) if day.month < 11 else (),
            external_id=f"old-{day}",
        )
        for day in days
    ]  # fmt: skip
    made = record_past_invoices(shop.session, shop.cast.adam, past, source="books", now=shop.now)
    found = [shop.invoice(one) for one in made]
    assert [(one.number, one.state, one.due.minor) for one in found] == [
        (f"{shop.seller.prefix}-2026-00001", "paid", 0),
        (f"{shop.seller.prefix}-2026-00002", "paid", 0),
        (f"{shop.seller.prefix}-2026-00003", "open", 5_831),
    ]
    assert [one.issued_on for one in found] == sorted(days)
    assert [one.amount for one in payments_of(shop.session, shop.cast.sam, made[0])] == [usd(5_831)]
    assert record_past_invoices(shop.session, shop.cast.adam, past, source="books", now=shop.now) == ()
    assert shop.draft(whom, date(2026, 11, 1)).invoice_ids == ()
    [december] = shop.draft(whom, date(2026, 12, 1)).invoice_ids
    assert [line.first for line in shop.lines(december)] == [date(2026, 12, 17)]


def test_what_does_not_fit_together_is_refused(shop: Shop) -> None:
    whom = shop.customer()
    line = PastLine("Work", usd(100), usd(0))
    day = date(2026, 11, 1)
    for wrong in (
        PastInvoice(whom, shop.seller.id, day, day, ()),
        PastInvoice(whom, shop.seller.id, day, date(2026, 10, 1), (line,)),
        PastInvoice(whom, shop.seller.id, day, day, (line,), (PastPayment(usd(101), day),)),
        PastInvoice(whom, shop.seller.id, day, day, (line,), (PastPayment(Money(1, "EUR"), day),)),
        PastInvoice(whom, shop.seller.id, date(2026, 12, 1), date(2026, 12, 1), (line,)),
    ):
        with pytest.raises(InvalidInput):
            record_past_invoices(shop.session, shop.cast.adam, [wrong], source="books", now=shop.now)


def test_paper_says_what_the_rows_say(shop: Shop) -> None:
    whom = shop.customer()
    shop.sell(whom, 4_900, on(date(2026, 8, 17)), quantity=3)
    [draft] = shop.draft(whom, date(2026, 11, 1)).invoice_ids
    before = document_of(shop.session, shop.cast.sam, draft)
    assert (before.kind, before.number, before.due) == ("draft", None, usd(14_700))
    made = shop.open(whom)
    paper = document_of(shop.session, shop.cast.sam, made.id)
    assert (paper.kind, paper.number, paper.buyer.name, paper.seller.city) == (
        "invoice", made.number, "Initech Inc.", "Berlin",
    )  # fmt: skip
    assert paper.bank is not None
    assert paper.net + paper.tax == paper.total == paper.paid + paper.credited + paper.due
    assert invoice_pdf(paper).startswith(b"%PDF")
    note = issue_credit_note(shop.session, shop.cast.adam, made.id, reason="Late", now=shop.now)
    credited = credit_note_document_of(shop.session, shop.cast.sam, note.id)
    assert (credited.kind, credited.corrects, credited.total) == ("credit_note", made.number, usd(10_000))
    assert invoice_pdf(credited).startswith(b"%PDF")


def test_customers_see_their_own_and_no_draft(shop: Shop) -> None:
    theirs, own = shop.open(shop.customer()), shop.open(shop.cast.globex)
    draft = shop.by_hand(shop.cast.globex)
    assert document_of(shop.session, shop.cast.otto, own.id).number == own.number
    for hidden in (theirs.id, draft):
        with pytest.raises(NotFound):
            document_of(shop.session, shop.cast.otto, hidden)
