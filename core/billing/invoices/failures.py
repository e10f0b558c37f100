"""Payments that were tried and did not come."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from core.access.actor import Actor
from core.billing.invoices.payments import may_process
from core.ids import new_id
from db.models.invoices import payment_failure
from db.session import WriteSession

LONGEST: Final = 500


def record_failure(
    session: WriteSession,
    actor: Actor,
    organization_id: UUID,
    reason: str,
    *,
    source: str,
    external_id: str,
    failed_at: datetime,
    invoice_id: UUID | None = None,
) -> bool:
    """Note a failed payment and return whether it is new: told again under its id, it is the same failure."""
    may_process(actor)
    row: dict[str, Any] = {"id": new_id(), "organization_id": organization_id, "invoice_id": invoice_id}
    row |= {"reason": reason[:LONGEST], "source": source, "external_id": external_id, "failed_at": failed_at}
    added = insert(payment_failure).values(row).on_conflict_do_nothing().returning(payment_failure.c.id)
    return session.execute(added).one_or_none() is not None
