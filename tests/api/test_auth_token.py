"""Signing in and out over the API."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from core.config import Settings
from core.databases import Databases
from tests.api.sign_in_doors import open_doors
from tests.cast import Cast
from tests.own_rows import PASSWORD, own_customer

ADA = {"email": "ada@initech.test", "password": PASSWORD}
BOB = {"email": "bob@initech.test", "password": PASSWORD}


@pytest.fixture
def initech(databases: Databases, cast: Cast, test_settings: Settings, now: datetime) -> Iterator[UUID]:
    """Yield a customer with committed people, ada and bob."""
    with own_customer(databases, test_settings.database_url, cast, now=now) as made:
        yield made


@pytest.fixture
def client(databases: Databases, test_settings: Settings, initech: UUID) -> Iterator[TestClient]:
    """Yield a client that keeps no cookie."""
    assert initech
    with open_doors(databases, test_settings) as opened:
        yield opened


def bearer(client: TestClient, who: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.post('/api/auth/token', json=who).json()['access_token']}"}


def test_e_mail_and_password_become_a_token_with_oauths_names(client: TestClient) -> None:
    answer = client.post("/api/auth/token", json=ADA)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 43_200)
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_the_token_says_who_one_is(client: TestClient, initech: UUID) -> None:
    me = client.get("/api/auth/me", headers=bearer(client, ADA)).json()
    assert me.pop("id")
    assert len(me.pop("permissions")) == 42
    assert me == {
        "email": "ada@initech.test",
        "name": "Ada",
        "role": "owner",
        "realm": "customer",
        "organization": {"id": str(initech), "name": "Initech"},
    }


def test_the_token_opens_pages_as_the_cookie_does(client: TestClient) -> None:
    assert client.get("/", headers=bearer(client, BOB)).text == "bob@initech.test"


@pytest.mark.parametrize(
    "credentials",
    [{**ADA, "password": "wrong"}, {**ADA, "email": "nobody@initech.test"}, {**ADA, "email": "no address"}],
)
def test_a_refusal_is_one_problem_for_unknown_and_wrong(client: TestClient, credentials: dict[str, str]) -> None:
    answer = client.post("/api/auth/token", json=credentials)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    body = answer.json()
    assert body.pop("request_id") == answer.headers["x-request-id"]
    assert body == {
        "type": "about:blank",
        "title": "Not signed in",
        "status": 401,
        "code": "wrong_credentials",
        "detail": body["error"],
        "error": "The e-mail or the password is not right. Check both and try again; if you have forgotten it, whoever "
        "runs Calos for you can set a new one.",
    }


def test_a_lock_out_says_when_to_try_again(client: TestClient) -> None:
    for _ in range(5):
        answer = client.post("/api/auth/token", json={**ADA, "password": "wrong"})
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["code"]) == (429, "60", "locked")
    assert client.post("/api/auth/token", json=ADA).status_code == 429
    assert client.post("/api/auth/token", json=BOB).status_code == 200


def test_a_password_is_not_trimmed(client: TestClient) -> None:
    assert client.post("/api/auth/token", json={**ADA, "password": f" {PASSWORD} "}).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"email": "ada@initech.test"}, 422),
        ({**ADA, "remember": True}, 422),
        ({**ADA, "password": 12345}, 422),
        ({**ADA, "password": ""}, 422),
        ({**ADA, "password": "x" * 257}, 422),
        ({**ADA, "email": "a" * 300}, 422),
        ([], 422),
        ({**ADA, "email": "a\x00b@c.de"}, 400),
    ],
)
def test_an_odd_body_is_refused(client: TestClient, body: Any, status: int) -> None:
    assert client.post("/api/auth/token", json=body).status_code == status


def test_signing_out_ends_this_session_only(client: TestClient) -> None:
    here, elsewhere = bearer(client, ADA), bearer(client, ADA)
    assert client.post("/api/auth/sign-out", headers=here).status_code == 204
    assert client.get("/api/auth/me", headers=here).status_code == 401
    assert client.get("/api/auth/me", headers=elsewhere).status_code == 200


def test_signing_out_everywhere_ends_all_of_ones_own(client: TestClient) -> None:
    first, second, other = bearer(client, ADA), bearer(client, ADA), bearer(client, BOB)
    assert client.post("/api/auth/sign-out-everywhere", headers=first).json() == {"ended": 2}
    assert client.get("/api/auth/me", headers=second).status_code == 401
    assert client.get("/api/auth/me", headers=other).status_code == 200


def test_an_owner_signs_somebody_else_out_and_a_member_may_not(client: TestClient) -> None:
    ada, bob = bearer(client, ADA), bearer(client, BOB)
    whose = {"personId": client.get("/api/auth/me", headers=bob).json()["id"]}
    theirs = {"personId": client.get("/api/auth/me", headers=ada).json()["id"]}
    refused = client.post("/api/auth/sign-out-everywhere", json=theirs, headers=bob)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    assert client.post("/api/auth/sign-out-everywhere", json=whose, headers=ada).json() == {"ended": 1}
    assert client.get("/api/auth/me", headers=bob).status_code == 401


def test_another_tenants_person_looks_as_if_there_were_none(client: TestClient, cast: Cast) -> None:
    answers = [
        client.post("/api/auth/sign-out-everywhere", json={"personId": whose}, headers=bearer(client, ADA))
        for whose in (cast.fiona.id, cast.otto.id, "01890000-0000-7000-8000-000000000000")
    ]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({answer.json()["detail"] for answer in answers}) == 1


@pytest.mark.parametrize(("method", "path"), [("POST", "sign-out"), ("POST", "sign-out-everywhere"), ("GET", "me")])
def test_without_a_token_there_is_only_the_way_in(client: TestClient, method: str, path: str) -> None:
    assert client.request(method, f"/api/auth/{path}").status_code == 401
    forged = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzaWQiOiIxIn0."}
    assert client.request(method, f"/api/auth/{path}", headers=forged).status_code == 401


def test_a_cookie_alone_writes_nothing_from_another_site(client: TestClient) -> None:
    token = bearer(client, ADA)["Authorization"].removeprefix("Bearer ")
    client.cookies.set("auth-token", token)
    assert client.post("/api/auth/sign-out", headers={"Origin": "http://evil.test"}).status_code == 403
    assert client.get("/api/auth/me").status_code == 200
