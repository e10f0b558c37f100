"""Stripe's messages: known by the signature of the raw body, stored, answered; what they ask for is done by a job."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Request

from api.depends import Answer, Now, StrictRoute
from api.strict_json import an_object, parse_strict
from core.billing.stripe.signature import secrets_of, verify
from core.billing.stripe.writes import store_event
from core.config import Settings
from core.databases import Databases
from core.errors import NotFound
from db.session import SYSTEM

router = APIRouter(prefix="/stripe", tags=["Finance"], route_class=StrictRoute)


class Received(Answer):
    """What Stripe is told: that the event is stored, and whether it was known before."""

    received: bool
    known: bool


@router.post("/webhook", summary="Take an event of Stripe's")
async def webhook(
    request: Request,
    now: Now,
    signature: Annotated[str, Header(alias="Stripe-Signature", max_length=10_000)] = "",
) -> Received:
    """Store an event that Stripe signed and answer at once; it is processed by a job, once, in whatever order it came.

    403 unless one v1 signature is that of the raw body by STRIPE_WEBHOOK_SECRET and the stamp lies within five minutes
    of now, to either side. The same event again changes nothing. 404 while Stripe is not set up here.
    """
    settings: Settings = request.app.state.settings
    secrets = secrets_of(settings.stripe_webhook_secret)
    if not (settings.stripe_secret_key and secrets):
        raise NotFound(
            "Stripe is off here: set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET, then start Calos again.",
            code="stripe_off",
        )
    body = await request.body()
    verify(signature, body, secrets, now=now)
    event = an_object(parse_strict(body))
    databases: Databases = request.app.state.databases

    def store() -> bool:
        with databases.control.write(SYSTEM) as session:
            return store_event(session, event, now=now)

    return Received(received=True, known=not await to_thread.run_sync(store))
