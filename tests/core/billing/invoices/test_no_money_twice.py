"""No money is given, asked or recorded twice, whichever two ways lead to it."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Thread
from time import sleep
from uuid import UUID

import pytest
from sqlalchemy import text

from core.accounts.dunning import send_due_notices
from core.billing.calculation import Discount
from core.billing.invoices.addresses import Address
from core.billing.invoices.composing import composed
from core.billing.invoices.credit import credit_of
from core.billing.invoices.credit_notes import issue_credit_note
from core.billing.invoices.drafting import Drafted, draft_month, require_begun
from core.billing.invoices.due import DueLine
from core.billing.invoices.dunning import due_steps, steps
from core.billing.invoices.finalizing import finalize, void
from core.billing.invoices.one_offs import OneOff, write_one_off
from core.billing.invoices.payments import NewPayment, record_payment
from core.billing.invoices.profiles import BillingProfile, change_profile
from core.billing.invoices.refunds import refund
from core.billing.taxes import TaxTreatment
from core.billing.writes import end_subscription
from core.databases import Databases
from core.errors import CalosError, Conflict, InvalidInput
from core.ids import new_id
from core.money import Money
from db.session import SYSTEM, WriteSession
from tests.cast import Cast
from tests.core.billing.invoices.shop import ABROAD, Shop, on

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
DAY = date(2026, 11, 20)


@pytest.fixture
def shop(session: WriteSession, cast: Cast, now: datetime) -> Shop:
    """Return a vendor that bills."""
    return Shop(session, cast, now)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def held(shop: Shop, whom: UUID) -> int:
    return sum(one.minor for one in credit_of(shop.session, shop.cast.fiona, whom))


def issue(shop: Shop, drafted: Drafted) -> UUID:
    [made] = drafted.invoice_ids
    finalize(shop.session, shop.cast.fiona, [made], now=shop.now)
    return made


def credit(shop: Shop, made: UUID, lines: dict[UUID, Money | None] | None = None) -> int:
    note = issue_credit_note(shop.session, shop.cast.fiona, made, reason="Agreed", now=shop.now, lines=lines)
    return note.total.minor


def pay(shop: Shop, made: UUID, minor: int | None = None, external_id: str | None = None) -> UUID:
    given = NewPayment(made, "wire", None if minor is None else usd(minor), DAY, external_id)
    return record_payment(shop.session, shop.cast.adam, given, now=shop.now).id


def test_no_more_is_credited_than_the_invoice_asked_for(shop: Shop) -> None:
    whom = shop.customer()
    lines = [OneOff("Work", Decimal(1), Decimal(100)), OneOff("Rebate", Decimal(1), Decimal(-90))]
    made = write_one_off(shop.session, shop.cast.sam, whom, "USD", lines, now=shop.now)
    finalize(shop.session, shop.cast.fiona, [made], now=shop.now)
    work, _ = shop.lines(made)
    with pytest.raises(Conflict, match="is left of this invoice"):
        credit(shop, made, {work.id: None})
    assert credit(shop, made, {work.id: usd(1_000)}) == 1_000
    assert (shop.invoice(made).state, held(shop, whom)) == ("paid", 0)
    with pytest.raises(Conflict, match="Nothing is left"):
        credit(shop, made)


def test_crediting_a_line_in_parts_gives_back_all_of_its_tax(shop: Shop) -> None:
    whom = shop.customer(Address("Muster GmbH", ("Weg 1",), "10115", "Berlin", "DE"))
    lines = [OneOff("Work", Decimal(1), Decimal("0.10"))]
    made = write_one_off(shop.session, shop.cast.sam, whom, "EUR", lines, now=shop.now)
    finalize(shop.session, shop.cast.fiona, [made], now=shop.now)
    [line] = shop.lines(made)
    assert line.tax.minor == 2
    for _ in range(5):
        credit(shop, made, {line.id: Money(2, "EUR")})
    assert shop.invoice(made).due == Money(0, "EUR")


def test_usage_of_who_left_is_not_given_back(shop: Shop) -> None:
    whom = shop.customer()
    sold = shop.sell(whom, 3_000, on(date(2026, 11, 1)))
    issue(shop, shop.draft(whom, NOVEMBER))
    end_subscription(shop.session, shop.cast.system, sold, now=on(date(2026, 11, 16)))
    used = DueLine(
        "overage", "API calls", None, Decimal(1), Decimal(50), Decimal(5_000), "USD", "usage:1",
        first=NOVEMBER, last=date(2026, 11, 30), subscription_id=sold.id, meter="api_calls_day",
    )  # fmt: skip
    december = draft_month(shop.session, shop.cast.sam, whom, DECEMBER, usage={whom: [used]}, now=shop.now)
    assert sorted(line.net.minor for line in shop.lines(issue(shop, december))) == [-1_500, 5_000]
    assert shop.draft(whom, date(2027, 1, 1)) == Drafted()


def test_what_a_credit_note_gave_back_is_not_credited_for_the_end_too(shop: Shop) -> None:
    whom = shop.customer()
    sold = shop.sell(whom, 36_500, on(date(2026, 11, 1)), period="annual")
    first = issue(shop, shop.draft(whom, NOVEMBER))
    assert credit(shop, first) == 36_500
    end_subscription(shop.session, shop.cast.system, sold, now=on(date(2026, 11, 11)))
    assert shop.draft(whom, DECEMBER) == Drafted()


def test_what_the_end_gave_back_is_not_left_for_a_credit_note(shop: Shop) -> None:
    whom = shop.customer()
    sold = shop.sell(whom, 36_500, on(date(2026, 11, 1)), period="annual")
    first = issue(shop, shop.draft(whom, NOVEMBER))
    end_subscription(shop.session, shop.cast.system, sold, now=on(date(2026, 11, 11)))
    shop.sell(whom, 50_000, on(date(2026, 11, 11)))
    second = issue(shop, shop.draft(whom, DECEMBER))
    assert min(line.net.minor for line in shop.lines(second)) == -35_500
    assert credit(shop, first) == 1_000


def test_an_invoice_that_another_gives_back_is_not_voided(shop: Shop) -> None:
    whom = shop.customer()
    sold = shop.sell(whom, 36_500, on(date(2026, 11, 1)), period="annual")
    first = issue(shop, shop.draft(whom, NOVEMBER))
    end_subscription(shop.session, shop.cast.system, sold, now=on(date(2026, 11, 11)))
    shop.sell(whom, 50_000, on(date(2026, 11, 11)))
    [second] = shop.draft(whom, DECEMBER).invoice_ids
    with pytest.raises(Conflict, match="another invoice"):
        void(shop.session, shop.cast.fiona, first, reason="Wrong", now=shop.now)
    finalize(shop.session, shop.cast.fiona, [second], now=shop.now)
    void(shop.session, shop.cast.fiona, second, reason="Wrong", now=shop.now)
    void(shop.session, shop.cast.fiona, first, reason="Wrong", now=shop.now)
    assert shop.invoice(first).state == "void"


def test_a_credit_at_a_higher_tax_leaves_nothing_below_zero(shop: Shop) -> None:
    home = Address("Muster GmbH", ("Weg 1",), "10115", "Berlin", "DE")
    whom = shop.customer(home)
    sold = shop.sell(whom, 36_500, on(date(2026, 11, 1)), period="annual", currency="EUR")
    issue(shop, shop.draft(whom, NOVEMBER))
    end_subscription(shop.session, shop.cast.system, sold, now=on(date(2026, 11, 11)))
    change_profile(shop.session, shop.cast.system, BillingProfile(whom, ABROAD, seller_id=shop.seller.id), now=shop.now)
    shop.sell(whom, 36_000, on(date(2026, 12, 1)), currency="EUR")
    found = shop.draft(whom, DECEMBER)
    assert found.waiting == (Money(35_500, "EUR"),)
    assert shop.invoice(issue(shop, found)).total.minor == 36_000


def test_a_name_of_a_payment_is_not_taken_for_another_invoice_or_a_refund(shop: Shop) -> None:
    whom = shop.customer()
    first, second = shop.open(whom), shop.open(whom)
    paid = pay(shop, first.id, 4_000, "bank-1")
    with pytest.raises(Conflict, match="recorded before"):
        pay(shop, second.id, 4_000, "bank-1")

    def back(minor: int | None, name: str, source: str = "calos") -> UUID:
        amount = None if minor is None else usd(minor)
        return refund(
            shop.session, shop.cast.adam, paid, amount=amount, refunded_on=DAY, reason="Twice", now=shop.now,
            external_id=name, source=source,
        ).id  # fmt: skip

    with pytest.raises(Conflict, match="recorded before"):
        back(4_000, "bank-1")
    assert back(1_000, "bank-2") == back(1_000, "bank-2") == back(None, "bank-2")
    with pytest.raises(Conflict, match="recorded before"):
        back(2_000, "bank-2")
    assert shop.invoice(first.id).due == usd(7_000)


def test_who_was_asked_holds_nobody_up(shop: Shop) -> None:
    whom = shop.customer()
    for _ in range(2):
        shop.open(whom)
    later = shop.now + timedelta(days=2)
    last = shop.by_hand(whom)
    finalize(shop.session, shop.cast.fiona, [last], now=later)
    day = shop.now + timedelta(days=30 + 3)
    assert send_due_notices(shop.session, now=day) == 2
    due = due_steps(shop.session, (day + timedelta(days=2)).date(), steps(shop.session), most=2)
    assert [one for one, _, _ in due] == [last]


def test_a_fixed_discount_comes_off_each_period_of_a_late_bill() -> None:
    whose = new_id()
    periods = [
        DueLine(
            "subscription", "Pro, monthly", None, Decimal(1), Decimal(30), Decimal(3_000), "USD", f"service:{month}",
            discounts=(Discount("fixed", Decimal(1_000)),), subscription_id=whose,
        )
        for month in (11, 12)
    ]  # fmt: skip
    made = composed(periods, TaxTreatment(Decimal(19), "S"))
    assert [(total.net, total.discount, total.tax) for _, total, _, _ in made.lines] == [(2_000, 1_000, 380)] * 2


def test_nobody_is_billed_years_ahead(now: datetime) -> None:
    require_begun(DECEMBER, now)
    with pytest.raises(InvalidInput, match="has begun, or the next"):
        require_begun(date(2027, 1, 1), now)


@pytest.mark.parametrize("price", ["0E-999999", "1E-13", "1E+400", "NaN", "sNaN", "-Infinity", "0.0000000000001"])
def test_what_is_no_price_is_no_line(shop: Shop, price: str) -> None:
    line = OneOff("Work", Decimal(1), Decimal(price))
    with pytest.raises(InvalidInput):
        write_one_off(shop.session, shop.cast.sam, shop.customer(), "USD", [line], now=shop.now)


def test_two_customers_at_once_have_no_payment_of_one_name(databases: Databases, cast: Cast, now: datetime) -> None:
    with databases.control.write(SYSTEM) as session:
        shop = Shop(session, cast, now)
        first, second = shop.open(shop.customer()).id, shop.open(shop.customer()).id
    name = f"bank-{first}"
    refused: list[CalosError] = []

    def other() -> None:
        try:
            with databases.control.write(SYSTEM) as session:
                record_payment(session, cast.adam, NewPayment(second, "wire", None, DAY, name), now=now)
        except CalosError as refusal:
            refused.append(refusal)

    with databases.control.write(SYSTEM) as session:
        record_payment(session, cast.adam, NewPayment(first, "wire", None, DAY, name), now=now)
        thread = Thread(target=other)
        thread.start()
        _until_one_waits(databases)
    thread.join()
    assert [one.code for one in refused] == ["recorded_otherwise"]


def _until_one_waits(databases: Databases) -> None:
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
    while True:
        with databases.control.read(SYSTEM) as session:
            if session.execute(waits).scalar_one():
                return
        sleep(0.02)
