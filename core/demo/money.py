"""Three years of the demo vendor's books: its invoices' payments came in, what staff and customers cost went out."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Final

from core.access.actor import Actor
from core.accounts.invoicing import SOURCE as PAYMENTS
from core.billing.invoices.payment_reads import list_payments
from core.billing.invoices.reads import MOST as LISTED
from core.billing.invoices.reads import invoices_by_id, list_invoices
from core.billing.invoices.states import Invoice
from core.demo.costs import costs
from core.demo.customers import DemoCustomer
from core.finance.booked import booked_cash
from core.finance.booking import book_cash, book_costs
from core.finance.entries import CashCategory, NewCash, NewCost
from core.finance.ledger import ledger_facts
from core.finance.runway import WINDOW
from core.money import Money
from core.organizations.reads import names
from core.periods import Period, months_until
from db.session import WriteSession

SOURCE: Final = "demo"
YEARS: Final = 3
# Months ago of the seed round, and how long it should have lasted from today: long enough to act, not to wait.
SEED_AGO: Final = 20
LASTING: Final = 13
_STAFF: Final = (4, 14)
# Dollars: a month for each of the staff, and what a customer won costs on top of what selling costs anyway.
_SALARY, _DESK, _SELLING, _ADVERTISING, _WON = 5_000, 230, 3_100, 1_900, 1_400
_QUARTERLY_TAX, _INSURANCE, _AUDIT = 4_600, 6_800, 24_000
_AUDIT_AGO: Final = 7
_ALL: Final = 10_000


def build_money(session: WriteSession, actor: Actor, customers: Sequence[DemoCustomer], *, now: datetime) -> None:
    """Book three years of costs and cash in one transaction, unless they are booked already."""
    if booked_cash(session, actor, as_of=now, limit=1):
        return
    ids = {name: organization_id for organization_id, name in names(session, actor).items()}
    *whole, running = months_until(now, YEARS * 12 + 1)
    spent = costs(customers, ids, whole, now)
    known = [*_flows(session, actor, [*whole, running], spent, now), *_vat(session, actor, [*whole, running])]
    flows = [entry for entry in known if entry.booked_on <= now.date()]
    receipts = _receipts(session, actor)
    book_costs(session, actor, spent, now=now, source=SOURCE)
    book_cash(session, actor, [*_raised([*flows, *receipts], whole), *flows], now=now, source=SOURCE)
    if receipts:
        book_cash(session, actor, receipts, now=now, source=PAYMENTS)


def _flows(
    session: WriteSession, actor: Actor, months: Sequence[Period], spent: Sequence[NewCost], now: datetime
) -> Iterator[NewCash]:
    won = _won(session, actor, months, now)
    hosting = _hosting(spent)
    for number, (before, month) in enumerate(zip([None, *months], months, strict=False)):
        staff = _staff(number, len(months))
        size = staff / _STAFF[1]
        if before is not None:
            yield _out(month, 3, "hosting", hosting[before.start.date()])
        for day in (10, 25):
            yield _out(month, day, "payroll", staff * _SALARY * 50, note=f"{staff} people")
        yield _out(month, 1, "office", staff * _DESK * 100)
        yield _out(
            month, 18, "sales", _wobbling(_SELLING * size + _WON * 0.6 * won[month.start.date()], month, "sales")
        )
        yield _out(
            month, 12, "marketing", _wobbling(_ADVERTISING * size + _WON * 0.4 * won[month.start.date()], month, "ads")
        )
        if month.start.month in {1, 4, 7, 10}:
            yield _out(month, 15, "tax", round(_QUARTERLY_TAX * 100 * size))
        if month.start.month == 3:
            yield _out(month, 9, "other", round(_INSURANCE * 100 * size), note="Insurance for a year")
        if number == len(months) - 1 - _AUDIT_AGO:
            yield _out(month, 22, "other", _AUDIT * 100, note="Security audit, and laptops for new colleagues")


def _staff(number: int, months: int) -> int:
    """Return how many people are paid: a few at first, all of today's for the last five months."""
    first, last = _STAFF
    return min(last, first + round((last - first) * number / (months - 6)))


def _receipts(session: WriteSession, actor: Actor) -> tuple[NewCash, ...]:
    """What customers paid: each payment of an invoice is a receipt, booked as one that is taken today would be."""
    paid = list_payments(session, actor, limit=_ALL)
    of = invoices_by_id(session, actor, {one.invoice_id for one in paid if one.invoice_id is not None})
    return tuple(
        NewCash(
            one.received_on,
            "receipts",
            one.amount,
            _said(of.get(one.invoice_id) if one.invoice_id else None),
            str(one.id),
        )
        for one in paid
    )


def _said(of: Invoice | None) -> str:
    return "" if of is None else f"Payment of {of.number} by {of.customer}"


def _vat(session: WriteSession, actor: Actor, months: Sequence[Period]) -> Iterator[NewCash]:
    """What was charged as VAT in a month is paid on to the tax office on the tenth of the next."""
    charged: dict[tuple[date, str], int] = defaultdict(int)
    page = list_invoices(session, actor, limit=LISTED)
    while page.invoices:
        for one in page.invoices:
            if one.issued_on is not None and one.tax:
                charged[one.issued_on.replace(day=1), one.tax.currency] += one.tax.minor
        if page.next is None:
            break
        page = list_invoices(session, actor, after=page.next, limit=LISTED)
    after = {before.start.date(): month for before, month in pairwise(months)}
    for (first, currency), minor in sorted(charged.items()):
        if first in after:
            when = after[first].start.date().replace(day=10)
            yield NewCash(when, "tax", Money(-minor, currency), "VAT", f"{when} VAT {currency}")


def _won(session: WriteSession, actor: Actor, months: Sequence[Period], now: datetime) -> Mapping[date, int]:
    found = ledger_facts(session, actor, months, as_of=now)
    return {row["period"].date(): int(row["customers_new"]) for row in found.to_dict("records")}


def _hosting(spent: Sequence[NewCost]) -> Mapping[date, int]:
    """The provider's bill of each month, in cents; support is paid as salaries."""
    bills: dict[date, int] = defaultdict(int)
    for cost in spent:
        if cost.kind != "support":
            bills[cost.booked_on.replace(day=1)] += cost.amount.minor
    return bills


def _raised(flows: Sequence[NewCash], whole: Sequence[Period]) -> tuple[NewCash, ...]:
    """What the founders began with, and the seed round: as much as makes the runway of today what it is."""
    seed_month, last = whole[-SEED_AGO], whole[-WINDOW:]
    first, day = whole[0].start.date(), seed_month.start.date().replace(day=14)
    burn = (
        -sum(_dollars(flow) for flow in flows if last[0].start.date() <= flow.booked_on < last[-1].end.date()) / WINDOW
    )
    gone = -sum(_dollars(flow) for flow in flows if flow.booked_on < day)
    opening = _round(gone * 1.12)
    seed = _round(LASTING * burn - opening - sum(_dollars(flow) for flow in flows))
    return (
        NewCash(first, "opening", Money(opening * 100, "USD"), note="Brought forward", external_id="opening"),
        NewCash(day, "financing", Money(seed * 100, "USD"), note="Seed round", external_id="seed round"),
    )


def _dollars(flow: NewCash) -> float:
    """About what a flow is in dollars: enough to choose the size of a round by."""
    return flow.amount.minor / 100 * (1.1 if flow.amount.currency == "EUR" else 1.0)


def _round(dollars: float) -> int:
    return round(dollars / 10_000) * 10_000


def _out(month: Period, day: int, category: CashCategory, cents: int, *, note: str = "") -> NewCash:
    when = month.start.date().replace(day=day)
    return NewCash(when, category, Money(-cents, "USD"), note, f"{when} {category}")


def _wobbling(dollars: float, month: Period, what: str) -> int:
    dice = random.Random(f"{what}:{month.start:%Y-%m}")  # noqa: S311 - a story, not a secret
    return round(100 * dollars * dice.uniform(0.97, 1.02))
