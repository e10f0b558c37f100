"""The audit trail over HTTP: searching, paging, tenants, and what a check of the chain says."""

import functools
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from starlette.testclient import TestClient

from api import audit as routes
from core.access import audit
from core.access.checkpoints import Checkpoints, audit_key, folder_of
from core.access.sealing import seal_waiting
from core.config import Settings
from core.databases import Databases
from core.organizations.writes import create_organization
from db.session import SYSTEM
from tests.api.signed_in import signed_in
from tests.cast import Cast
from tests.conftest import NOW


@pytest.fixture
def at_home(test_settings: Settings, tmp_path: Path) -> Settings:
    """Return settings with a home of this test's own, for its checkpoints."""
    return test_settings.model_copy(update={"home": tmp_path})


@pytest.fixture
def customer(databases: Databases, cast: Cast, at_home: Settings) -> UUID:
    """Return a customer with five sealed entries: its creation, and four things done by Adam and Sam in turn."""
    with databases.control.write(SYSTEM) as session:
        made = create_organization(session, cast.system, "Audited", now=NOW)
        for number in range(4):
            who, target = (cast.adam, cast.sam)[number % 2], ("thing", f"{number}")
            audit.record(session, who, "thing.changed", target, now=NOW, organization_id=made, after={"n": number})
    checkpoints = Checkpoints(folder_of(at_home.home), audit_key(at_home.home))
    seal_waiting(functools.partial(databases.control.write, SYSTEM), checkpoints, now=NOW)
    return made


@pytest.fixture
def fiona(databases: Databases, cast: Cast, at_home: Settings) -> TestClient:
    return signed_in(databases, cast.fiona, routes, settings=at_home)


@pytest.fixture
def otto(databases: Databases, cast: Cast, at_home: Settings) -> TestClient:
    return signed_in(databases, cast.otto, routes, settings=at_home)


def _found(client: TestClient, query: str) -> Any:
    answer = client.get(f"/security/audit-logs{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_entry_says_who_did_what_to_what(fiona: TestClient, customer: UUID, cast: Cast) -> None:
    [entry] = _found(fiona, f"?organizationId={customer}&target=3")["entries"]
    assert entry["actor"] == {"kind": "user", "id": cast.sam.id, "label": "sam@calos.test"}
    assert entry["target"] == {"kind": "thing", "id": "3"}
    assert (entry["action"], entry["after"], entry["at"]) == ("thing.changed", {"n": 3}, "2026-11-21T12:00:00Z")
    assert entry["sequence"] == 5
    assert len(entry["hash"]) == 64


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("actor=adam", 2),
        ("actor=SAM@calos", 2),
        ("action=thing.", 4),
        ("action=organization.created", 1),
        ("target=organization", 1),
        ("since=2026-11-21T12:00:00Z", 5),
        ("until=2026-11-21T12:00:00Z", 0),
        ("since=2026-11-21T13:00:00%2B01:00&actor=adam", 2),
        ("actor=nobody", 0),
        ("q=SAM@calos", 2),
        ("q=thing.ch", 4),
        ("q=Audited", 1),
        ("q=100%25", 0),
    ],
)
def test_it_is_searched(fiona: TestClient, customer: UUID, query: str, count: int) -> None:
    assert len(_found(fiona, f"?organizationId={customer}&{query}")["entries"]) == count


def test_pages_walk_every_entry_once(fiona: TestClient, customer: UUID) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = _found(fiona, f"?organizationId={customer}&limit=2{cursor}")
        seen += [entry["id"] for entry in page["entries"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert len(seen) == len(set(seen)) == 5


def test_without_a_customer_it_is_ones_own(fiona: TestClient, otto: TestClient, cast: Cast) -> None:
    assert {entry["organizationId"] for entry in _found(fiona, "")["entries"]} == {str(cast.vendor)}
    assert {entry["organizationId"] for entry in _found(otto, "")["entries"]} == {str(cast.globex)}


@pytest.mark.parametrize("path", ["", "/verify"])
def test_another_tenants_trail_does_not_exist(otto: TestClient, customer: UUID, cast: Cast, path: str) -> None:
    for organization_id in (customer, cast.vendor):
        answer = otto.get(f"/security/audit-logs{path}?organizationId={organization_id}")
        assert answer.status_code == 404


@pytest.mark.parametrize("path", ["", "/verify"])
@pytest.mark.parametrize("name", ["sam", "mia", "vera"])
def test_it_takes_the_permission(databases: Databases, cast: Cast, path: str, name: str) -> None:
    answer = signed_in(databases, getattr(cast, name), routes).get(f"/security/audit-logs{path}")
    assert answer.status_code == 403
    assert "audit:read" in answer.json()["error"]


@pytest.mark.parametrize(
    "query",
    [
        "cursor=x",
        "cursor=MjAyNi0xMS0yMSB4",
        "cursor=%C3%A9",
        "since=yesterday",
        "since=2026-11-21T12:00:00",
        "organizationId=1",
        "limit=0",
        "page=2",
        "actor=a&actor=b",
    ],
)
def test_what_makes_no_sense_is_refused(fiona: TestClient, query: str) -> None:
    answer = fiona.get(f"/security/audit-logs?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_chains_state_names_what_is_broken(
    fiona: TestClient, customer: UUID, databases: Databases, cast: Cast, fresh_database: str
) -> None:
    intact = _found(fiona, f"/verify?organizationId={customer}")
    intact.pop("everythingVerifiedAt")  # another test may have verified everything
    assert intact == {
        "organizationId": str(customer),
        "intact": True,
        "broken": None,
        "sealed": 5,
        "waiting": 0,
        "oldestWaiting": None,
        "checkedFrom": 1,
        "checked": 5,
        "checkpoints": 1,
    }
    with databases.control.write(SYSTEM) as session:
        audit.record(session, cast.adam, "thing.changed", ("thing", "9"), now=NOW, organization_id=customer)
    with psycopg.connect(fresh_database, autocommit=True) as owner:
        owner.execute(
            "UPDATE audit_entry SET actor_label = 'nobody' WHERE organization_id = %s AND sequence = 2", (customer,)
        )
        spoiled = _found(fiona, f"/verify?organizationId={customer}")
        owner.execute("DELETE FROM audit_entry WHERE organization_id = %s", (customer,))
        owner.execute("DELETE FROM audit_head WHERE organization_id = %s", (customer,))
    assert (spoiled["intact"], spoiled["waiting"], spoiled["oldestWaiting"]) == (False, 1, "2026-11-21T12:00:00Z")
    assert (spoiled["broken"]["kind"], spoiled["broken"]["sequence"]) == ("edited", 2)
    assert spoiled["broken"]["entryId"]
