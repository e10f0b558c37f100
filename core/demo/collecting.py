"""The demo's billing as a whole: invoices of three years, credit notes, a declined card, and who was reminded."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.access import audit
from core.access.actor import Actor
from core.accounts.dunning import send_due_notices
from core.billing.invoices.credit_notes import issue_credit_note
from core.billing.invoices.dunning import steps
from core.billing.invoices.failures import record_failure
from core.billing.invoices.payments import NewPayment, record_payment
from core.billing.invoices.reads import InvoiceFilter, lines_of, list_invoices
from core.billing.invoices.service_periods import unused
from core.billing.invoices.states import Invoice, InvoiceLine
from core.billing.invoices.usage_lines import usage_due
from core.demo.build import MONTH
from core.demo.customers import DemoCustomer
from core.demo.invoices import CREDITED, DECLINED, SOURCE, record_history
from core.demo.sellers import set_up
from core.money import Money, round_half_up
from core.periods import add_months, month_of
from db.session import ReadSession, WriteSession

INVOICED: Final = "demo.invoiced"
# Of so many months there are counters to bill overage by.
_COUNTED: Final = 2
_OUTAGE: Final = timedelta(days=30)
_GOODWILL: Final = 250_00


def build_invoices(
    session: WriteSession,
    telemetry: ReadSession,
    actor: Actor,
    whose: Sequence[tuple[DemoCustomer, UUID]],
    *,
    now: datetime,
) -> None:
    """Bill every customer from its first day on, in one transaction."""
    sold = set_up(session, actor, whose, now=now)
    months = [add_months(month_of(now).start, -back).date() for back in range(_COUNTED)]
    ids = {customer.name: key for customer, key in whose}
    usage = {month: usage_due(session, telemetry, list(ids.values()), month) for month in months}
    record_history(session, actor, whose, sold, usage, now=now)
    by_name = {customer.name: customer for customer, _ in whose}
    if CREDITED in ids:
        _credit(session, actor, by_name[CREDITED], ids[CREDITED], now)
    if DECLINED in ids:
        _decline(session, actor, ids[DECLINED], now)
    _remind(session, actor, now)
    audit.record(session, actor, INVOICED, ("demo", "world"), now=now)


def _credit(session: WriteSession, actor: Actor, customer: DemoCustomer, key: UUID, now: datetime) -> None:
    """Give back what was left of the month when the year began, and something for days without mail."""
    changed_at = now - customer.changes[0][0] * MONTH
    for one in list_invoices(session, actor, InvoiceFilter(organization_id=key), limit=100).invoices:
        for line in lines_of(session, actor, one.id):
            if line.kind != "subscription" or line.first is None or line.last is None:
                continue
            if line.first < changed_at.date() <= line.last:
                _credit_unused(session, actor, one, line, changed_at)
            elif line.first <= now.date() <= line.last:
                reason = "Mail could not be sent for two days after release 4.2; sorry."
                parts: Mapping[UUID, Money | None] = {line.id: Money(_GOODWILL, one.total.currency)}
                issue_credit_note(session, actor, one.id, reason=reason, now=now - _OUTAGE, lines=parts)


def _credit_unused(session: WriteSession, actor: Actor, one: Invoice, line: InvoiceLine, at: datetime) -> None:
    if line.first is None or line.last is None or one.due_on is None:
        return
    precise = unused(Decimal(line.net.minor), line.first, line.last, at.date())
    left = Money(round_half_up(precise), one.total.currency)
    reason = "Changed to the annual plan within the month: the days that were left of it."
    if left:
        issue_credit_note(session, actor, one.id, reason=reason, now=at + timedelta(hours=1), lines={line.id: left})
    paid_on = max(at.date(), one.due_on - timedelta(days=4))
    record_payment(session, actor, NewPayment(one.id, "wire", None, paid_on, source=SOURCE), now=_at(paid_on))


def _decline(session: WriteSession, actor: Actor, key: UUID, now: datetime) -> None:
    """Let the card be declined twice for the oldest invoice that is open."""
    found = list_invoices(session, actor, InvoiceFilter(state="open", organization_id=key)).invoices
    first = min(found, key=lambda one: one.created_at)
    for number, (days, reason) in enumerate(
        ((1, "The card was declined: insufficient funds."), (4, "The card was declined: expired card.")), start=1
    ):
        at = first.created_at + timedelta(days=days)
        name = f"declined {number}"
        record_failure(session, actor, key, reason, source=SOURCE, external_id=name, failed_at=at, invoice_id=first.id)


def _remind(session: WriteSession, actor: Actor, now: datetime) -> None:
    """Ask for what is late as it would have been asked for, a step at a time, from the earliest day to today."""
    late = list_invoices(session, actor, InvoiceFilter(overdue=now.date()), limit=500).invoices
    due = {one.due_on for one in late if one.due_on is not None}
    days = {day + timedelta(days=step.days) for day in due for step in steps(session)}
    for day in sorted(days):
        if _at(day) <= now:
            send_due_notices(session, now=_at(day))


def _at(day: date) -> datetime:
    return datetime.combine(day, time(6), UTC)
