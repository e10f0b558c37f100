"""The report of what differs between Stripe and our books, a row each."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from core.access.actor import Actor
from core.finance.differences import FAULTS
from core.finance.reconciliation import reconcile
from core.reports.report import Narrowed, financial
from core.reports.tabular import Cell, Column
from db.session import ReadSession

COLUMNS: Final = (
    Column("customer", "Customer", width=28),
    Column("subject", "About", width=14),
    Column("fault", "Difference", width=18),
    Column("stripe", "Stripe", width=32, finance=True),
    Column("here", "Here", width=48, finance=True),
    Column("gap", "Stripe has more", "money", finance=True),
    Column("currency", "Currency", width=9, finance=True),
    Column("external_id", "Id", width=34, paper=False),
)


def _rows(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Iterator[Mapping[str, Cell]]:
    found = reconcile(session, actor, now=now)
    for one in found.differences:
        yield {
            "customer": found.customers.get(one.organization_id) if one.organization_id else None,
            "subject": one.subject,
            "fault": FAULTS[one.fault],
            "stripe": one.stripe,
            "here": one.here,
            "gap": one.gap.major(),
            "currency": one.gap.currency,
            "external_id": one.external_id,
        }


RECONCILIATION: Final = financial("reconciliation", "Reconciliation", COLUMNS, frozenset(), _rows)
