"""Payments over HTTP: recorded once whatever is sent again, given back, and read newest first."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request

from api.depends import CurrentActor, Day, Now, Reading, StrictRoute, Writing
from api.once import Idempotent
from api.schemas.invoices import PaymentList, PaymentRow
from api.schemas.payments import RecordPayment, RefundPayment
from core.accounts import cursors
from core.accounts.invoicing import give_back, take_payment
from core.accounts.stripe_payments import charge_invoice
from core.billing.invoices.payment_reads import list_payments
from core.billing.stripe_gateway import account_of
from core.errors import InvalidInput

router = APIRouter(tags=["Payments"], route_class=StrictRoute)
MOST = 500
ChargeKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)]


@router.get("/payments", summary="Payments and refunds, newest first")
def payments(
    actor: CurrentActor,
    session: Reading,
    customer: Annotated[UUID | None, Query(description="An organization id.")] = None,
    since: Annotated[Day | None, Query(alias="from", description="The first day of receipt.")] = None,
    until: Annotated[Day | None, Query(alias="to", description="The last day of receipt.")] = None,
    cursor: Annotated[str | None, Query(max_length=2000, description="The `nextCursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> PaymentList:
    """Return payments; a customer's people get their own. A refund is negative."""
    found = list_payments(
        session, actor, organization_id=customer, since=since, until=until, after=_place(cursor), limit=limit + 1
    )
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return PaymentList(
        payments=[PaymentRow.of(one) for one in shown],
        next_cursor=last and cursors.encode(last.received_on.isoformat(), str(last.id)),
    )


@router.post("/payments", status_code=201, summary="Record a payment")
def record(
    request: Request,
    actor: CurrentActor,
    session: Writing,
    now: Now,
    once: Idempotent,
    body: RecordPayment,
    key: ChargeKey = None,
) -> PaymentRow:
    """Record money for an invoice and book it as cash; what is more than was due is the customer's credit.

    With the method `stripe`, what is due is charged to the method that the customer saved there, once per
    `Idempotency-Key`. Sent again under the same `Idempotency-Key` or `externalId` it is the same payment.
    """

    def work() -> PaymentRow:
        if body.method == "stripe":
            if body.amount is not None or body.received_on is not None or body.external_id is not None:
                raise InvalidInput("Stripe collects what is due, now: leave amount, day and id out.", field="method")
            account = account_of(request.app.state.settings)
            return PaymentRow.of(charge_invoice(session, actor, account, body.invoice_id, key=key, now=now))
        return PaymentRow.of(take_payment(session, actor, body.given(now.date()), now=now))

    return once(PaymentRow, work)


@router.post("/process-payment", status_code=201, summary="Record a payment (the seed's name of it)")
def process(
    request: Request,
    actor: CurrentActor,
    session: Writing,
    now: Now,
    once: Idempotent,
    body: RecordPayment,
    key: ChargeKey = None,
) -> PaymentRow:
    """Do what `POST /payments` does."""
    return record(request, actor, session, now, once, body, key)


@router.post("/payments/{paymentId}/refund", status_code=201, summary="Give a payment back")
def refund(
    actor: CurrentActor,
    session: Writing,
    now: Now,
    once: Idempotent,
    payment_id: Annotated[UUID, Path(alias="paymentId")],
    body: RefundPayment,
) -> PaymentRow:
    """Give back a payment in whole or in part and book the cash; an invoice that it had settled is open again."""

    def work() -> PaymentRow:
        made = give_back(
            session,
            actor,
            payment_id,
            amount=body.amount.money() if body.amount else None,
            refunded_on=body.refunded_on or now.date(),
            reason=body.reason,
            now=now,
            external_id=body.external_id,
        )
        return PaymentRow.of(made)

    return once(PaymentRow, work)


def _place(cursor: str | None) -> tuple[date, UUID] | None:
    if cursor is None:
        return None
    try:
        day, key = cursors.decode(cursor)
        return date.fromisoformat(str(day)), UUID(str(key))
    except ValueError as wrong:
        raise cursors.foreign() from wrong
