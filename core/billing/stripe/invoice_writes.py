"""An invoice that Stripe has issued, put beside ours: with Stripe's number, under one of the vendor's entities."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, update

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.sellers import all_sellers
from core.billing.stripe.amounts import our_amount
from core.errors import Conflict, InvalidInput
from core.ids import new_id
from core.money import Money, exponent
from db.models.invoices import invoice, invoice_line, invoice_tax
from db.session import WriteSession

SOURCE: Final = "stripe"
# The tax of Stripe's own reckoning is taken as it is: standard rate where there is any, else outside the scope.
_TAXED: Final = "S"
_UNTAXED: Final = "O"


def add_stripe_invoice(
    session: WriteSession, actor: Actor, organization_id: UUID, told: Mapping[str, Any], *, now: datetime
) -> UUID:
    """Add an invoice that Stripe issued, open and unpaid (paid where it demands nothing), and return its id.

    Needs `invoice:finalize`. Conflict where no legal entity is there yet, or its number is another's; InvalidInput for
    one that demands less than nothing.
    """
    actor.require_vendor()
    actor.require(Permission.INVOICE_FINALIZE)
    known = all_sellers(session)
    if not known:
        raise Conflict("Add the legal entity that sells, on the page Invoices: Stripe's invoices need one.")
    total = our_amount(told["total"], told["currency"])
    if total.minor < 0:
        raise InvalidInput(f"{told['number']} demands less than nothing: Stripe owes it as a credit.", field="total")
    made, issued = new_id(), _day(told["status_transitions"].get("finalized_at") or told["created"])
    taken = (invoice.c.seller_id == known[0].id) & (invoice.c.number == told["number"])
    if session.execute(select(invoice.c.id).where(taken)).first() is not None:
        raise Conflict(f"Number {told['number']} is that of another invoice.", code="number_taken")
    net = _net(told, total)
    row = {
        "id": made,
        "organization_id": organization_id,
        "seller_id": known[0].id,
        "state": "draft",
        "currency": total.currency,
        "net_days": 0,
        "reference": told["id"],
        "net_minor": net.minor,
        "discount_minor": 0,
        "tax_minor": (total - net).minor,
        "total_minor": total.minor,
        "source": SOURCE,
        "external_id": told["id"],
        "created_at": now,
    }
    session.execute(insert(invoice).values(row))
    _lines(session, made, organization_id, told, net, total - net)
    due = _day(told["due_date"]) if told.get("due_date") else issued
    final = {"number": told["number"], "issued_on": issued, "due_on": max(due, issued), "finalized_at": now}
    final |= {"state": "open"} if total else {"state": "paid", "paid_at": now}
    session.execute(update(invoice).where(invoice.c.id == made).values(**final))
    after = {"number": told["number"], "stripe": told["id"], "totalMinor": total.minor, "currency": total.currency}
    audit.record(
        session,
        actor,
        "invoice.imported",
        ("invoice", str(made)),
        now=now,
        organization_id=organization_id,
        after=after,
    )
    return made


def _net(told: Mapping[str, Any], total: Money) -> Money:
    said = told.get("total_excluding_tax")
    return total if said is None else our_amount(said, total.currency)


def _lines(
    session: WriteSession, invoice_id: UUID, organization_id: UUID, told: Mapping[str, Any], net: Money, tax: Money
) -> None:
    """Write one line for what Stripe billed, with the tax that Stripe reckoned."""
    category = _TAXED if tax else _UNTAXED
    rate = (Decimal(tax.minor * 100) / net.minor).quantize(Decimal("0.0001")) if tax and net else Decimal(0)
    line = {
        "id": new_id(),
        "invoice_id": invoice_id,
        "organization_id": organization_id,
        "position": 1,
        "kind": "one_off",
        "text": str(told.get("description") or "As billed by Stripe")[:500],
        "quantity": Decimal(1),
        "unit": "C62",
        "unit_price": Decimal(net.minor).scaleb(-exponent(net.currency)),
        "net_minor": net.minor,
        "discount_minor": 0,
        "tax_minor": tax.minor,
        "tax_rate": rate,
        "tax_category": category,
    }
    session.execute(insert(invoice_line).values(line))
    said = {"base_minor": net.minor, "tax_minor": tax.minor, "category": category, "rate": rate}
    session.execute(insert(invoice_tax).values(invoice_id=invoice_id, organization_id=organization_id, **said))


def _day(stamp: int) -> date:
    return datetime.fromtimestamp(stamp, UTC).date()
