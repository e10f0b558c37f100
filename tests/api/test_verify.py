"""Verification over HTTP: the wire shape, refusals, bad input, and that OpenAPI tells of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import delete
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from api import licenses as license_routes
from api import verify
from api.depends import StrictRoute
from api.problems import install_handlers
from core import clock
from core.config import Settings
from core.databases import Databases, door_url
from core.licensing.door import open_door
from core.licensing.policy import Policy
from core.licensing.writes import Issued, issue, revoke
from core.organizations.writes import create_organization
from db.models.licensing import license as licenses
from db.session import SYSTEM
from tests.cast import Cast
from tests.core.licensing.as_client import holds

VERIFY = "/api/licenses/verify"
FIELDS = {
    "valid",
    "code",
    "detail",
    "license",
    "entitlements",
    "limits",
    "checkAgainAt",
    "issuedAt",
    "nonce",
    "kid",
    "signature",
}


@pytest.fixture(scope="module")
def issued(databases: Databases, cast: Cast) -> Iterator[Issued]:
    """Yield a license with rules, committed for this file."""
    rules = Policy(max_installs=2, max_seats=5, domains=("*.acme.example",), versions=">=2")
    with databases.control.write(SYSTEM) as session:
        customer = create_organization(session, cast.system, "Acme", now=clock.now())
        made = issue(
            session,
            cast.system,
            customer,
            "pro",
            term="paid",
            billing_period="annual",
            policy=rules,
            now=clock.now(),
        )
    yield made
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(licenses).where(licenses.c.organization_id == customer))


@pytest.fixture(scope="module")
def api() -> FastAPI:
    made = FastAPI()
    made.router.route_class = StrictRoute
    install_handlers(made)
    made.include_router(license_routes.router)
    return made


def _no_other_way(_api: FastAPI) -> Route:
    return Route("/elsewhere", lambda _request: Response())


@pytest.fixture(scope="module", params=[verify.outer_route, _no_other_way], ids=["around the API", "through it"])
def client(
    request: pytest.FixtureRequest, api: FastAPI, databases: Databases, test_settings: Settings
) -> Iterator[TestClient]:
    """Yield a client of the door, by each of the two ways to it."""
    app = Starlette(routes=[license_routes.keys_route, request.param(api), Mount("/api", api)])
    with TestClient(app, raise_server_exceptions=False) as opened:
        portal = opened.portal
        assert portal is not None
        api.state.databases = databases
        door = portal.call(open_door, door_url(databases.control_url), test_settings.home)
        api.state.verify_door = door
        yield opened
        portal.call(door.close)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_the_answer_has_the_shape_and_a_signature_that_the_published_keys_prove(
    client: TestClient, issued: Issued
) -> None:
    sent = {"installId": issued.install_id, "fingerprint": "f-1", "nonce": " n 1 ", "domain": "app.acme.example"}
    answer = client.post(VERIFY, json=sent, headers=bearer(issued.install_secret))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == FIELDS
    assert (body["valid"], body["code"], body["nonce"]) == (True, "VALID", " n 1 ")
    assert body["license"] == {
        "installId": issued.install_id,
        "fingerprint": "f-1",
        "tier": "pro",
        "term": "paid",
        "billingPeriod": "annual",
        "status": "active",
        "startsAt": body["license"]["startsAt"],
        "expiresAt": None,
        "maxInstalls": 2,
        "maxSeats": 5,
        "domains": ["*.acme.example"],
        "versions": ">=2",
    }
    keys = client.get("/.well-known/calos-keys.json").json()
    assert holds(body, keys)
    for name in FIELDS - {"signature"}:
        assert not holds({**body, name: "forged"}, keys)
        assert not holds({key: value for key, value in body.items() if key != name}, keys)


def test_any_changed_byte_of_the_answer_fails(client: TestClient, issued: Issued) -> None:
    raw = client.post(VERIFY, json={"installId": issued.install_id}, headers=bearer(issued.install_secret)).content
    keys = client.get("/.well-known/calos-keys.json").json()
    original = json.loads(raw)
    assert holds(original, keys)
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1
        try:
            forged = json.loads(changed.decode())
        except ValueError:
            continue
        assert forged == original or not holds(forged, keys)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"domain": "acme.example"}, "DOMAIN_NOT_ALLOWED"),
        ({"version": "1.9"}, "VERSION_NOT_ALLOWED"),
        ({"entitlements": ["sso"]}, "ENTITLEMENT_MISSING"),
        ({"seats": 6}, "TOO_MANY_SEATS"),
        ({"seats": 5, "entitlements": None, "fingerprint": None, "domain": None}, "VALID"),
    ],
)
def test_verdicts_are_200_and_the_install_id_alone_is_told_no_more(
    client: TestClient, issued: Issued, given: dict[str, Any], code: str
) -> None:
    answer = client.post(VERIFY, json={"installId": issued.install_id, **given})
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == FIELDS
    assert (body["valid"], body["code"]) == (code == "VALID", code)
    assert (body["entitlements"], body["limits"], body["nonce"]) == (None, None, None)
    assert {name: value for name, value in body["license"].items() if value is not None} == {
        "installId": issued.install_id
    }


def test_an_unknown_install_is_not_found_with_200(client: TestClient) -> None:
    answer = client.post(VERIFY, json={"installId": "inst-nobody-here"})
    assert (answer.status_code, answer.json()["code"]) == (200, "NOT_FOUND")


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Basic eDp5", "x", ""])
def test_a_secret_that_is_not_the_licenses_is_401(client: TestClient, issued: Issued, header: str) -> None:
    answer = client.post(VERIFY, json={"installId": issued.install_id}, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "wrong_secret"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"installId": "a", "installId": "b"}', 400),
        (b'{"installId": "a", "seats": NaN}', 400),
        (b'{"installId": "a", "seats": 99999999999999999999}', 400),
        (b'{"installId": "a", "nonce": "\\u0000"}', 400),
        (b'{"installId": "a", "nonce": "\\ud800"}', 400),
        ('{"installId": "a"}'.encode("utf-16"), 400),
        (b"[" * 900 + b"]" * 900, 400),
        (b"[]", 422),
        (b"null", 422),
        (b"{}", 422),
        (b'{"installId": 7}', 422),
        (b'{"installId": "a b"}', 422),
        (b'{"install_id": "a", "installId": "a"}', 422),
        (b'{"installId": "a", "color": "red"}', 422),
        (b'{"installId": "a", "seats": -1}', 422),
        (b'{"installId": "a", "seats": "3"}', 422),
        (b'{"installId": "a", "seats": 1.5}', 422),
        (b'{"installId": "a", "seats": true}', 422),
        (b'{"installId": "a", "fingerprint": ""}', 422),
        (b'{"installId": "a", "entitlements": "pos"}', 422),
        (json.dumps({"installId": "a", "nonce": "n" * 201}).encode(), 422),
        (json.dumps({"installId": "a", "entitlements": ["x"] * 101}).encode(), 422),
        (b'{"installId": "a", "nonce": "' + b"n" * 1_000_001 + b'"}', 413),
    ],
)
def test_malformed_questions_are_problems(client: TestClient, body: bytes, status: int) -> None:
    answer = client.post(VERIFY, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["error"] == answer.json()["detail"]


def test_query_parameters_and_other_methods_are_refused(client: TestClient, issued: Issued) -> None:
    assert client.post(f"{VERIFY}?x=1", json={"installId": issued.install_id}).status_code == 422
    assert client.put(VERIFY, json={"installId": issued.install_id}).status_code == 405


def test_a_revocation_is_heard_by_the_next_question(
    client: TestClient, databases: Databases, cast: Cast, issued: Issued
) -> None:
    with databases.control.write(SYSTEM) as session:
        customer = create_organization(session, cast.system, "Short", now=clock.now())
        made = issue(session, cast.system, customer, "free", term="free", now=clock.now())
    assert client.post(VERIFY, json={"installId": made.install_id}).json()["valid"] is True
    with databases.control.write(SYSTEM) as session:
        revoke(session, cast.fiona, made.install_id, reason="test", now=clock.now())
    answer = client.post(VERIFY, json={"installId": made.install_id}, headers=bearer(made.install_secret)).json()
    assert (answer["valid"], answer["code"], answer["license"]["status"]) == (False, "REVOKED", "revoked")
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(licenses).where(licenses.c.organization_id == customer))


def test_openapi_tells_of_question_and_answer(api: FastAPI) -> None:
    described = api.openapi()
    operation = described["paths"]["/licenses/verify"]["post"]
    asked = operation["requestBody"]["content"]["application/json"]["schema"]
    assert set(asked["properties"]) == {
        "installId",
        "fingerprint",
        "domain",
        "version",
        "nonce",
        "seats",
        "entitlements",
    }
    assert asked["additionalProperties"] is False
    reference = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    answer = described["components"]["schemas"][reference.rpartition("/")[2]]
    assert set(answer["properties"]) == FIELDS == set(answer["required"])
