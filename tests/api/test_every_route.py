"""Every route, found in the API's own description: who may call it, what it hides from other tenants, what it audits.

A route that is not declared below fails the first test, so that none is ever added without saying who may call it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from api import house, main
from api.closed_list import is_public
from core import clock
from core.access.permissions import ROLE_PERMISSIONS, Permission, Role
from core.config import settings
from core.databases import Databases
from core.ids import new_id
from db.session import SYSTEM
from tests.api.conftest import Served
from tests.cast import ROLES, Cast
from tests.core.imports.small import checked_import
from tests.core.licensing.as_client import activation_request

P = Permission


@dataclass(frozen=True)
class Declared:
    """Who may call a route: a permission (None: anybody signed in), of the vendor only or of any tenant.

    `body` is what a call that changes something sends; `{new}` in it is an install id made for the call. `query` is
    what a route that names its install there needs. `own`: it answers only whoever made what it is about, Fiona here.
    `issued` is what the license of the call is issued with besides.
    """

    permission: Permission | None
    vendor: bool = True
    body: dict[str, Any] | None = None
    query: str = ""
    own: bool = False
    issued: dict[str, Any] | None = None


MONTH = clock.now().strftime("%Y-%m")
SELLER = {"address": {"name": "Walk GmbH", "country": "DE"}, "prefix": "{prefix}"}
ONE_OFF = {
    "customerId": "{customer}", "currency": "USD", "finalize": True, "lines": [{"text": "Walk", "unitPrice": "10.00"}]
}  # fmt: skip
BOOKED = {"day": "2026-01-15", "amount": {"minor": 1, "currency": "USD"}, "externalId": "{new}"}
SOON = (clock.now().date() + timedelta(days=90)).isoformat()
PRICED = {"tier": "pro", "billingPeriod": "quarterly", "amount": {"minor": 123_400, "currency": "EUR"}}
ROUTES: dict[tuple[str, str], Declared] = {
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
    ("GET", "/financial/metrics"): Declared(P.FINANCE_READ),
    ("GET", "/financial/forecast"): Declared(P.FINANCE_READ),
    ("GET", "/financial/movements"): Declared(P.FINANCE_READ),
    ("GET", "/financial/subscriptions"): Declared(P.FINANCE_READ),
    ("GET", "/financial/reconciliation"): Declared(P.FINANCE_READ),
    ("GET", "/subscriptions"): Declared(P.FINANCE_READ, vendor=False),
    ("POST", "/subscriptions/{subscriptionId}/change"): Declared(P.LICENSE_UPDATE_TIER, body={"quantity": 2}),
    ("POST", "/subscriptions/{subscriptionId}/pause"): Declared(P.LICENSE_UPDATE_TIER, body={"reason": "test"}),
    ("POST", "/subscriptions/{subscriptionId}/resume"): Declared(P.LICENSE_UPDATE_TIER, body={"reason": "test"}),
    ("POST", "/subscriptions/{subscriptionId}/cancel"): Declared(P.LICENSE_UPDATE_TIER, body={"reason": "test"}),
    ("POST", "/subscriptions/{subscriptionId}/undo-cancel"): Declared(P.LICENSE_UPDATE_TIER, body={"reason": "test"}),
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
KEYS = sorted(ROUTES)
CHANGING = [key for key in KEYS if ROUTES[key].body is not None]
OF_AN_INSTALL = [key for key in KEYS if "{installId}" in key[1] + ROUTES[key].query]


# What addresses name beside the install: made once, for the walk.
_MADE: dict[str, str] = {}
_SECRETS: dict[str, str] = {}
_SUBSCRIPTIONS: dict[str, str] = {}


def _name(key: tuple[str, str]) -> str:
    return " ".join(key)


@pytest.fixture(scope="module")
def install_id(served: Served, databases: Databases, cast: Cast) -> str:
    _MADE["{importId}"] = str(checked_import(databases, cast.fiona))
    asked = served.call("fiona", "POST", "/api/ai/query", {"question": "How many customers do we have?"})
    _MADE["{receiptId}"] = asked.json()["receiptId"]
    install = _license(served)
    _call(served, "fiona", ("POST", "/destinations"), install)
    _call(served, "fiona", ("POST", "/plans/custom-prices"), install)
    for key in (
        ("POST", "/sellers"),
        ("PUT", "/billing-profiles/{customerId}"),
        *_before("/payments/{paymentId}/refund"),
    ):
        assert _call(served, "fiona", key, install).status_code in {200, 201}
    assert _call(served, "fiona", ("POST", "/invoices/{invoiceId}/credit-notes"), install).status_code == 201
    last_month = (clock.now().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    _MADE["{runId}"] = served.call("fiona", "POST", "/api/invoice-runs", {"month": last_month}).json()["id"]
    tested = served.call("fiona", "POST", f"/api/destinations/{_MADE['{destinationId}']}/test")
    _MADE["{deliveryId}"] = tested.json()["id"]
    _MADE["{fileId}"] = served.call("fiona", "POST", f"/api/licenses/{install}/file", {}).json()["id"]
    return install


def _license(served: Served, **besides: Any) -> str:
    body = {"userId": f"route-{new_id()}@walk.test", "tier": "basic", **besides}
    made = served.call("fiona", "POST", "/api/enterprise/create-license", body).json()
    _SECRETS[made["installId"]] = made["installSecret"]
    # The first customer of the walk is whom licenses are transferred to.
    _MADE.setdefault("{customer}", made["organizationId"])
    _MADE.setdefault("{customerId}", made["organizationId"])
    held = served.call("fiona", "GET", f"/api/subscriptions?installId={made['installId']}").json()["subscriptions"]
    _SUBSCRIPTIONS[made["installId"]] = held[0]["id"] if held else ""
    return str(made["installId"])


def _call(served: Served, who: str | None, key: tuple[str, str], install: str) -> Any:
    body = ROUTES[key].body
    filled = None if body is None else {name: _filled(value, install) for name, value in body.items()}
    answer = served.call(who, key[0], _address(key, install), filled)
    if key == ("POST", "/destinations") and answer.status_code == 201:
        # The newest: one of the calls removes it.
        _MADE["{destinationId}"] = answer.json()["id"]
    if key in NAMING and answer.status_code == 201:
        _MADE[NAMING[key]] = answer.json()["id"]
    if key == ("POST", "/invoices") and answer.status_code == 201:
        _MADE["{invoiceId}"] = next((one["id"] for one in answer.json()["invoices"]), _MADE.get("{invoiceId}", ""))
    return answer


def _filled(value: Any, install: str) -> Any:
    if isinstance(value, list):
        return [_filled(one, install) for one in value]
    if isinstance(value, dict):
        return {name: _filled(one, install) for name, one in value.items()}
    if not isinstance(value, str):
        return value
    return (
        value.replace("{new}", install)
        .replace("{mail}", f"w-{new_id()}@walk.test")
        .replace("{customer}", _MADE["{customer}"])
        .replace("{invoiceId}", _MADE.get("{invoiceId}", ""))
        .replace("{prefix}", new_id().hex[-12:])
        .replace("{request}", activation_request(install, _SECRETS.get(install, ""), now=clock.now()))
    )


def _address(key: tuple[str, str], install: str) -> str:
    query = ROUTES[key].query
    address = f"/api{key[1]}{'?' if query else ''}{query}".replace("{installId}", install)
    address = address.replace("{subscriptionId}", _SUBSCRIPTIONS.get(install, ""))
    for name, made in _MADE.items():
        address = address.replace(name, made)
    return address


def test_every_route_is_declared() -> None:
    described = main.create_api(house.House(settings())).openapi()["paths"]
    found = {(method.upper(), path) for path, methods in described.items() for method in methods}
    public = {(method, path) for method, path in found if is_public(f"/api{path}")}
    assert found - public == set(ROUTES)


@pytest.mark.parametrize("key", KEYS, ids=_name)
def test_nobody_signed_in_is_turned_away(served: Served, key: tuple[str, str], install_id: str) -> None:
    answer = _call(served, None, key, install_id)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize("key", [key for key in KEYS if ROUTES[key].permission], ids=_name)
def test_whoever_lacks_the_permission_is_refused_in_a_sentence(
    served: Served, key: tuple[str, str], install_id: str
) -> None:
    permission = ROUTES[key].permission
    lacking = [name for name, role in ROLES.items() if permission not in ROLE_PERMISSIONS[Role(role)]]
    for name in lacking:
        answer = _call(served, name, key, install_id)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), name
        assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize("key", [key for key in KEYS if key[0] == "GET"], ids=_name)
def test_whoever_holds_the_permission_gets_an_answer(served: Served, key: tuple[str, str], install_id: str) -> None:
    permission = ROUTES[key].permission
    holding = [name for name, role in ROLES.items() if not permission or permission in ROLE_PERMISSIONS[Role(role)]]
    expected = {name: 404 if ROUTES[key].own and name != "fiona" else 200 for name in holding}
    assert {name: _call(served, name, key, install_id).status_code for name in holding} == expected


@pytest.mark.parametrize("key", [key for key in KEYS if ROUTES[key].vendor], ids=_name)
def test_a_customers_admin_never_gets_into_the_vendors_console(
    served: Served, key: tuple[str, str], install_id: str
) -> None:
    assert _call(served, "otto", key, install_id).status_code in {403, 404}


@pytest.mark.parametrize("key", OF_AN_INSTALL, ids=_name)
def test_another_tenants_install_looks_like_none(served: Served, key: tuple[str, str], install_id: str) -> None:
    theirs = _call(served, "otto", key, install_id)
    nobodys = _call(served, "otto", key, "inst-thereisnosuchthing")
    assert theirs.status_code == nobodys.status_code
    assert theirs.json()["code"] == nobodys.json()["code"]
    assert theirs.status_code in {403, 404}


def test_a_tenants_lists_hold_only_its_own(served: Served, install_id: str, cast: Cast) -> None:
    for path in ("/api/licenses", "/api/activity", "/api/security/audit-logs"):
        answer = served.call("otto", "GET", path)
        assert answer.status_code == 200, path
        assert install_id not in answer.text, path
    rows = served.call("otto", "GET", "/api/security/audit-logs").json()["entries"]
    assert {row["organizationId"] for row in rows} <= {str(cast.globex)}


@pytest.mark.parametrize("key", CHANGING, ids=_name)
def test_every_change_is_audited_with_who_made_it(
    served: Served, databases: Databases, cast: Cast, key: tuple[str, str]
) -> None:
    install = _license(served, **(ROUTES[key].issued or {}))
    if key[1] in ASKED_BEFORE:
        path, question = ASKED_BEFORE[key[1]]
        secret = {"Authorization": f"Bearer {_SECRETS[install]}"}
        asked = served.call(None, "POST", path, {"installId": install, **question}, **secret)
        assert asked.status_code == 200, asked.text
    for earlier in _before(key[1]):
        done = _call(served, "fiona", earlier, install)
        assert done.status_code in {200, 201}, done.text
    before = _audited(databases, cast.fiona.id)
    answer = _call(served, "fiona", key, install)
    assert answer.status_code in {200, 201}, answer.text
    assert _audited(databases, cast.fiona.id) > before


def _before(path: str) -> list[tuple[str, str]]:
    return [*_before(BEFORE[path][1]), BEFORE[path]] if path in BEFORE else []


def _audited(databases: Databases, actor_id: str) -> int:
    with databases.control.read(SYSTEM) as session:
        statement = text("SELECT count(*) FROM audit_entry WHERE actor_id = :id AND action NOT LIKE 'session.%'")
        return int(session.execute(statement, {"id": actor_id}).scalar_one())


@pytest.mark.parametrize("key", [key for key in KEYS if key[0] == "GET"], ids=_name)
def test_an_unknown_query_parameter_is_refused(served: Served, key: tuple[str, str], install_id: str) -> None:
    path = _address(key, install_id)
    answer = served.call("fiona", "GET", f"{path}{'&' if '?' in path else '?'}nonsense=1")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize("key", CHANGING, ids=_name)
def test_broken_bodies_are_refused_by_the_table(served: Served, key: tuple[str, str], install_id: str) -> None:
    path = "/api" + key[1].replace("{installId}", install_id)
    headers = {**served.as_("fiona"), "Content-Type": "application/json"}
    for body, status in [
        (b"{", 400),
        (b'{"reason": NaN}', 400),
        (b'{"reason": "a", "reason": "b"}', 400),
        (b'{"nonsense": 1}', 422),
        (b"[]", 422),
        (b'{"reason": "' + b"x" * 1_100_000 + b'"}', 413),
    ]:
        answer = served.client.request(key[0], path, headers=headers, content=body)
        assert answer.status_code == status, (body[:40], answer.text[:200])
        assert answer.json()["request_id"]
