"""Every route, found in the API's own description: who may call it, what it hides from other tenants, what it audits.

A route that is not declared in tests/api/routes.py fails the first test, so that none is ever added without saying who
may call it.
"""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from api import house, main
from api.closed_list import is_public
from core import clock
from core.access.permissions import ROLE_PERMISSIONS, Role
from core.config import settings
from core.databases import Databases
from core.ids import new_id
from db.session import SYSTEM
from tests.api.conftest import Served
from tests.api.routes import ASKED_BEFORE, BEFORE, NAMING, ROUTES
from tests.cast import ROLES, Cast
from tests.core.imports.small import checked_import
from tests.core.licensing.as_client import activation_request

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
