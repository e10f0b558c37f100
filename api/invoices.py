"""Invoices over HTTP: drafted, read, issued, corrected, and as PDF; a customer's people see their own."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from api.depends import CurrentActor, Day, Now, Reading, SeenAt, StrictRoute, TelemetryReading, Writing
from api.once import Idempotent
from api.schemas.enterprise import Amount
from api.schemas.invoices import (
    AgeingAnswer,
    DraftedInvoices,
    DraftMonth,
    InvoiceDetail,
    InvoiceList,
    InvoiceRow,
    OneOffInvoice,
    StateName,
)
from core.access.actor import system_actor
from core.accounts import cursors
from core.accounts.invoicing import finalize_invoices
from core.billing.invoices.ageing import ageing
from core.billing.invoices.credit_notes import credit_notes_of
from core.billing.invoices.drafting import draft_month, require_begun
from core.billing.invoices.one_offs import write_one_off
from core.billing.invoices.payment_reads import payments_of
from core.billing.invoices.reads import (
    MOST,
    InvoiceFilter,
    Place,
    invoice_by_id,
    invoices_by_id,
    lines_of,
    list_invoices,
    taxes_of,
)
from core.billing.invoices.usage_lines import usage_due

router = APIRouter(tags=["Invoices"], route_class=StrictRoute)
InvoiceId = Annotated[UUID, Path(alias="invoiceId")]
Limit = Annotated[int, Query(ge=1, le=MOST)]
CursorText = Annotated[str | None, Query(max_length=2000, description="The `nextCursor` of the page before.")]


@router.get("/invoices", summary="Invoices, newest first")
def invoices(
    actor: CurrentActor,
    session: Reading,
    seen_at: SeenAt,
    state: Annotated[StateName | None, Query()] = None,
    customer: Annotated[UUID | None, Query(description="An organization id.")] = None,
    since: Annotated[Day | None, Query(alias="from", description="The first day of issue.")] = None,
    until: Annotated[Day | None, Query(alias="to", description="The last day of issue.")] = None,
    overdue: Annotated[bool, Query(description="Only those that are open and late.")] = False,
    text: Annotated[str, Query(alias="q", max_length=200, description="Part of a number or a name.")] = "",
    cursor: CursorText = None,
    limit: Limit = 50,
) -> InvoiceList:
    """Return invoices; a customer's people get their own, without drafts."""
    day = seen_at.date()
    wanted = InvoiceFilter(state, customer, since, until, day if overdue else None, text=text)
    page = list_invoices(session, actor, wanted, after=_place(cursor), limit=limit)
    shown = [InvoiceRow.of(one, day) for one in page.invoices]
    after = page.next and cursors.encode(page.next[0].isoformat(), str(page.next[1]))
    return InvoiceList(invoices=shown, next_cursor=after)


@router.post("/invoices", status_code=201, summary="Draft a customer's month")
def draft(
    actor: CurrentActor, session: Writing, telemetry: TelemetryReading, now: Now, once: Idempotent, body: DraftMonth
) -> DraftedInvoices:
    """Draft what a customer owes for a month, an invoice a currency. Drafted again, the drafts are changed."""

    def work() -> DraftedInvoices:
        require_begun(body.first(), now)
        usage = usage_due(session, telemetry, [body.customer_id], body.first())
        made = draft_month(session, actor, body.customer_id, body.first(), usage=usage, now=now)
        reader = system_actor(actor.organization_id)
        found = invoices_by_id(session, reader, made.invoice_ids)
        rows = [InvoiceRow.of(found[one], now.date()) for one in made.invoice_ids]
        return DraftedInvoices(invoices=rows, waiting=[Amount.model_validate(one) for one in made.waiting])

    return once(DraftedInvoices, work)


@router.post("/invoices/one-off", status_code=201, summary="Write an invoice by hand")
def write(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, body: OneOffInvoice) -> InvoiceRow:
    """Draft an invoice of lines in words, taxed as the customer is; with `finalize` it is issued at once."""

    def work() -> InvoiceRow:
        lines = [one.line() for one in body.lines]
        made = write_one_off(session, actor, body.customer_id, body.currency, lines, now=now, note=body.note)
        if body.finalize:
            finalize_invoices(session, actor, [made], now=now)
        reader = system_actor(actor.organization_id)
        return InvoiceRow.of(invoice_by_id(session, reader, made), now.date())

    return once(InvoiceRow, work)


@router.get("/invoices/ageing", summary="What is owed, and for how long")
def aged(
    actor: CurrentActor,
    session: Reading,
    seen_at: SeenAt,
    customer: Annotated[UUID | None, Query(description="An organization id.")] = None,
) -> AgeingAnswer:
    """Return what open invoices leave to pay, by customer, currency and days after they were due."""
    day = seen_at.date()
    return AgeingAnswer.of(ageing(session, actor, day=day, organization_id=customer), day)


@router.get("/invoices/{invoiceId}", summary="An invoice with its lines, taxes, payments and credit notes")
def invoice(actor: CurrentActor, session: Reading, seen_at: SeenAt, invoice_id: InvoiceId) -> InvoiceDetail:
    """Return one invoice whole."""
    return InvoiceDetail.whole(
        invoice_by_id(session, actor, invoice_id),
        seen_at.date(),
        lines_of(session, actor, invoice_id),
        taxes_of(session, actor, invoice_id),
        payments_of(session, actor, invoice_id),
        credit_notes_of(session, actor, invoice_id),
    )


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    try:
        at, key = cursors.decode(cursor)
        place = datetime.fromisoformat(str(at)), UUID(str(key))
    except ValueError as wrong:
        raise cursors.foreign() from wrong
    if place[0].tzinfo is None:
        raise cursors.foreign()
    return place
