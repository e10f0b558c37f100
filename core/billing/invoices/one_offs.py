"""Invoices that a person writes line by line: onboarding, training, what no subscription covers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.composing import composed
from core.billing.invoices.due import PIECES, DueLine
from core.billing.invoices.locks import lock_customers
from core.billing.invoices.profiles import profiles_of, seller_for
from core.billing.invoices.sellers import all_sellers
from core.billing.invoices.taxation import treatment_of
from core.billing.invoices.written_lines import minor_amount, write_lines
from core.billing.tax_rates import tax_rates
from core.errors import InvalidInput, NotFound
from core.ids import new_id
from core.money import Money
from db.models.invoices import invoice
from db.session import WriteSession

MOST_LINES: Final = 100
LONGEST_TEXT: Final = 300
LARGEST: Final = Decimal(10**13)
MOST_PLACES: Final = 12
MOST_MINOR: Final = 10**15


@dataclass(frozen=True)
class OneOff:
    """A line in words: `unit_price` in major units, of at most twelve decimals; below zero it takes off."""

    text: str
    quantity: Decimal
    unit_price: Decimal
    detail: str | None = None
    first: date | None = None
    last: date | None = None


def write_one_off(
    session: WriteSession,
    actor: Actor,
    organization_id: UUID,
    currency: str,
    lines: Sequence[OneOff],
    *,
    now: datetime,
    note: str = "",
) -> UUID:
    """Draft an invoice of lines that a person wrote, taxed as the customer is, and return its id.

    Needs `invoice:create`; InvalidInput, naming the field, for what is no line.
    """
    actor.require_vendor()
    actor.require(Permission.INVOICE_CREATE)
    Money(0, currency)
    due = _due(lines, currency)
    lock_customers(session, [organization_id])
    profile = profiles_of(session, [organization_id]).get(organization_id)
    if profile is None:
        raise NotFound("There is no such customer.")
    seller = seller_for(profile, all_sellers(session))
    content = composed(due, treatment_of(seller, profile, tax_rates(session, now.date())))
    made = new_id()
    row: dict[str, Any] = {"id": made, "organization_id": organization_id, "seller_id": seller.id, "state": "draft"}
    row |= {"currency": currency, "net_days": seller.net_days if profile.net_days is None else profile.net_days}
    row |= {"reference": profile.purchase_order, "note": note.strip() or None, "created_at": now}
    row |= {"net_minor": content.net, "discount_minor": content.discount, "tax_minor": content.tax}
    session.execute(insert(invoice).values(row | {"total_minor": content.total}))
    write_lines(session, [(made, organization_id, content)])
    _record(session, actor, made, organization_id, content.total, currency, now)
    return made


def _due(lines: Sequence[OneOff], currency: str) -> list[DueLine]:
    if not 0 < len(lines) <= MOST_LINES:
        raise InvalidInput(f"Write from 1 to {MOST_LINES} lines.", field="lines")
    return [_line(line, currency) for line in lines]


def _line(line: OneOff, currency: str) -> DueLine:
    text = line.text.strip()
    if not 0 < len(text) <= LONGEST_TEXT:
        raise InvalidInput(f"Say in up to {LONGEST_TEXT} characters what a line is for.", field="text")
    for value, field in ((line.quantity, "quantity"), (line.unit_price, "unitPrice")):
        places = value.as_tuple().exponent
        if not isinstance(places, int) or places < -MOST_PLACES or abs(value) > LARGEST:
            raise InvalidInput("Give a number of at most 13 digits and 12 decimals.", field=field)
    if line.quantity <= 0:
        raise InvalidInput("Give a quantity above zero; a price below zero takes off.", field="quantity")
    amount = minor_amount(line.quantity, line.unit_price, currency)
    if abs(amount) > MOST_MINOR:
        raise InvalidInput("Give a line of at most 15 digits in all.", field="unitPrice")
    return DueLine(
        "one_off",
        text,
        line.detail,
        line.quantity,
        line.unit_price,
        amount,
        currency,
        None,
        unit=PIECES,
        first=line.first,
        last=line.last,
    )


def _record(
    session: WriteSession, actor: Actor, made: UUID, whose: UUID, total: int, currency: str, now: datetime
) -> None:
    after = {"totalMinor": total, "currency": currency}
    audit.record(session, actor, "invoice.written", ("invoice", str(made)), now=now, organization_id=whose, after=after)
