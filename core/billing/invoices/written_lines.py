"""Lines and taxes of drafts as they are written, and those a person put there, which drafting again leaves."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from core.billing.invoices.composing import Composed
from core.billing.invoices.due import DueLine
from core.ids import new_id
from core.money import exponent
from db.models.invoices import billed_item, invoice, invoice_line, invoice_tax
from db.session import ReadSession, WriteSession


def write_lines(session: WriteSession, contents: Sequence[tuple[UUID, UUID, Composed]]) -> None:
    """Insert the content of drafts, each as (invoice, customer, what is on it), with the keys of what it bills."""
    lines, taxes, billed = [], [], []
    for invoice_id, organization_id, content in contents:
        own = {"invoice_id": invoice_id, "organization_id": organization_id}
        for place, (line, total, rate, category) in enumerate(content.lines):
            amounts = {"net_minor": total.net, "discount_minor": total.discount, "tax_minor": total.tax}
            taxed = {"tax_rate": rate, "tax_category": category}
            lines.append({**own, "id": new_id(), "position": place, **_columns(line), **amounts, **taxed})
            if line.key is not None:
                billed.append({**own, "key": line.key})
        for tax, note in content.taxes:
            row = {"category": tax.category, "rate": tax.rate, "base_minor": tax.base, "tax_minor": tax.tax}
            taxes.append({**own, **row, "note": note})
    for table, rows in ((invoice_line, lines), (invoice_tax, taxes), (billed_item, billed)):
        if rows:
            session.execute(insert(table), rows)


def kept_by_hand(session: ReadSession, invoice_ids: Collection[UUID]) -> dict[UUID, list[DueLine]]:
    """Return the one-off lines of drafts, by invoice."""
    c = invoice_line.c
    statement = (
        select(invoice_line, invoice.c.currency)
        .join(invoice, invoice.c.id == c.invoice_id)
        .where(c.invoice_id.in_(invoice_ids), c.kind == "one_off")
        .order_by(c.position)
    )
    found: dict[UUID, list[DueLine]] = defaultdict(list)
    for row in session.execute(statement):
        found[row.invoice_id].append(
            DueLine(
                "one_off",
                row.text,
                row.detail,
                row.quantity,
                row.unit_price,
                minor_amount(row.quantity, row.unit_price, row.currency),
                row.currency,
                None,
                unit=row.unit,
                first=row.first,
                last=row.last,
            )
        )
    return dict(found)


def minor_amount(quantity: Decimal, unit_price: Decimal, currency: str) -> Decimal:
    """Return quantity times price in minor units, precise."""
    return (quantity * unit_price).scaleb(exponent(currency))


def _columns(line: DueLine) -> dict[str, Any]:
    same = ("kind", "text", "detail", "quantity", "unit", "unit_price", "first", "last", "subscription_id")
    return {
        **{name: getattr(line, name) for name in same},
        "license_id": line.license_id,
        "meter": line.meter,
        "source_key": line.key,
    }
