"""Payment links over HTTP: the page of Stripe's on which an open invoice is paid."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request

from api.depends import Answer, CurrentActor, Now, Reading, StrictRoute
from core.accounts.stripe_payments import link_for
from core.billing.stripe_gateway import account_of
from core.config import Settings

router = APIRouter(prefix="/invoices", tags=["Payments"], route_class=StrictRoute)


class PaymentLink(Answer):
    """Where the customer pays, for a day."""

    url: str


@router.post("/{invoiceId}/payment-link", status_code=201, summary="Make a payment link")
def make_link(
    request: Request,
    actor: CurrentActor,
    session: Reading,
    now: Now,
    invoice_id: Annotated[UUID, Path(alias="invoiceId")],
) -> PaymentLink:
    """Return the page of Stripe's on which what is due is paid, the same one all day.

    409 where Stripe is off or nothing is due; the payment is recorded when Stripe tells of it.
    """
    settings: Settings = request.app.state.settings
    account = account_of(settings)
    return PaymentLink(url=link_for(session, actor, account, invoice_id, return_url=settings.origin, now=now).url)
