"""Shapes of payments as they are sent; money in whole minor units."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.depends import Day, Strict
from api.schemas.invoices import Reason
from core.billing.invoices.payments import LARGEST, NewPayment
from core.errors import InvalidInput
from core.money import Money

ExternalId = Annotated[str, Field(min_length=1, max_length=200, description="Sent again, it is the same payment.")]


class PaidAmount(Strict):
    """Money above zero."""

    minor: Annotated[int, Field(gt=0, le=LARGEST)]
    currency: Annotated[str, Field(min_length=3, max_length=3)]

    def money(self) -> Money:
        """Return it as the core takes it."""
        return Money(self.minor, self.currency)


class RecordPayment(Strict):
    """Money for an invoice; without an amount all that is due, without a day today."""

    invoice_id: Annotated[UUID, Field(strict=False)]
    method: Literal["wire", "manual", "stripe"]
    amount: PaidAmount | None = None
    received_on: Day | None = None
    external_id: ExternalId | None = None
    note: Annotated[str, Field(max_length=500)] = ""

    def given(self, today: date) -> NewPayment:
        """Return it as the core takes it."""
        if self.method == "stripe":
            raise InvalidInput(
                "Stripe itself tells of payments by Stripe. Record what came otherwise as wire or manual.",
                field="method",
            )
        amount = self.amount.money() if self.amount else None
        day = self.received_on or today
        return NewPayment(self.invoice_id, self.method, amount, day, self.external_id, self.note, source="api")


class RefundPayment(Strict):
    """What to give back; without an amount all that is left of the payment."""

    reason: Reason
    amount: PaidAmount | None = None
    refunded_on: Day | None = None
    external_id: ExternalId | None = None
