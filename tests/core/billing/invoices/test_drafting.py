"""Drafts of a month: what begins in it, in advance; changes by the day; never one thing twice."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import update

from core.billing.invoices.addresses import Address
from core.billing.invoices.drafting import draft_month, month_asked
from core.billing.invoices.finalizing import delete_draft, finalize
from core.billing.invoices.profiles import BillingProfile, change_profile
from core.billing.writes import change_subscription, end_subscription
from core.errors import InvalidInput, NotPermitted
from core.money import Money
from db.models.invoices import invoice
from db.session import WriteSession
from tests.cast import Cast
from tests.core.billing.invoices.shop import ABROAD, Shop, on

NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


@pytest.fixture
def shop(session: WriteSession, cast: Cast, now: datetime) -> Shop:
    """Return a vendor that bills."""
    return Shop(session, cast, now)


def test_a_month_is_billed_in_advance_on_its_anniversary(shop: Shop) -> None:
    whom = shop.customer()
    sold = shop.sell(whom, 4_900, on(date(2026, 8, 17)), quantity=3)
    [draft] = shop.draft(whom, NOVEMBER).invoice_ids
    [line] = shop.lines(draft)
    assert (line.first, line.last, line.quantity, line.unit_price) == (
        date(2026, 11, 17), date(2026, 12, 16), Decimal(3), Decimal(49),
    )  # fmt: skip
    assert (line.net.minor, line.subscription_id, line.kind) == (14_700, sold.id, "subscription")
    made = shop.invoice(draft)
    assert (made.state, made.number, made.month, made.total.minor, made.tax.minor) == (
        "draft", None, NOVEMBER, 14_700, 0,
    )  # fmt: skip


def test_drafting_again_changes_the_draft_and_doubles_nothing(shop: Shop) -> None:
    whom = shop.customer()
    shop.sell(whom, 4_900, on(date(2026, 8, 17)))
    [draft] = shop.draft(whom, NOVEMBER).invoice_ids
    shop.sell(whom, 9_900, on(date(2026, 11, 20)))
    assert shop.draft(whom, NOVEMBER).invoice_ids == (draft,)
    assert sorted(line.net.minor for line in shop.lines(draft)) == [4_900, 9_900]
    assert shop.draft(whom, NOVEMBER).invoice_ids == (draft,)
    assert shop.invoice(draft).total.minor == 14_800


def test_what_is_billed_is_not_billed_again(shop: Shop, cast: Cast, session: WriteSession, now: datetime) -> None:
    whom = shop.customer()
    shop.sell(whom, 4_900, on(date(2026, 8, 17)))
    [draft] = shop.draft(whom, NOVEMBER).invoice_ids
    finalize(session, cast.fiona, [draft], now=now)
    assert shop.draft(whom, NOVEMBER).invoice_ids == ()
    # What began in November after its invoice is billed with December's.
    shop.sell(whom, 3_000, on(date(2026, 11, 20)))
    [december] = shop.draft(whom, DECEMBER).invoice_ids
    assert [(line.first, line.net.minor) for line in shop.lines(december)] == [
        (date(2026, 12, 17), 4_900), (date(2026, 11, 20), 3_000), (date(2026, 12, 20), 3_000),
    ]  # fmt: skip


def test_annual_and_quarterly_come_in_their_month_alone(shop: Shop) -> None:
    whom = shop.customer()
    shop.sell(whom, 100_000, on(date(2024, 2, 29)), period="annual")
    shop.sell(whom, 30_000, on(date(2026, 8, 31)), period="quarterly")
    [draft] = shop.draft(whom, NOVEMBER).invoice_ids
    [line] = shop.lines(draft)
    assert (line.first, line.last) == (date(2026, 11, 30), date(2027, 2, 27))
    assert shop.draft(whom, JANUARY).invoice_ids == ()
    [draft] = shop.draft(whom, date(2027, 2, 1)).invoice_ids
    assert {(line.first, line.last) for line in shop.lines(draft)} == {
        (date(2027, 2, 28), date(2028, 2, 28)), (date(2027, 2, 28), date(2027, 5, 30)),
    }  # fmt: skip


def test_d1_a_change_half_way_is_a_credit_and_a_charge(
    shop: Shop, cast: Cast, session: WriteSession, now: datetime
) -> None:
    whom = shop.customer()
    sold = shop.sell(whom, 1_000, on(date(2026, 11, 1)))
    [draft] = shop.draft(whom, NOVEMBER).invoice_ids
    finalize(session, cast.fiona, [draft], now=now)
    change_subscription(
        session, cast.system, sold, "enterprise", "monthly", Money(2_000, "USD"), now=on(date(2026, 11, 16))
    )
    [december] = shop.draft(whom, DECEMBER).invoice_ids
    found = {(line.kind, line.net.minor, line.first, line.last) for line in shop.lines(december)}
    assert found == {
        ("proration", -500, date(2026, 11, 16), date(2026, 11, 30)),
        ("proration", 1_000, date(2026, 11, 16), date(2026, 11, 30)),
        # The anniversary stays that of the agreement.
        ("subscription", 2_000, DECEMBER, date(2026, 12, 31)),
    }
    assert shop.invoice(december).total.minor == 2_500
    assert shop.draft(whom, DECEMBER).invoice_ids == (december,)
    finalize(session, cast.fiona, [december], now=now)
    [january] = shop.draft(whom, JANUARY).invoice_ids
    assert [line.net.minor for line in shop.lines(january)] == [2_000]


def test_a_change_before_its_period_was_billed_needs_no_credit(shop: Shop, cast: Cast, session: WriteSession) -> None:
    whom = shop.customer()
    sold = shop.sell(whom, 3_000, on(date(2026, 11, 1)))
    change_subscription(session, cast.system, sold, "pro", "monthly", Money(6_000, "USD"), now=on(date(2026, 11, 11)))
    [draft] = shop.draft(whom, NOVEMBER).invoice_ids
    assert [(line.net.minor, line.last) for line in shop.lines(draft)] == [
        (1_000, date(2026, 11, 10)), (4_000, date(2026, 11, 30)),
    ]  # fmt: skip


def test_a_credit_that_nothing_has_room_for_waits(shop: Shop, cast: Cast, session: WriteSession, now: datetime) -> None:
    whom = shop.customer()
    yearly = shop.sell(whom, 36_500, on(date(2026, 11, 1)), period="annual")
    [draft] = shop.draft(whom, NOVEMBER).invoice_ids
    finalize(session, cast.fiona, [draft], now=now)
    end_subscription(session, cast.system, yearly, now=on(date(2026, 11, 11)))
    shop.sell(whom, 2_000, on(date(2026, 12, 5)))
    found = shop.draft(whom, DECEMBER)
    assert found.waiting == (Money(35_500, "USD"),)
    assert [line.net.minor for line in shop.lines(found.invoice_ids[0])] == [2_000]
    assert shop.draft(whom, JANUARY).waiting == (Money(35_500, "USD"),)


def test_each_currency_has_an_invoice_of_its_own(shop: Shop) -> None:
    whom = shop.customer()
    shop.sell(whom, 1_000, on(date(2026, 11, 1)))
    shop.sell(whom, 2_000, on(date(2026, 11, 1)), currency="EUR")
    found = [shop.invoice(one).total for one in shop.draft(whom, NOVEMBER).invoice_ids]
    assert sorted(found, key=str) == sorted([Money(1_000, "USD"), Money(2_000, "EUR")], key=str)


def test_terms_are_the_profiles(shop: Shop, cast: Cast, session: WriteSession, now: datetime) -> None:
    whom = shop.customer()
    profile = BillingProfile(whom, ABROAD, net_days=14, purchase_order=" PO-7 ", seller_id=shop.seller.id)
    change_profile(session, cast.sam, profile, now=now)
    shop.sell(whom, 1_000, on(date(2026, 11, 1)))
    [draft] = shop.draft(whom, NOVEMBER).invoice_ids
    finalize(session, cast.fiona, [draft], now=now)
    made = shop.invoice(draft)
    assert (made.reference, made.issued_on, made.due_on) == ("PO-7", now.date(), date(2026, 12, 5))


def test_without_a_country_nothing_is_drafted_and_the_reason_is_said(shop: Shop) -> None:
    whom = shop.customer(Address("Nowhere Ltd"))
    shop.sell(whom, 1_000, on(date(2026, 11, 1)))
    with pytest.raises(InvalidInput, match=r"in which country Nowhere Ltd is"):
        shop.draft(whom, NOVEMBER)


def test_lines_by_hand_survive_drafting_again(shop: Shop, session: WriteSession) -> None:
    whom = shop.customer()
    draft = shop.by_hand(whom, minor=100)
    session.execute(update(invoice).where(invoice.c.id == draft).values(month=NOVEMBER))
    shop.sell(whom, 1_000, on(date(2026, 11, 1)))
    assert shop.draft(whom, NOVEMBER).invoice_ids == (draft,)
    assert sorted(line.text for line in shop.lines(draft)) == ["Onboarding", "Pro, monthly"]


def test_a_deleted_draft_is_due_again(shop: Shop, cast: Cast, session: WriteSession, now: datetime) -> None:
    whom = shop.customer()
    shop.sell(whom, 1_000, on(date(2026, 11, 1)))
    [draft] = shop.draft(whom, NOVEMBER).invoice_ids
    delete_draft(session, cast.sam, draft, now=now)
    [again] = shop.draft(whom, NOVEMBER).invoice_ids
    assert again != draft


def test_who_may_draft(shop: Shop, cast: Cast, session: WriteSession, now: datetime) -> None:
    whom = shop.customer()
    for actor in (cast.mia, cast.vera):
        with pytest.raises(NotPermitted, match="invoice:create"):
            draft_month(session, actor, whom, NOVEMBER, usage={}, now=now)
    with pytest.raises(NotPermitted, match="vendor's console"):
        draft_month(session, cast.otto, whom, NOVEMBER, usage={}, now=now)


@pytest.mark.parametrize("text", ["2026-13", "2026", "november", "2026-11-01", "0001-01", "9999-12"])
def test_a_month_is_written_so(text: str) -> None:
    assert month_asked("2026-11") == NOVEMBER
    with pytest.raises(InvalidInput, match=r"like 2026-11|from 2000-01"):
        month_asked(text)
