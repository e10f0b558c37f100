"""Shapes of the reconciliation on the wire; money in whole minor units."""

from datetime import datetime
from uuid import UUID

from api.depends import Answer
from api.schemas.enterprise import Amount
from core.finance.differences import Fault, Side, Subject
from core.finance.reconciliation import Reconciliation


class SideRow(Answer):
    """What of one subject both sides hold: how many, and their sums."""

    subject: Subject
    stripe_count: int
    here_count: int
    stripe: list[Amount]
    here: list[Amount]

    @classmethod
    def of(cls, side: Side) -> "SideRow":
        """Return it as it is sent, currencies by their codes."""
        amounts = [
            [Amount(minor=minor, currency=currency) for currency, minor in sorted(sums.items())]
            for sums in (side.stripe, side.here)
        ]
        return cls(
            subject=side.subject,
            stripe_count=side.stripe_count,
            here_count=side.here_count,
            stripe=amounts[0],
            here=amounts[1],
        )


class DifferenceRow(Answer):
    """One difference; `gap` is what Stripe has more than we have, a month for subscriptions."""

    subject: Subject
    fault: Fault
    external_id: str
    organization_id: UUID | None
    customer: str | None
    stripe: str
    here: str
    gap: Amount


class ReconciliationAnswer(Answer):
    """Stripe against our books; `heard_at` is when Stripe last told anything, null where it never did."""

    agrees: bool
    heard_at: datetime | None
    worth: Amount
    unconverted: list[str]
    sides: list[SideRow]
    differences: list[DifferenceRow]

    @classmethod
    def of(cls, found: Reconciliation) -> "ReconciliationAnswer":
        """Return it as it is sent."""
        rows = [
            DifferenceRow(
                subject=one.subject,
                fault=one.fault,
                external_id=one.external_id,
                organization_id=one.organization_id,
                customer=found.customers.get(one.organization_id) if one.organization_id else None,
                stripe=one.stripe,
                here=one.here,
                gap=Amount.model_validate(one.gap),
            )
            for one in found.differences
        ]
        return cls(
            agrees=found.agrees,
            heard_at=found.heard_at,
            worth=Amount.model_validate(found.worth),
            unconverted=list(found.unconverted),
            sides=[SideRow.of(side) for side in found.sides],
            differences=rows,
        )
