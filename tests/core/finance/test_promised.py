"""Promised · invoiced · paid: each part of the gap by itself, and all of them together to the cent."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core.billing.invoices.credit_notes import issue_credit_note
from core.billing.invoices.finalizing import finalize, mark_uncollectible
from core.billing.invoices.past import PastInvoice, PastLine, PastPayment, record_past_invoices
from core.billing.invoices.payments import NewPayment, record_payment
from core.errors import InvalidInput, NotPermitted
from core.finance.promised import PARTS, Collected, lines_out, promised_invoiced_paid, summed, within
from core.money import Money
from db.session import WriteSession
from tests.cast import Cast
from tests.core.billing.invoices.shop import Shop

NOW = datetime(2026, 3, 15, 9, tzinfo=UTC)
TODAY = NOW.date()
FEBRUARY = date(2026, 2, 1), date(2026, 2, 28)
DAY = timedelta(days=1)


@pytest.fixture
def shop(session: WriteSession, cast: Cast) -> Shop:
    return Shop(session, cast, NOW)


def of(shop: Shop, whom: UUID, first: date = FEBRUARY[0], last: date = FEBRUARY[1]) -> Collected:
    [found] = promised_invoiced_paid(shop.session, shop.cast.fiona, first, last, day=TODAY, organization_id=whom)
    return found


def parts(found: Collected) -> dict[str, int]:
    return {name: minor for name, minor in found.parts.items() if minor}


def test_a_month_billed_and_paid_leaves_no_gap(shop: Shop) -> None:
    whom = shop.customer()
    shop.sell(whom, 49_900, datetime(2026, 2, 1, tzinfo=UTC))
    [invoice_id] = shop.draft(whom, FEBRUARY[0]).invoice_ids
    finalize(shop.session, shop.cast.fiona, [invoice_id], now=NOW, issued_on=FEBRUARY[0])
    record_payment(shop.session, shop.cast.fiona, NewPayment(invoice_id, "wire", None, TODAY), now=NOW)
    found = of(shop, whom)
    assert (found.promised, found.invoiced, found.paid, found.gap) == (49_900, 49_900, 49_900, 0)
    assert parts(found) == {}


def test_what_nobody_billed_is_named_so(shop: Shop) -> None:
    whom = shop.customer()
    shop.sell(whom, 28_000, datetime(2026, 2, 1, tzinfo=UTC))
    found = of(shop, whom)
    assert (found.promised, found.invoiced, found.paid) == (28_000, 0, 0)
    assert parts(found) == {"not_billed": -28_000}


def test_a_year_ahead_is_billed_at_once_and_promised_by_the_day(shop: Shop) -> None:
    whom = shop.customer()
    shop.sell(whom, 365_000, datetime(2026, 2, 1, tzinfo=UTC), period="annual")
    [invoice_id] = shop.draft(whom, FEBRUARY[0]).invoice_ids
    finalize(shop.session, shop.cast.fiona, [invoice_id], now=NOW, issued_on=FEBRUARY[0])
    found = of(shop, whom)
    assert (found.promised, found.invoiced) == (28_000, 28_000)
    assert parts(found) == {"ahead": 337_000, "late": -365_000}
    march = of(shop, whom, date(2026, 3, 1), date(2026, 3, 31))
    # Fifteen days of March have gone by.
    assert (march.promised, march.invoiced, march.paid) == (15_000, 15_000, 0)
    assert parts(march) == {"earlier": -15_000}


def test_each_part_of_the_gap_has_its_own_name(shop: Shop) -> None:
    whom = shop.customer()
    euros = "EUR"

    def line(minor: int, kind: str, first: date | None = None, last: date | None = None, tax: int = 0) -> PastLine:
        return PastLine(kind, Money(minor, euros), Money(tax, euros), kind=kind, first=first, last=last)  # type: ignore[arg-type]

    def bill(due_on: date, *lines: PastLine, paid: int = 0) -> UUID:
        came = (PastPayment(Money(paid, euros), TODAY),) if paid else ()
        made = PastInvoice(whom, shop.seller.id, date(2026, 2, 10), due_on, lines, came)
        [key] = record_past_invoices(shop.session, shop.cast.fiona, [made], source="test", now=NOW)
        return key

    bill(TODAY - DAY, line(10_000, "one_off", tax=1_900), paid=4_000)
    bill(TODAY + DAY, line(700, "overage", date(2026, 2, 1), date(2026, 2, 28)))
    given_up = bill(TODAY - 9 * DAY, line(2_500, "one_off"))
    credited = bill(TODAY + DAY, line(3_000, "one_off"))
    mark_uncollectible(shop.session, shop.cast.fiona, given_up, reason="bankrupt", now=NOW)
    issue_credit_note(shop.session, shop.cast.fiona, credited, reason="not delivered", now=NOW)
    found = of(shop, whom)
    assert (found.promised, found.invoiced, found.paid) == (0, 16_200, 4_000)
    assert parts(found) == {
        "usage": 700,
        "one_off": 15_500,
        "tax": 1_900,
        "credited": -3_000,
        "given_up": -2_500,
        "late": -7_900,
        "open": -700,
    }
    assert sum(found.parts.values()) == found.gap


@given(
    some.integers(-(10**9), 10**9),
    some.integers(0, 400),
    some.lists(some.integers(-40, 460), min_size=1, max_size=6),
)
def test_days_side_by_side_share_an_amount_to_the_cent(net: int, days: int, cuts: list[int]) -> None:
    begins, ends = TODAY, TODAY + days * DAY
    edges = [begins - 50 * DAY, *sorted(TODAY + cut * DAY for cut in cuts), ends + 50 * DAY]
    shares = [within(net, begins, ends, first, until) for first, until in pairwise(edges)]
    assert sum(shares) == net


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    some.lists(
        some.tuples(
            some.integers(1, 500_000), some.integers(0, 90_000), some.integers(0, 200), some.integers(-90, 90),
            some.integers(0, 400), some.integers(0, 100), some.booleans(),
        ),
        min_size=1,
        max_size=5,
    )
)  # fmt: skip
def test_promised_and_all_parts_are_what_was_paid(
    shop: Shop,
    made: list[tuple[int, int, int, int, int, int, bool]],
) -> None:
    whom = shop.customer()
    invoices = []
    for net, tax, ago, shift, days, percent, one_off in made:
        issued_on = TODAY - ago * DAY
        first = issued_on + shift * DAY
        begins, ends = (None, None) if one_off else (first, first + days * DAY)
        line = PastLine(
            "x",
            Money(net, "USD"),
            Money(tax, "USD"),
            kind="one_off" if one_off else "subscription",
            first=begins,
            last=ends,
        )
        paid = (net + tax) * percent // 100
        came = (PastPayment(Money(paid, "USD"), TODAY),) if paid else ()
        invoices.append(PastInvoice(whom, shop.seller.id, issued_on, issued_on + 30 * DAY, (line,), came))
    record_past_invoices(shop.session, shop.cast.fiona, invoices, source="test", now=NOW)
    shop.sell(whom, 36_500, NOW - 100 * DAY, period="quarterly")
    first, last = TODAY - 60 * DAY, TODAY - 5 * DAY
    found = of(shop, whom, first, last)
    assert found.paid == sum(one.paid for one in invoices if first <= one.issued_on <= last)
    shown = lines_out(shop.session, shop.cast.fiona, whom, first, last, day=TODAY)
    assert found.invoiced == sum(one.within.minor for one in shown)
    assert set(found.parts) == set(PARTS)
    assert summed([found])["USD"].gap == found.gap


def test_who_may_not_read_money_is_told_so_and_days_have_an_order(shop: Shop) -> None:
    with pytest.raises(NotPermitted):
        promised_invoiced_paid(shop.session, shop.cast.otto, *FEBRUARY, day=TODAY)
    with pytest.raises(InvalidInput):
        promised_invoiced_paid(shop.session, shop.cast.fiona, FEBRUARY[1], FEBRUARY[0], day=TODAY)
