"""The served API against its own description: whatever schemathesis makes up, no 5xx, no breach, every error told."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import delete
from starlette.testclient import TestClient

from api import house, main
from api.closed_list import is_public
from core import clock, config
from core.access import sessions, tokens
from core.access.people import create_person
from core.access.permissions import Role
from core.access.sessions import SignedIn
from core.config import secret_for
from core.databases import Databases
from core.ids import new_id
from db.models.access import person
from db.session import DOOR, SYSTEM
from tests.api.conftest import Served
from tests.cast import PASSWORD, Cast
from tests.conftest import NOW

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
DESCRIBED = schemathesis.openapi.from_dict(main.create_api(house.House(config.settings())).openapi())
# An operation that can't be read has no ok(), which fails the collection, as it should.
_READ = [found.ok() for found in DESCRIBED.get_all_operations()]  # type: ignore[union-attr]
OPERATIONS = {f"{one.method.upper()} {one.path}": one for one in _READ}
# These end the session they come with, or count towards the rate of signing in, so they are called less often.
FEWER = {
    **{"POST /auth/token": 6, "POST /auth/sign-out": 6, "POST /auth/sign-out-everywhere": 12},
    # Long work, of which nobody gets more than twenty a minute.
    **{"GET /export": 6, "GET /financial/board-report": 6, "POST /telemetry/bundles": 6},
}
LIMITED = frozenset({"POST /auth/token", "GET /export", "GET /financial/board-report", "POST /telemetry/bundles"})
EXAMPLES = 15
# Several owners, who take turns: one would ask more in a minute than the front door lets anybody. Another person signs
# out, since doing so everywhere ends whatever else its caller has open.
OWNERS = tuple(f"schema-owner-{number}@calos.test" for number in range(4))
LEAVER = "schema-leaver@calos.test"


@dataclass(frozen=True)
class Known:
    """What exists, so that made-up requests also reach the far side of "there is no such thing"."""

    install_id: str
    install_secret: str
    tokens: tuple[str, ...]


@pytest.fixture(scope="module")
def known(served: Served, databases: Databases, cast: Cast) -> Iterator[Known]:
    with databases.control.write(SYSTEM) as session:
        for email in (*OWNERS, LEAVER):
            create_person(
                session, cast.system, cast.vendor, email, "Schema", Role.OWNER, PASSWORD, now=NOW, allow_short=True
            )
    body = {"userId": f"{new_id()}@schema.test", "tier": "pro"}
    made = served.call("fiona", "POST", "/api/enterprise/create-license", body).json()
    yield Known(made["installId"], made["installSecret"], tuple(_signed_in(databases, one) for one in OWNERS))
    # Other tests of this worker count the vendor's people.
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(person).where(person.c.email.in_([*OWNERS, LEAVER])))


def _signed_in(databases: Databases, email: str) -> str:
    """Sign in below the door, whose rate is meant for people."""
    current, now = config.settings(), clock.now()
    with databases.control.write(DOOR) as session:
        signed = sessions.sign_in(
            session, email, PASSWORD, now=now, address="", user_agent="", idle_minutes=30, hours=1, request_id=""
        )
    assert isinstance(signed, SignedIn)
    return tokens.issue(signed.session_id, signed.expires_at, key=secret_for(current, "session token"), now=now)


def _client(served: Served, operation: int) -> TestClient:
    """Return a client of the served app at an address of its own: what is tried without a credential has a rate."""
    address = (f"192.0.2.{operation % 250 + 1}", 40_000)
    made = TestClient(served.client.app, "http://localhost:5001", raise_server_exceptions=False, client=address)
    # On the loop that the doors were opened on, as in a server.
    made.portal = served.client.portal
    return made


def _send(client: TestClient, case: Case[Any], token: str) -> Any:
    """Send what schemathesis would, with a credential that works."""
    asked = requests.Request(**case.as_transport_kwargs(base_url="http://localhost:5001/api")).prepare()
    headers = {name: str(value) for name, value in asked.headers.items() if name.lower() != "cookie"}
    if "Authorization" in headers:
        headers["Authorization"] = f"Bearer {token}"
    body = asked.body if isinstance(asked.body, str | bytes) else None
    return client.request(str(asked.method), str(asked.url), headers=headers, content=body)


def _made_real(case: Case[Any], known: Known, draw: st.DataObject) -> Case[Any]:
    """Put what exists in place of what was made up, half of the time."""
    if draw.draw(st.booleans(), "real"):
        if case.path_parameters:
            case.path_parameters["installId"] = known.install_id
        if isinstance(case.body, dict):
            real = {"installId": known.install_id, "tier": "basic", "newTier": "basic"}
            for name in case.body.keys() & real.keys():
                case.body[name] = real[name]
            if isinstance(case.body.get("userId"), str):
                case.body["userId"] = f"{new_id()}@schema.test"
    return case


def _takes_anything(operation: Any) -> bool:
    return any((operation.path_parameters, operation.query, operation.headers, operation.body))


@pytest.mark.parametrize(
    ("name", "mode"),
    [(name, GenerationMode.POSITIVE) for name in sorted(OPERATIONS)]
    + [(name, GenerationMode.NEGATIVE) for name in sorted(OPERATIONS) if _takes_anything(OPERATIONS[name])],
)
def test_no_request_breaks_what_the_description_promises(
    served: Served, databases: Databases, known: Known, name: str, mode: GenerationMode
) -> None:
    operation, number = OPERATIONS[name], sorted(OPERATIONS).index(name)
    client, turn = _client(served, number), number % len(OWNERS)

    @given(case=operation.as_strategy(generation_mode=mode), draw=st.data())
    @settings(
        max_examples=FEWER.get(name, EXAMPLES),
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def holds(case: Case[Any], draw: st.DataObject) -> None:
        token = _signed_in(databases, LEAVER) if "sign-out" in name else known.tokens[turn]
        if name in {"POST /telemetry/events", "POST /usage/records"}:
            token = known.install_secret
        checks = CHECKS
        if mode is GenerationMode.POSITIVE:
            case, checks = _made_real(case, known, draw), CHECKS[:-1]
        answer = _send(client, case, token)
        case.validate_response(answer, checks=checks)
        if answer.status_code >= 400:
            told = answer.json()
            assert answer.headers["content-type"] == "application/problem+json"
            assert told["code"]
            assert told["error"] == told["detail"]
            assert told["request_id"] == answer.headers["x-request-id"]
        assert answer.status_code != 429 or name in LIMITED

    holds()


def test_the_description_says_which_routes_ask_for_a_credential() -> None:
    described = main.create_api(house.House(config.settings())).openapi()
    asked = {
        f"/api{path}": bool(operation.get("security"))
        for path, methods in described["paths"].items()
        for operation in methods.values()
    }
    assert not asked["/api/auth/token"]
    assert all(secured for path, secured in asked.items() if not is_public(path))
    assert described["components"]["securitySchemes"].keys() == {"token", "cookie", "installSecret"}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/licenses/a%0Ab", 400, "unreadable_request"),  # the pattern of a mount stops at a line end
        ("/api/licenses", 401, "not_signed_in"),
        ("/api/licenses/verify", 401, "not_signed_in"),  # the install door's path, but another method
        ("/media/abc", 401, "not_signed_in"),
    ],
)
def test_what_the_front_door_refuses_is_told_as_anything_else_is(
    served: Served, path: str, status: int, code: str
) -> None:
    answer = served.client.get(path)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code)
    assert told["request_id"] == answer.headers["x-request-id"]
