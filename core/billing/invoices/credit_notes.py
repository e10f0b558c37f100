"""Credit notes: an invoice corrected in whole, by lines or by amounts, never by more than is left of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.calculation import PreciseLine, invoice_totals
from core.billing.invoices.credit import add_credit, moved
from core.billing.invoices.finalizing import locked
from core.billing.invoices.given_back import given_back
from core.billing.invoices.numbering import take_numbers
from core.billing.invoices.states import require_state
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import new_id
from core.money import Money
from db.models.invoices import credit_note, credit_note_line, invoice, invoice_line, seller
from db.session import ReadSession, WriteSession


@dataclass(frozen=True)
class CreditNote:
    """A correction that is out; amounts are positive."""

    id: UUID
    invoice_id: UUID
    organization_id: UUID
    number: str
    reason: str
    issued_on: date
    net: Money
    tax: Money
    total: Money
    issued_at: datetime


@dataclass(frozen=True)
class CreditNoteLine:
    """What of which line is given back."""

    invoice_line_id: UUID
    text: str
    net: Money
    tax: Money
    tax_rate: Decimal
    tax_category: str


def issue_credit_note(
    session: WriteSession,
    actor: Actor,
    invoice_id: UUID,
    *,
    reason: str,
    now: datetime,
    lines: Mapping[UUID, Money | None] | None = None,
) -> CreditNote:
    """Issue a credit note and return it: of the whole invoice, or of `lines` with amounts before tax (None: all left).

    What is not paid yet is paid less; what was paid becomes the customer's credit. Needs `invoice:finalize`; Conflict
    where more is credited than is left of a line.
    """
    actor.require_vendor()
    actor.require(Permission.INVOICE_FINALIZE)
    if not reason.strip():
        raise InvalidInput("Say why; it stands on the credit note.", field="reason")
    [row] = locked(session, actor, [invoice_id])
    require_state(row.state, ("open", "paid", "uncollectible"), "credited")
    left = _left(session, invoice_id)
    parts = _parts(left, lines, row.currency)
    net, tax = sum(part[1] for part in parts), sum(part[2] for part in parts)
    if net + tax <= 0:
        raise Conflict("Nothing is left of this invoice to credit.", code="nothing_left")
    whole = Money(sum(int(each.net_left + each.tax_left) for each in left.values()), row.currency)
    if net + tax > whole.minor:
        raise Conflict(f"{whole} is left of this invoice to credit.", code="credit_too_large")
    prefix = session.execute(select(seller.c.prefix).where(seller.c.id == row.seller_id)).scalar_one()
    [number] = take_numbers(session, row.seller_id, prefix, "credit_note", now.date(), 1)
    made = new_id()
    own = {"organization_id": row.organization_id}
    values = {**own, "id": made, "invoice_id": invoice_id, "seller_id": row.seller_id, "number": number}
    values |= {"currency": row.currency, "reason": reason.strip(), "issued_on": now.date(), "issued_at": now}
    session.execute(insert(credit_note).values(values | {"net_minor": net, "tax_minor": tax, "total_minor": net + tax}))
    session.execute(
        insert(credit_note_line),
        [{**own, "credit_note_id": made, "position": place, **_columns(*part)} for place, part in enumerate(parts)],
    )
    _apply(session, row, made, net + tax, now)
    audit.record(
        session,
        actor,
        "credit_note.issued",
        ("credit_note", str(made)),
        now=now,
        organization_id=row.organization_id,
        reason=reason.strip(),
        after={"number": number, "corrects": row.number, "totalMinor": net + tax, "currency": row.currency},
    )
    return _note(session.execute(select(credit_note).where(credit_note.c.id == made)).one())


def credit_notes_of(session: ReadSession, actor: Actor, invoice_id: UUID) -> tuple[CreditNote, ...]:
    """Return the credit notes of an invoice, the oldest first; needs `finance:read`."""
    actor.require(Permission.FINANCE_READ)
    statement = select(credit_note).where(credit_note.c.invoice_id == invoice_id)
    if actor.realm != "vendor":
        statement = statement.where(credit_note.c.organization_id == actor.organization_id)
    rows = session.execute(statement.order_by(credit_note.c.issued_at, credit_note.c.id))
    return tuple(_note(row) for row in rows)


def note_by_id(session: ReadSession, actor: Actor, note_id: UUID) -> CreditNote:
    """Return a credit note that the actor may see, or raise NotFound."""
    statement = select(credit_note).where(credit_note.c.id == note_id)
    if actor.realm != "vendor":
        statement = statement.where(credit_note.c.organization_id == actor.organization_id)
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("There is no such credit note, or you may not see it.")
    return _note(row)


def credit_note_lines(session: ReadSession, note: CreditNote) -> tuple[CreditNoteLine, ...]:
    """Return the lines of a credit note that was read, in their order."""
    c = credit_note_line.c
    rows = session.execute(select(credit_note_line).where(c.credit_note_id == note.id).order_by(c.position))
    currency = note.total.currency
    return tuple(
        CreditNoteLine(
            row.invoice_line_id,
            row.text,
            Money(row.net_minor, currency),
            Money(row.tax_minor, currency),
            row.tax_rate,
            row.tax_category,
        )
        for row in rows
    )


def _left(session: ReadSession, invoice_id: UUID) -> dict[UUID, Row[Any]]:
    """Return the lines of an invoice with what is left of each, in minor units."""
    c, taken = invoice_line.c, given_back(invoice_id)
    net = (c.net_minor - func.coalesce(taken.c.net, 0)).label("net_left")
    tax = (c.tax_minor - func.coalesce(taken.c.tax, 0)).label("tax_left")
    statement = (
        select(c.id, c.text, c.tax_rate, c.tax_category, net, tax)
        .outerjoin(taken, taken.c.line_id == c.id)
        .where(c.invoice_id == invoice_id)
        .order_by(c.position)
    )
    return {row.id: row for row in session.execute(statement)}


def _parts(
    left: Mapping[UUID, Row[Any]], lines: Mapping[UUID, Money | None] | None, currency: str
) -> Sequence[tuple[Row[Any], int, int]]:
    """Return what is credited of which line, before tax and the tax of it."""
    if lines is None:
        return [(row, int(row.net_left), int(row.tax_left)) for row in left.values() if row.net_left or row.tax_left]
    found = []
    for line_id, amount in lines.items():
        row = left.get(line_id)
        if row is None:
            raise InvalidInput("This line is not of this invoice.", field="lines")
        # The last part takes the rest of the tax with it, however the parts before were rounded.
        if amount is None or amount == Money(int(row.net_left), currency):
            found.append((row, int(row.net_left), int(row.tax_left)))
            continue
        if amount.currency != currency or amount.minor <= 0 or amount.minor > row.net_left:
            raise Conflict(
                f"{Money(int(row.net_left), currency)} is left of “{row.text}” to credit.", code="credit_too_large"
            )
        [total] = invoice_totals([PreciseLine("line", Decimal(amount.minor), row.tax_rate, row.tax_category)]).lines
        found.append((row, amount.minor, min(total.tax, int(row.tax_left))))
    return found


def _columns(row: Row[Any], net: int, tax: int) -> dict[str, Any]:
    same = {"invoice_line_id": row.id, "text": row.text, "tax_rate": row.tax_rate, "tax_category": row.tax_category}
    return {**same, "id": new_id(), "net_minor": net, "tax_minor": tax}


def _apply(session: WriteSession, row: Row[Any], note_id: UUID, total: int, now: datetime) -> None:
    due = row.total_minor - row.paid_minor - row.credited_minor
    off = min(due, total)
    if off:
        values = {"credited_minor": row.credited_minor + off, **moved(row, due - off, now)}
        session.execute(update(invoice).where(invoice.c.id == row.id).values(values))
    over = Money(total - off, row.currency)
    if over:
        add_credit(session, row.organization_id, "credit_note", over, now=now, credit_note_id=note_id)


def _note(row: Row[Any]) -> CreditNote:
    amounts: dict[str, Any] = {
        name: Money(row._mapping[f"{name}_minor"], row.currency) for name in ("net", "tax", "total")
    }
    same: dict[str, Any] = {name: row._mapping[name] for name in CreditNote.__dataclass_fields__ if name not in amounts}
    return CreditNote(**same, **amounts)
