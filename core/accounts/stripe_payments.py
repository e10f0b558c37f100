"""Invoices of ours that Stripe collects: by a page of Stripe's, or from the method that the customer saved there."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from core.access.actor import Actor
from core.accounts.invoicing import take_payment
from core.billing.invoices.locks import lock_customers
from core.billing.invoices.payment_reads import Payment
from core.billing.invoices.payments import NewPayment, may_process
from core.billing.invoices.reads import invoice_by_id
from core.billing.invoices.states import OWED, Invoice, require_state
from core.billing.stripe.amounts import our_amount
from core.billing.stripe.reads import customer_at_stripe, payments_named
from core.billing.stripe.writes import keep_objects
from core.billing.stripe_gateway import Account, Link, Payable, charge_saved_method, payment_link
from core.errors import Conflict, InvalidInput, NotFound
from db.session import ReadSession, WriteSession

INVOICE: Final = "invoice_id"
SOURCE: Final = "stripe"


def link_for(
    session: ReadSession, actor: Actor, account: Account | None, invoice_id: UUID, *, return_url: str, now: datetime
) -> Link:
    """Return Stripe's page on which an open invoice is paid, the same one all day; needs `payment:process`.

    Conflict where Stripe is off or nothing is due. The payment is recorded when Stripe tells of it.
    """
    may_process(actor)
    of = _owed(session, actor, invoice_id)
    key = _key("link", str(of.id), str(of.due.minor), f"{now:%Y-%m-%d}")
    return payment_link(_on(account), _payable(session, of), return_url=return_url, key=key)


def charge_invoice(
    session: WriteSession, actor: Actor, account: Account | None, invoice_id: UUID, *, key: str | None, now: datetime
) -> Payment:
    """Charge what is due to the method that the customer saved with Stripe, once per `key`, and record it.

    Needs `payment:process`. InvalidInput without a key: a second click must not charge twice. Conflict where Stripe is
    off, nothing is due, nothing is saved or the bank declines; and where the money is on its way, which is recorded
    once it has come.
    """
    may_process(actor)
    if not key:
        raise InvalidInput("Send an Idempotency-Key: it makes sure that the customer is charged once.", field="method")
    # Whoever else pays it goes first: what is due is read after them, or it would be charged on top.
    lock_customers(session, [_owed(session, actor, invoice_id).organization_id])
    of = _owed(session, actor, invoice_id)
    made = charge_saved_method(_on(account), _payable(session, of), key=_key("charge", actor.id, str(of.id), key))
    if made.status == "processing":
        raise Conflict("The money is on its way; it is recorded once Stripe tells that it came.", code="on_its_way")
    return _settled(session, actor, of.id, made.payment, now=now)


def record_intent(session: WriteSession, actor: Actor, intent: Mapping[str, Any], *, now: datetime) -> Payment | None:
    """Record a payment that Stripe collected for an invoice of ours; None for what is for none, or did not come."""
    named = (intent.get("metadata") or {}).get(INVOICE)
    if intent.get("status") != "succeeded" or not named or payments_named(session, [intent["id"]]):
        return None
    try:
        return _settled(session, actor, UUID(str(named)), intent, now=now)
    except (ValueError, NotFound):
        # Metadata is anybody's to write.
        return None


def _settled(
    session: WriteSession, actor: Actor, invoice_id: UUID, intent: Mapping[str, Any], *, now: datetime
) -> Payment:
    amount = our_amount(intent["amount_received"], intent["currency"])
    at = datetime.fromtimestamp(intent["created"], UTC)
    given = NewPayment(invoice_id, "stripe", amount, min(at, now).date(), intent["id"], "", SOURCE)
    paid = {
        "id": intent["id"],
        "created": intent["created"],
        "customer": intent.get("customer"),
        "invoice": None,
        "status": "paid",
        "amount_paid": intent["amount_received"],
        "currency": intent["currency"],
        "payment": {"type": "payment_intent", "payment_intent": intent["id"]},
    }
    keep_objects(session, "payment", [paid], seen_at=now)
    return take_payment(session, actor, given, now=now)


def _owed(session: ReadSession, actor: Actor, invoice_id: UUID) -> Invoice:
    of = invoice_by_id(session, actor, invoice_id)
    require_state(of.state, OWED, "paid")
    if of.source == SOURCE:
        raise Conflict("Stripe itself issued this invoice, and collects it there.", code="stripe_invoice")
    if of.due.minor <= 0:
        raise Conflict("Nothing is due on this invoice.", code="nothing_due")
    return of


def _payable(session: ReadSession, of: Invoice) -> Payable:
    at_stripe, email = customer_at_stripe(session, of.organization_id), None
    text = f"Invoice {of.number}"
    return Payable(str(of.number), text, of.due, at_stripe, email, {INVOICE: str(of.id)})


def _on(account: Account | None) -> Account:
    if account is None:
        raise Conflict("Stripe is off here: set STRIPE_SECRET_KEY, or record what came by wire.", code="stripe_off")
    return account


def _key(*parts: str) -> str:
    """Return a key that holds nothing of what it is made of, and is as long as Stripe takes."""
    return f"calos-{sha256('|'.join(parts).encode()).hexdigest()}"
