"""Stripe's invoices, payments and refunds brought into our books through the same doors as ours."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from core.accounts.invoicing import give_back, give_up, take_payment, void_invoice
from core.billing.invoices.payments import NewPayment
from core.billing.invoices.reads import invoice_by_id
from core.billing.stripe.amounts import our_amount
from core.billing.stripe.invoice_writes import SOURCE, add_stripe_invoice
from core.billing.stripe.reads import Kept, kept_under, payments_named
from core.billing.stripe.terms import intent_of
from core.billing.stripe.writes import became
from core.errors import CalosError
from core.imports.stripe.taking import Taking, take_customer

_REASON = "As Stripe says."


def take_invoices(taking: Taking, customer_id: str) -> None:
    """Take in every invoice that Stripe issued to a customer, with what was paid and given back.

    What one is refused for is noted on it in a sentence, and the others come in.
    """
    organization_id = take_customer(taking, customer_id)
    if organization_id is None:
        return
    for one in kept_under(taking.session, "invoice", [customer_id]).values():
        if one.deleted or one.payload["status"] == "draft":
            continue
        ours, problem = one.our_id, None
        try:
            with taking.session.connection.begin_nested():
                ours = _take(taking, one, organization_id)
        except CalosError as refused:
            problem = refused.message
        became(
            taking.session, "invoice", one.external_id, organization_id=organization_id, our_id=ours, problem=problem
        )


def _take(taking: Taking, of: Kept, organization_id: UUID) -> UUID:
    told = of.payload
    made = of.our_id or add_stripe_invoice(taking.session, taking.actor, organization_id, told, now=taking.now)
    paid = {intent_of(one.payload): one for one in kept_under(taking.session, "payment", [of.external_id]).values()}
    known = payments_named(taking.session, list(paid))
    for name, one in paid.items():
        if one.payload.get("status") == "paid" and name not in known:
            _pay(taking, made, name, one.payload)
    state = invoice_by_id(taking.session, taking.actor, made).state
    if told["status"] == "void" and state in {"open", "uncollectible"}:
        void_invoice(taking.session, taking.actor, made, reason=_REASON, now=taking.now)
    elif told["status"] == "uncollectible" and state == "open":
        give_up(taking.session, taking.actor, made, reason=_REASON, now=taking.now)
    _give_back(taking, list(paid))
    return made


def _pay(taking: Taking, invoice_id: UUID, name: str, paid: Mapping[str, Any]) -> None:
    amount = our_amount(paid["amount_paid"], paid["currency"])
    at = (paid.get("status_transitions") or {}).get("paid_at") or paid["created"]
    given = NewPayment(invoice_id, "stripe", amount, _day(at), name, "", SOURCE)
    take_payment(taking.session, taking.actor, given, now=taking.now)


def _give_back(taking: Taking, intents: list[str]) -> None:
    payments = payments_named(taking.session, intents)
    back = kept_under(taking.session, "refund", intents)
    known = payments_named(taking.session, list(back))
    for key, one in back.items():
        of = payments.get(intent_of({"payment": one.payload}))
        if of is None or key in known or one.payload["status"] != "succeeded":
            continue
        give_back(
            taking.session,
            taking.actor,
            of,
            amount=our_amount(one.payload["amount"], one.payload["currency"]),
            refunded_on=_day(one.payload["created"]),
            reason=str(one.payload.get("reason") or _REASON),
            now=taking.now,
            external_id=key,
            source=SOURCE,
        )


def _day(stamp: int) -> date:
    return datetime.fromtimestamp(stamp, UTC).date()
