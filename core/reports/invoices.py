"""The report of invoices, late ones first, a row each."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.reads import MOST
from core.billing.invoices.states import Invoice
from core.billing.invoices.worklist import OVERDUE, Wanted, worklist
from core.reports.report import Narrowed, Report
from core.reports.tabular import Cell, Column
from db.session import ReadSession

_AMOUNTS: Final = ("net", "discount", "tax", "total", "paid", "credited", "due")
COLUMNS: Final = (
    Column("number", "Invoice", width=18),
    Column("customer", "Customer", width=28),
    Column("state", "State", width=13),
    Column("days_late", "Days late", "whole"),
    Column("issued_on", "Issued", width=12),
    Column("due_on", "Due", width=12),
    Column("month", "Bills", width=9),
    Column("currency", "Currency", width=9, finance=True),
    Column("net", "Net", "money", finance=True),
    Column("discount", "Discount", "money", finance=True),
    Column("tax", "Tax", "money", finance=True),
    Column("total", "Total", "money", finance=True),
    Column("paid", "Paid", "money", finance=True),
    Column("credited", "Credited", "money", finance=True),
    Column("due", "Left to pay", "money", finance=True),
    Column("reference", "Reference", width=20),
    Column("sent_at", "Sent", "instant"),
    Column("paid_at", "Paid at", "instant"),
    Column("id", "Id", width=38),
)
TAKES: Final = frozenset({"text", "status"})


def _rows(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Iterator[Mapping[str, Cell]]:
    wanted, cursor = Wanted(standing=narrowed.status, text=narrowed.text or ""), None
    while True:
        page = worklist(session, actor, wanted, day=now.date(), cursor=cursor, limit=MOST)
        yield from (_row(one, now) for one in page.invoices)
        cursor = page.next_cursor
        if cursor is None:
            return


def _row(one: Invoice, now: datetime) -> Mapping[str, Cell]:
    late = one.days_late(now.date())
    return {
        **{name: getattr(one, name).major() for name in _AMOUNTS},
        "number": one.number,
        "customer": one.customer,
        "state": OVERDUE if late else one.state,
        "days_late": late,
        "issued_on": one.issued_on and one.issued_on.isoformat(),
        "due_on": one.due_on and one.due_on.isoformat(),
        "month": f"{one.month:%Y-%m}" if one.month else None,
        "currency": one.total.currency,
        "reference": one.reference,
        "sent_at": one.sent_at,
        "paid_at": one.paid_at,
        "id": str(one.id),
    }


INVOICES: Final = Report("invoices", "Invoices", Permission.FINANCE_READ, COLUMNS, TAKES, _rows)
