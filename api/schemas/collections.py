"""Shapes of collections on the wire: promised, invoiced, paid, and the parts of the gap between them."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from api.depends import Answer
from api.schemas.enterprise import Amount
from core.finance.promised import Collected, LineOut
from core.money import Money


class GapParts(Answer):
    """What lies between: the first four lead from promised to invoiced, the others on to paid; each with its sign."""

    not_billed: Amount = Field(description="Worth of subscriptions that no invoice asks for.")
    proration: Amount = Field(description="Changes within a period, unused time, rounding.")
    usage: Amount = Field(description="Metered use and overage.")
    one_off: Amount
    ahead: Amount = Field(description="Invoiced in these days for others: prepaid.")
    earlier: Amount = Field(description="For these days, invoiced in others.")
    tax: Amount
    credited: Amount
    given_up: Amount
    late: Amount
    open: Amount = Field(description="Not due yet.")


class CollectionEntry(Answer):
    """One customer in one currency; in the sums nobody's. promised + parts = paid, to the cent."""

    organization_id: UUID | None
    customer: str | None
    currency: str
    promised: Amount
    invoiced: Amount
    paid: Amount
    parts: GapParts

    @classmethod
    def of(cls, row: Collected) -> "CollectionEntry":
        """Return a row with its amounts."""

        def amount(minor: int) -> Amount:
            return Amount.model_validate(Money(minor, row.currency))

        whose = row.customer or None
        return cls(
            organization_id=row.organization_id if whose else None,
            customer=whose,
            currency=row.currency,
            promised=amount(row.promised),
            invoiced=amount(row.invoiced),
            paid=amount(row.paid),
            parts=GapParts.model_validate({name: amount(minor) for name, minor in row.parts.items()}),
        )


class CollectionLine(Answer):
    """A line of an invoice that is out: `net` before tax, and what of it is `within` the days asked for."""

    id: UUID
    invoice_id: UUID
    number: str
    issued_on: date
    due_on: date
    state: Literal["open", "paid", "uncollectible"]
    kind: str
    text: str
    first: date | None
    last: date | None
    subscription_id: UUID | None
    net: Amount
    within: Amount
    tax: Amount

    @classmethod
    def of(cls, line: LineOut) -> "CollectionLine":
        """Return a line as it stands."""
        return cls.model_validate(line, from_attributes=True)


class CollectionList(Answer):
    """By customer and currency, with sums by currency; of one customer also the lines that they are made of."""

    since: date = Field(alias="from")
    until: date = Field(alias="to")
    sums: list[CollectionEntry]
    customers: list[CollectionEntry]
    lines: list[CollectionLine] | None
