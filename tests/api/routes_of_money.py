"""Every route about money, and who may call it."""

from datetime import timedelta

from core import clock
from core.access.permissions import Permission
from tests.api.declared import Declared

P = Permission
MONTH = clock.now().strftime("%Y-%m")
SELLER = {"address": {"name": "Walk GmbH", "country": "DE"}, "prefix": "{prefix}"}
ONE_OFF = {
    "customerId": "{customer}", "currency": "USD", "finalize": True, "lines": [{"text": "Walk", "unitPrice": "10.00"}]
}  # fmt: skip
BOOKED = {"day": "2026-01-15", "amount": {"minor": 1, "currency": "USD"}, "externalId": "{new}"}
SOON = (clock.now().date() + timedelta(days=90)).isoformat()
PRICED = {"tier": "pro", "billingPeriod": "quarterly", "amount": {"minor": 123_400, "currency": "EUR"}}
ROUTES: dict[tuple[str, str], Declared] = {
    ("GET", "/financial/metrics"): Declared(P.FINANCE_READ),
    ("GET", "/financial/forecast"): Declared(P.FINANCE_READ),
    ("GET", "/financial/cash-flow"): Declared(P.FINANCE_READ),
    ("GET", "/financial/movements"): Declared(P.FINANCE_READ),
    ("GET", "/financial/subscriptions"): Declared(P.FINANCE_READ),
    ("GET", "/financial/collections"): Declared(P.FINANCE_READ),
    ("GET", "/financial/reconciliation"): Declared(P.FINANCE_READ),
    ("GET", "/financial/parallel-run"): Declared(P.FINANCE_READ),
    ("GET", "/financial/parallel-run/report"): Declared(P.FINANCE_READ),
    ("GET", "/subscriptions"): Declared(P.FINANCE_READ, vendor=False),
    ("POST", "/subscriptions/{subscriptionId}/change"): Declared(P.LICENSE_UPDATE_TIER, body={"quantity": 2}),
    ("POST", "/subscriptions/{subscriptionId}/pause"): Declared(P.LICENSE_UPDATE_TIER, body={"reason": "test"}),
    ("POST", "/subscriptions/{subscriptionId}/resume"): Declared(P.LICENSE_UPDATE_TIER, body={"reason": "test"}),
    ("POST", "/subscriptions/{subscriptionId}/cancel"): Declared(P.LICENSE_UPDATE_TIER, body={"reason": "test"}),
    ("POST", "/subscriptions/{subscriptionId}/undo-cancel"): Declared(P.LICENSE_UPDATE_TIER, body={"reason": "test"}),
    ("GET", "/plans"): Declared(P.FINANCE_READ),
    ("POST", "/plans/prices"): Declared(P.FINANCE_MANAGE_COSTS, body={**PRICED, "from": SOON}),
    ("GET", "/plans/custom-prices"): Declared(P.FINANCE_READ),
    ("POST", "/plans/custom-prices"): Declared(
        P.LICENSE_UPDATE_TIER, body={**PRICED, "organizationId": "{customer}", "reason": "test"}
    ),
    ("POST", "/plans/custom-prices/{customPriceId}/end"): Declared(P.LICENSE_UPDATE_TIER, body={"reason": "test"}),
    ("POST", "/plans/usage"): Declared(
        P.FINANCE_MANAGE_COSTS,
        body={"tier": "pro", "meter": "projects", "currency": "USD", "from": SOON, "charge": None},
    ),
    ("GET", "/plans/usage/quote"): Declared(P.FINANCE_READ, query="tier=pro&meter=members&currency=USD&units=12"),
    ("GET", "/plans/coupons"): Declared(P.FINANCE_READ),
    ("POST", "/plans/coupons"): Declared(
        P.FINANCE_MANAGE_COSTS, body={"code": "{new}", "label": "Walk", "duration": "forever", "percent": "10"}
    ),
    ("POST", "/plans/coupons/withdraw"): Declared(P.FINANCE_MANAGE_COSTS, body={"code": "{new}", "reason": "test"}),
    ("POST", "/subscriptions/{subscriptionId}/coupon"): Declared(P.LICENSE_UPDATE_TIER, body={"code": "{new}"}),
    ("GET", "/sellers"): Declared(P.FINANCE_READ),
    ("POST", "/sellers"): Declared(P.INVOICE_FINALIZE, body=SELLER),
    ("PUT", "/sellers/{sellerId}"): Declared(P.INVOICE_FINALIZE, body=SELLER),
    ("GET", "/billing-profiles/{customerId}"): Declared(P.FINANCE_READ, vendor=False),
    ("PUT", "/billing-profiles/{customerId}"): Declared(
        P.INVOICE_CREATE, body={"address": {"name": "Walk Inc.", "country": "US"}}
    ),
    ("GET", "/invoices"): Declared(P.FINANCE_READ, vendor=False),
    ("POST", "/invoices"): Declared(P.INVOICE_CREATE, body={"customerId": "{customer}", "month": MONTH}),
    ("POST", "/invoices/one-off"): Declared(P.INVOICE_CREATE, body=ONE_OFF),
    ("GET", "/invoices/ageing"): Declared(P.FINANCE_READ, vendor=False),
    ("GET", "/invoices/{invoiceId}"): Declared(P.FINANCE_READ, vendor=False),
    ("DELETE", "/invoices/{invoiceId}"): Declared(P.INVOICE_CREATE),
    ("POST", "/invoices/{invoiceId}/finalize"): Declared(P.INVOICE_FINALIZE, body={"send": False}),
    ("POST", "/invoices/{invoiceId}/send"): Declared(P.INVOICE_FINALIZE),
    ("POST", "/invoices/{invoiceId}/void"): Declared(P.INVOICE_FINALIZE, body={"reason": "test"}),
    ("POST", "/invoices/{invoiceId}/uncollectible"): Declared(P.INVOICE_FINALIZE, body={"reason": "test"}),
    ("POST", "/invoices/{invoiceId}/credit-notes"): Declared(P.INVOICE_FINALIZE, body={"reason": "test"}),
    ("GET", "/invoices/{invoiceId}/pdf"): Declared(P.FINANCE_READ, vendor=False),
    # Answers 409 while Stripe is off: tests/api/test_stripe_payments.py makes links.
    ("POST", "/invoices/{invoiceId}/payment-link"): Declared(P.PAYMENT_PROCESS),
    ("GET", "/invoices/{invoiceId}/link"): Declared(P.FINANCE_READ, vendor=False),
    ("GET", "/credit-notes/{creditNoteId}/pdf"): Declared(P.FINANCE_READ, vendor=False),
    ("GET", "/invoice-runs"): Declared(P.FINANCE_READ),
    ("POST", "/invoice-runs"): Declared(P.INVOICE_CREATE, body={"month": MONTH}),
    ("GET", "/invoice-runs/{runId}"): Declared(P.FINANCE_READ),
    ("GET", "/invoice-runs/{runId}/customers"): Declared(P.FINANCE_READ),
    ("POST", "/invoice-runs/{runId}/finalize"): Declared(P.INVOICE_FINALIZE),
    ("GET", "/dunning"): Declared(P.FINANCE_READ),
    ("PUT", "/dunning"): Declared(
        P.INVOICE_FINALIZE, body={"steps": [{"days": 5, "subject": "Reminder: {number}", "words": "{due} is open."}]}
    ),
    ("GET", "/invoices/{invoiceId}/dunning"): Declared(P.FINANCE_READ),
    ("POST", "/invoices/{invoiceId}/dunning"): Declared(P.INVOICE_CREATE, body={"paused": True}),
    ("GET", "/payments"): Declared(P.FINANCE_READ, vendor=False),
    ("POST", "/payments"): Declared(P.PAYMENT_PROCESS, body={"invoiceId": "{invoiceId}", "method": "wire"}),
    ("POST", "/process-payment"): Declared(P.PAYMENT_PROCESS, body={"invoiceId": "{invoiceId}", "method": "manual"}),
    ("POST", "/payments/{paymentId}/refund"): Declared(P.PAYMENT_PROCESS, body={"reason": "test"}),
    ("GET", "/costs"): Declared(P.FINANCE_READ),
    ("POST", "/costs"): Declared(P.FINANCE_MANAGE_COSTS, body={"kind": "compute", **BOOKED}),
    ("POST", "/costs/reverse"): Declared(P.FINANCE_MANAGE_COSTS, body={"externalId": "{new}", "reason": "test"}),
    ("GET", "/cash"): Declared(P.FINANCE_READ),
    ("POST", "/cash"): Declared(P.FINANCE_MANAGE_COSTS, body={"category": "office", **BOOKED}),
    ("POST", "/cash/reverse"): Declared(P.FINANCE_MANAGE_COSTS, body={"externalId": "{new}", "reason": "test"}),
}
