"""Dunning over HTTP: the schedule of reminders, what was sent for an invoice, and an invoice left in peace."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from api.depends import CurrentActor, Now, Reading, StrictRoute, Writing
from api.once import Idempotent
from api.schemas.dunning import InvoiceDunning, PauseDunning, Schedule
from core.access.actor import Actor, system_actor
from core.billing.invoices.dunning import notices_of, pause_invoice, schedule_of, set_steps, steps
from core.billing.invoices.reads import invoice_by_id
from db.session import ReadSession

router = APIRouter(tags=["Invoices"], route_class=StrictRoute)
InvoiceId = Annotated[UUID, Path(alias="invoiceId")]


@router.get("/dunning", summary="When late invoices are asked for")
def schedule(actor: CurrentActor, session: Reading) -> Schedule:
    """Return the reminders, the earliest first."""
    return Schedule.of(schedule_of(session, actor))


@router.put("/dunning", summary="Ask for late invoices otherwise")
def change(actor: CurrentActor, session: Writing, now: Now, body: Schedule) -> Schedule:
    """Replace the reminders from now on; those that were sent stay sent."""
    set_steps(session, actor, body.wanted(), now=now)
    return Schedule.of(steps(session))


@router.get("/invoices/{invoiceId}/dunning", summary="How an invoice was asked for")
def notices(actor: CurrentActor, session: Reading, invoice_id: InvoiceId) -> InvoiceDunning:
    """Return whether the invoice is left in peace, and which reminders went out for it."""
    actor.require_vendor()
    return _standing(session, actor, invoice_id)


@router.post("/invoices/{invoiceId}/dunning", summary="Leave an invoice in peace, or ask for it again")
def pause(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, invoice_id: InvoiceId, body: PauseDunning
) -> InvoiceDunning:
    """Pause or resume the reminders of one open invoice; a whole customer is paused in its billing profile."""

    def work() -> InvoiceDunning:
        pause_invoice(session, actor, invoice_id, paused=body.paused, now=now)
        # Whoever may pause it sees what came of it.
        return _standing(session, system_actor(actor.organization_id), invoice_id)

    return once(InvoiceDunning, work)


def _standing(session: ReadSession, actor: Actor, invoice_id: UUID) -> InvoiceDunning:
    of = invoice_by_id(session, actor, invoice_id)
    return InvoiceDunning.of(notices_of(session, actor, invoice_id), paused=of.dunning_paused)
