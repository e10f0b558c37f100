"""Lines of many invoices, and credit notes of everybody, as files and lists of all of them need."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, tuple_

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.credit_notes import CreditNote
from core.billing.invoices.reads import MOST, line_of
from core.billing.invoices.states import Invoice, InvoiceLine
from core.money import Money
from db.models.invoices import credit_note, invoice, invoice_line
from db.models.organizations import organization
from db.session import ReadSession

_AMOUNTS: Final = ("net", "tax", "total")


@dataclass(frozen=True)
class ListedNote:
    """A credit note, whose it is, and the number of the invoice that it corrects."""

    note: CreditNote
    customer: str
    invoice_number: str


def lines_of_many(session: ReadSession, found: Sequence[Invoice]) -> dict[UUID, tuple[InvoiceLine, ...]]:
    """Return the lines of invoices that were read, by invoice and in their order."""
    c, currencies = invoice_line.c, {each.id: each.total.currency for each in found}
    rows = session.execute(select(invoice_line).where(c.invoice_id.in_(currencies)).order_by(c.invoice_id, c.position))
    lines: dict[UUID, list[InvoiceLine]] = defaultdict(list)
    for row in rows:
        lines[row.invoice_id].append(line_of(row, currencies[row.invoice_id]))
    return {one: tuple(several) for one, several in lines.items()}


def list_credit_notes(
    session: ReadSession,
    actor: Actor,
    *,
    organization_id: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int = 50,
) -> tuple[ListedNote, ...]:
    """Return credit notes, the newest first; needs `finance:read`. A customer's people see their own.

    The last one's day of issue and id are `after` of the next page.
    """
    actor.require(Permission.FINANCE_READ)
    c = credit_note.c
    statement = (
        select(credit_note, organization.c.name.label("customer"), invoice.c.number.label("invoice_number"))
        .join(organization, organization.c.id == c.organization_id)
        .join(invoice, invoice.c.id == c.invoice_id)
        .order_by(c.issued_on.desc(), c.id.desc())
        .limit(max(1, min(limit, MOST)))
    )
    whose = organization_id if actor.realm == "vendor" else actor.organization_id
    if whose is not None:
        statement = statement.where(c.organization_id == whose)
    if since is not None:
        statement = statement.where(c.issued_on >= since)
    if until is not None:
        statement = statement.where(c.issued_on <= until)
    if after is not None:
        statement = statement.where(tuple_(c.issued_on, c.id) < tuple_(*after))
    found = []
    for row in session.execute(statement):
        plain: dict[str, Any] = {
            name: getattr(row, name) for name in CreditNote.__dataclass_fields__ if name not in _AMOUNTS
        }
        amounts: dict[str, Any] = {name: Money(getattr(row, f"{name}_minor"), row.currency) for name in _AMOUNTS}
        found.append(ListedNote(CreditNote(**plain, **amounts), row.customer, row.invoice_number))
    return tuple(found)
