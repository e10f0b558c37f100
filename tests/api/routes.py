"""Every route, and who may call it: one that is not declared here fails the walk over all of them."""

from core.access.permissions import Permission
from tests.api import routes_of_money
from tests.api.declared import Declared

P = Permission
ROUTES: dict[tuple[str, str], Declared] = {
    **routes_of_money.ROUTES,
    ("POST", "/auth/sign-out"): Declared(None, vendor=False),
    ("POST", "/auth/sign-out-everywhere"): Declared(None, vendor=False),
    ("GET", "/auth/me"): Declared(None, vendor=False),
    ("GET", "/enterprise/stats"): Declared(P.CUSTOMER_READ),
    ("GET", "/enterprise/customers"): Declared(P.CUSTOMER_READ),
    ("POST", "/enterprise/create-license"): Declared(P.LICENSE_CREATE, body={"userId": "{mail}", "tier": "basic"}),
    ("POST", "/enterprise/revoke-license"): Declared(P.LICENSE_REVOKE, body={"installId": "{new}", "reason": "test"}),
    ("POST", "/enterprise/customer/{installId}/update-tier"): Declared(P.LICENSE_UPDATE_TIER, body={"newTier": "pro"}),
    ("GET", "/enterprise/customer/{installId}/profile"): Declared(P.CUSTOMER_READ),
    ("GET", "/enterprise/customer/{installId}/timeline"): Declared(P.CUSTOMER_READ),
    ("GET", "/enterprise/customer/{installId}/culture"): Declared(P.CULTURE_READ),
    ("PUT", "/enterprise/customer/{installId}/branding"): Declared(
        P.CUSTOMER_UPDATE, body={"name": "Walk", "primaryColor": "#123456"}
    ),
    ("POST", "/enterprise/customer/{installId}/domains"): Declared(P.CUSTOMER_UPDATE, body={"host": "{new}.walk.test"}),
    ("POST", "/enterprise/customer/{installId}/domains/remove"): Declared(
        P.CUSTOMER_UPDATE, body={"host": "{new}.walk.test"}
    ),
    ("GET", "/licenses"): Declared(P.CUSTOMER_READ, vendor=False),
    ("POST", "/licenses/{installId}/file"): Declared(P.LICENSE_CREATE, body={"fingerprint": "walked"}),
    ("GET", "/licenses/{installId}/files"): Declared(P.CUSTOMER_READ, vendor=False),
    ("GET", "/licenses/{installId}/files/{fileId}"): Declared(P.CUSTOMER_READ, vendor=False),
    ("POST", "/licenses/offline-activation"): Declared(P.LICENSE_CREATE, vendor=False, body={"request": "{request}"}),
    ("GET", "/licenses/{installId}"): Declared(P.CUSTOMER_READ, vendor=False),
    ("GET", "/licenses/{installId}/decisions"): Declared(P.CUSTOMER_READ, vendor=False),
    ("POST", "/licenses/bulk"): Declared(
        P.LICENSE_REVOKE, body={"act": "suspend", "installIds": ["{new}"], "reason": "test"}
    ),
    ("PATCH", "/licenses/{installId}/policy"): Declared(P.LICENSE_UPDATE_TIER, body={"maxSeats": 3}),
    ("POST", "/licenses/{installId}/renew"): Declared(P.LICENSE_UPDATE_TIER, body={"days": 5}, issued={"trialDays": 7}),
    ("POST", "/licenses/{installId}/convert"): Declared(
        P.LICENSE_UPDATE_TIER, body={"reason": "test"}, issued={"trialDays": 7}
    ),
    ("POST", "/licenses/{installId}/transfer"): Declared(
        P.LICENSE_REVOKE, body={"userId": "{customer}", "reason": "test"}
    ),
    ("POST", "/licenses/{installId}/installations/retire"): Declared(
        P.LICENSE_UPDATE_TIER, body={"fingerprint": "", "reason": "test"}
    ),
    ("POST", "/licenses/{installId}/rotate-secret"): Declared(P.LICENSE_CREATE, body={"reason": "test"}),
    ("GET", "/licenses/{installId}/seats"): Declared(P.CUSTOMER_READ, vendor=False),
    ("POST", "/licenses/{installId}/seats/release"): Declared(
        P.LICENSE_UPDATE_TIER, body={"holder": "ada", "reason": "test"}
    ),
    ("POST", "/licenses/{installId}/suspend"): Declared(P.LICENSE_REVOKE, body={"reason": "test"}),
    ("POST", "/licenses/{installId}/resume"): Declared(P.LICENSE_REVOKE, body={"reason": "test"}),
    ("POST", "/licenses/{installId}/reinstate"): Declared(P.LICENSE_REVOKE, body={"reason": "test"}),
    ("GET", "/telemetry/{installId}/events"): Declared(P.TELEMETRY_READ, vendor=False),
    ("GET", "/telemetry/{installId}/manifest"): Declared(P.TELEMETRY_READ, vendor=False),
    ("GET", "/telemetry/{installId}/bundles"): Declared(P.TELEMETRY_READ, vendor=False),
    # A file, not JSON: tests/api/test_bundles.py walks through it.
    ("POST", "/telemetry/bundles"): Declared(None, vendor=False),
    ("POST", "/telemetry/{installId}/opt-out"): Declared(P.COMPLIANCE_MANAGE, vendor=False, body={"reason": "test"}),
    ("POST", "/telemetry/{installId}/opt-in"): Declared(P.COMPLIANCE_MANAGE, vendor=False, body={"reason": "test"}),
    ("GET", "/usage"): Declared(P.USAGE_READ, vendor=False, query="installId={installId}"),
    ("GET", "/usage/history"): Declared(P.USAGE_READ, vendor=False, query="installId={installId}&meter=api_calls_day"),
    ("GET", "/usage/limits"): Declared(P.USAGE_READ, vendor=False, query="installId={installId}"),
    ("POST", "/usage/limits"): Declared(
        P.USAGE_MANAGE_LIMITS, body={"installId": "{new}", "meter": "projects", "limit": 7, "reason": "test"}
    ),
    ("POST", "/usage/limits/end"): Declared(
        P.USAGE_MANAGE_LIMITS, body={"installId": "{new}", "meter": "projects", "reason": "test"}
    ),
    ("GET", "/releases"): Declared(P.CUSTOMER_READ, vendor=False),
    ("POST", "/releases"): Declared(
        P.LICENSE_UPDATE_TIER, body={"version": "9.9", "releasedAt": "2026-01-15T12:00:00Z", "notes": "{new}"}
    ),
    ("GET", "/export"): Declared(P.CUSTOMER_EXPORT, query="report=customers"),
    ("GET", "/financial/board-report"): Declared(P.FINANCE_EXPORT),
    ("GET", "/activity"): Declared(P.CUSTOMER_READ, vendor=False),
    ("GET", "/security/audit-logs"): Declared(P.AUDIT_READ, vendor=False),
    ("GET", "/security/audit-logs/verify"): Declared(P.AUDIT_READ, vendor=False),
    ("POST", "/security/audit-logs/verify"): Declared(P.AUDIT_READ),
    ("GET", "/imports"): Declared(P.ORGANIZATION_CREATE),
    ("GET", "/imports/{importId}/report"): Declared(P.ORGANIZATION_CREATE),
    ("POST", "/ai/query"): Declared(P.AI_QUERY, body={"question": "How many customers do we have?"}),
    ("GET", "/ai/query/{receiptId}"): Declared(P.AI_QUERY, own=True),
    ("GET", "/security/score"): Declared(P.SECURITY_READ),
    ("GET", "/security/score/history"): Declared(P.SECURITY_READ),
    ("POST", "/security/reviews"): Declared(P.SECURITY_MANAGE_POLICY, body={"note": "Looked at it all: nothing new."}),
    ("GET", "/destinations"): Declared(P.SECURITY_MANAGE_POLICY),
    ("POST", "/destinations"): Declared(
        P.SECURITY_MANAGE_POLICY,
        body={"kind": "webhook", "name": "{new}", "url": "https://hook.walk.test/", "events": ["upsell.found"]},
    ),
    ("PATCH", "/destinations/{destinationId}"): Declared(P.SECURITY_MANAGE_POLICY, body={"name": "Walked by"}),
    ("DELETE", "/destinations/{destinationId}"): Declared(P.SECURITY_MANAGE_POLICY, body={"reason": "test"}),
    ("POST", "/destinations/{destinationId}/test"): Declared(P.SECURITY_MANAGE_POLICY),
    ("POST", "/destinations/{destinationId}/rotate"): Declared(P.SECURITY_MANAGE_POLICY),
    ("POST", "/destinations/{destinationId}/upsells"): Declared(P.SECURITY_MANAGE_POLICY),
    ("GET", "/destinations/{destinationId}/deliveries"): Declared(P.SECURITY_MANAGE_POLICY),
    ("POST", "/destinations/deliveries/{deliveryId}/redeliver"): Declared(P.SECURITY_MANAGE_POLICY),
}
# What has to have happened before an act is legal.
BEFORE = {
    "/licenses/{installId}/resume": ("POST", "/licenses/{installId}/suspend"),
    "/licenses/{installId}/reinstate": ("POST", "/enterprise/revoke-license"),
    "/enterprise/customer/{installId}/domains/remove": ("POST", "/enterprise/customer/{installId}/domains"),
    "/telemetry/{installId}/opt-in": ("POST", "/telemetry/{installId}/opt-out"),
    "/usage/limits/end": ("POST", "/usage/limits"),
    "/destinations/{destinationId}": ("POST", "/destinations"),
    "/costs/reverse": ("POST", "/costs"),
    "/subscriptions/{subscriptionId}/resume": ("POST", "/subscriptions/{subscriptionId}/pause"),
    "/subscriptions/{subscriptionId}/undo-cancel": ("POST", "/subscriptions/{subscriptionId}/cancel"),
    "/cash/reverse": ("POST", "/cash"),
    "/invoices/{invoiceId}/finalize": ("POST", "/invoices"),
    "/invoices/{invoiceId}/void": ("POST", "/invoices/one-off"),
    "/invoices/{invoiceId}/uncollectible": ("POST", "/invoices/one-off"),
    "/invoices/{invoiceId}/credit-notes": ("POST", "/invoices/one-off"),
    "/invoices/{invoiceId}/dunning": ("POST", "/invoices/one-off"),
    "/payments": ("POST", "/invoices/one-off"),
    "/process-payment": ("POST", "/invoices/one-off"),
    "/payments/{paymentId}/refund": ("POST", "/payments"),
    "/plans/custom-prices/{customPriceId}/end": ("POST", "/plans/custom-prices"),
    "/plans/coupons/withdraw": ("POST", "/plans/coupons"),
    "/subscriptions/{subscriptionId}/coupon": ("POST", "/plans/coupons"),
}
# What the newest of a kind is called in the addresses of others.
NAMING = {
    ("POST", "/plans/custom-prices"): "{customPriceId}",
    ("POST", "/sellers"): "{sellerId}",
    ("POST", "/invoices/one-off"): "{invoiceId}",
    ("POST", "/payments"): "{paymentId}",
    ("POST", "/invoices/{invoiceId}/credit-notes"): "{creditNoteId}",
}
# What the install itself has to have asked.
ASKED_BEFORE: dict[str, tuple[str, dict[str, str]]] = {
    "/licenses/{installId}/installations/retire": ("/api/licenses/verify", {}),
    "/licenses/{installId}/seats/release": ("/api/licenses/seats", {"holder": "ada"}),
}
