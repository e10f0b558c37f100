"""Objects as Stripe's API 2026-10-28.endive gives them: the keys that it publishes, as far as Calos reads them."""

from typing import Any

Json = dict[str, Any]


def listed(url: str, data: list[Json], *, has_more: bool = False) -> Json:
    """A list as the API answers one."""
    return {"object": "list", "url": url, "has_more": has_more, "data": data}


def customer(made: str, at: int, **given: Any) -> Json:
    """A customer; `default_payment_method` is what they saved."""
    method = given.pop("default_payment_method", None)
    return {
        "id": made,
        "object": "customer",
        "created": at,
        "livemode": False,
        "name": None,
        "email": None,
        "currency": None,
        "address": None,
        "delinquent": False,
        "balance": 0,
        "metadata": {},
        "invoice_settings": {"default_payment_method": method, "custom_fields": None, "footer": None},
        **given,
    }


def product(made: str, at: int, name: str, **given: Any) -> Json:
    """A product."""
    return {
        "id": made,
        "object": "product",
        "created": at,
        "livemode": False,
        "active": True,
        "name": name,
        "description": None,
        "default_price": None,
        "metadata": {},
        **given,
    }


def price(made: str, at: int, product_id: str, unit_amount: int | None, **given: Any) -> Json:
    """A price; recurring by the month unless told otherwise."""
    interval = given.pop("interval", "month")
    count = given.pop("interval_count", 1)
    usage = given.pop("usage_type", "licensed")
    return {
        "id": made,
        "object": "price",
        "created": at,
        "livemode": False,
        "active": True,
        "product": product_id,
        "currency": "usd",
        "unit_amount": unit_amount,
        "unit_amount_decimal": None if unit_amount is None else str(unit_amount),
        "billing_scheme": "per_unit",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "lookup_key": None,
        "nickname": None,
        "recurring": {"interval": interval, "interval_count": count, "meter": None, "usage_type": usage},
        "metadata": {},
        **given,
    }


def item(made: str, at: int, subscription_id: str, of: Json, quantity: int | None, period: tuple[int, int]) -> Json:
    """An item of a subscription, which is where the period stands since basil."""
    return {
        "id": made,
        "object": "subscription_item",
        "created": at,
        "subscription": subscription_id,
        "price": of,
        "quantity": quantity,
        "current_period_start": period[0],
        "current_period_end": period[1],
        "discounts": [],
        "metadata": {},
        "tax_rates": [],
    }


def subscription(made: str, at: int, customer_id: str, items: list[Json], **given: Any) -> Json:
    """A subscription that runs from `at` on."""
    return {
        "id": made,
        "object": "subscription",
        "created": at,
        "livemode": False,
        "customer": customer_id,
        "status": "active",
        "currency": "usd",
        "start_date": at,
        "billing_cycle_anchor": at,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "ended_at": None,
        "trial_start": None,
        "trial_end": None,
        "pause_collection": None,
        "collection_method": "charge_automatically",
        "discounts": [],
        "items": listed(f"/v1/subscription_items?subscription={made}", items),
        "latest_invoice": None,
        "metadata": {},
        **given,
    }


def invoice(made: str, at: int, customer_id: str, total: int, **given: Any) -> Json:
    """A draft; `subscription` stands under `parent` since basil."""
    of = given.pop("subscription", None)
    parent = {"type": "subscription_details", "subscription_details": {"subscription": of, "metadata": {}}}
    tax = given.pop("tax", 0)
    return {
        "id": made,
        "object": "invoice",
        "created": at,
        "livemode": False,
        "customer": customer_id,
        "number": None,
        "status": "draft",
        "currency": "usd",
        "subtotal": total - tax,
        "total_excluding_tax": total - tax,
        "total": total,
        "amount_due": total,
        "amount_paid": 0,
        "amount_remaining": total,
        "due_date": None,
        "billing_reason": "subscription_cycle" if of else "manual",
        "collection_method": "charge_automatically",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "parent": parent if of else None,
        "hosted_invoice_url": None,
        "lines": listed(f"/v1/invoices/{made}/lines", []),
        "metadata": {},
        **given,
    }


def payment(made: str, at: int, invoice_id: str, amount: int, currency: str, intent: str) -> Json:
    """What paid an invoice."""
    return {
        "id": made,
        "object": "invoice_payment",
        "created": at,
        "livemode": False,
        "invoice": invoice_id,
        "amount_paid": amount,
        "amount_requested": amount,
        "currency": currency,
        "is_default": True,
        "status": "paid",
        "payment": {"type": "payment_intent", "payment_intent": intent},
        "status_transitions": {"canceled_at": None, "paid_at": at},
    }


def credit_note(made: str, at: int, of: Json, amount: int) -> Json:
    """A credit note of an invoice."""
    return {
        "id": made,
        "object": "credit_note",
        "created": at,
        "livemode": False,
        "customer": of["customer"],
        "invoice": of["id"],
        "number": f"{of['number']}-CN-{made[-2:]}",
        "status": "issued",
        "currency": of["currency"],
        "amount": amount,
        "total": amount,
        "subtotal": amount,
        "reason": None,
        "type": "pre_payment",
        "voided_at": None,
        "metadata": {},
    }


def refund(made: str, at: int, intent: str, amount: int, currency: str) -> Json:
    """Money given back."""
    return {
        "id": made,
        "object": "refund",
        "created": at,
        "amount": amount,
        "currency": currency,
        "charge": intent.replace("pi_", "ch_"),
        "payment_intent": intent,
        "reason": None,
        "status": "succeeded",
        "metadata": {},
    }


def dispute(made: str, at: int, intent: str, amount: int, currency: str) -> Json:
    """A payer who wants their money back from the bank."""
    return {
        "id": made,
        "object": "dispute",
        "created": at,
        "livemode": False,
        "amount": amount,
        "currency": currency,
        "charge": intent.replace("pi_", "ch_"),
        "payment_intent": intent,
        "reason": "fraudulent",
        "status": "needs_response",
        "metadata": {},
    }


def payment_intent(made: str, at: int, amount: int, currency: str, **given: Any) -> Json:
    """An attempt to collect money."""
    return {
        "id": made,
        "object": "payment_intent",
        "created": at,
        "livemode": False,
        "amount": amount,
        "amount_received": 0,
        "currency": currency,
        "customer": None,
        "description": None,
        "payment_method": None,
        "status": "requires_payment_method",
        "metadata": {},
        **given,
    }


def checkout_session(made: str, at: int, amount: int, currency: str, **given: Any) -> Json:
    """A page on which something is paid."""
    return {
        "id": made,
        "object": "checkout.session",
        "created": at,
        "livemode": False,
        "amount_total": amount,
        "currency": currency,
        "client_reference_id": None,
        "customer": None,
        "customer_email": None,
        "expires_at": at + 86_400,
        "mode": "payment",
        "payment_intent": None,
        "payment_status": "unpaid",
        "status": "open",
        "success_url": None,
        "url": f"https://checkout.stripe.test/c/pay/{made}",
        "metadata": {},
        **given,
    }


def event(made: str, at: int, kind: str, of: Json) -> Json:
    """A snapshot event."""
    return {
        "id": made,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": at,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
        "data": {"object": of},
    }
