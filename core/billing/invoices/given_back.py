"""What of an invoice's lines has gone back to the customer: by credit notes, and as unused time on later invoices."""

from uuid import UUID

from sqlalchemy import Select, Subquery, cast, func, select, union_all

from db.models.invoices import billed_item, credit_note_line, invoice_line
from db.session import ReadSession

CREDIT = "credit:"


def given_back_elsewhere(session: ReadSession, invoice_id: UUID) -> bool:
    """Return whether a later invoice, or a draft of one, gives back time of this one that was not used."""
    return session.execute(_as_unused_time(invoice_id).limit(1)).first() is not None


def given_back(invoice_id: UUID) -> Subquery:
    """Return (line_id, net, tax) of what has gone back of an invoice's lines, in minor units above zero."""
    note, line = credit_note_line.c, invoice_line.c
    by_notes = (
        select(note.invoice_line_id.label("line_id"), note.net_minor.label("net"), note.tax_minor.label("tax"))
        .join(invoice_line, line.id == note.invoice_line_id)
        .where(line.invoice_id == invoice_id)
    )
    parts = union_all(by_notes, _as_unused_time(invoice_id)).subquery()
    sums = func.sum(parts.c.net).label("net"), func.sum(parts.c.tax).label("tax")
    return select(parts.c.line_id, *sums).group_by(parts.c.line_id).subquery()


def _as_unused_time(invoice_id: UUID) -> Select[tuple[UUID, int, int]]:
    of, back = invoice_line.alias("of"), invoice_line.alias("back")
    key = CREDIT + cast(of.c.id, invoice_line.c.text.type)
    return (
        select(of.c.id.label("line_id"), (-back.c.net_minor).label("net"), (-back.c.tax_minor).label("tax"))
        .join(billed_item, billed_item.c.key == key)
        .join(back, (back.c.invoice_id == billed_item.c.invoice_id) & (back.c.source_key == billed_item.c.key))
        .where(of.c.invoice_id == invoice_id)
    )
