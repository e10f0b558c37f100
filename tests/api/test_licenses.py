"""Licenses as people reach them over HTTP: permissions, tenants, retries, the decision log."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from sqlalchemy import delete
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from api import licenses as license_routes
from api.depends import StrictRoute
from api.problems import install_handlers
from core import clock
from core.access.actor import Actor
from core.config import Settings
from core.databases import Databases, door_url
from core.licensing.door import open_door
from core.licensing.verdicts import Question
from core.licensing.writes import Issued, issue, revoke
from core.organizations.writes import create_organization
from db.models.licensing import license as licenses
from db.session import SYSTEM
from tests.cast import Cast


class SignedInAs:
    """Puts an actor where the front door puts whom it has recognized."""

    def __init__(self, app: ASGIApp, actor: Actor) -> None:
        self.app, self.actor = app, actor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on with the actor set."""
        scope.setdefault("state", {})["actor"] = self.actor
        await self.app(scope, receive, send)


Client = Callable[[Actor], TestClient]


@pytest.fixture(scope="module")
def api(databases: Databases) -> FastAPI:
    made = FastAPI()
    made.router.route_class = StrictRoute
    install_handlers(made)
    made.include_router(license_routes.router)
    made.state.databases = databases
    return made


@pytest.fixture
def as_(api: FastAPI) -> Client:
    return lambda actor: TestClient(SignedInAs(api, actor), raise_server_exceptions=False)


@pytest.fixture
def issued(databases: Databases, cast: Cast) -> Iterator[dict[str, Issued]]:
    """Yield a license of Globex and one of Umbrella, committed."""
    with databases.control.write(SYSTEM) as session:
        umbrella = create_organization(session, cast.system, "Umbrella", now=clock.now())
        made = {
            name: issue(
                session, cast.system, owner, "pro", term="paid", billing_period="monthly", notes="x", now=clock.now()
            )
            for name, owner in (("globex", cast.globex), ("umbrella", umbrella))
        }
    yield made
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(licenses).where(licenses.c.organization_id.in_([umbrella, cast.globex])))


def test_lists_show_what_one_may_see(as_: Client, cast: Cast, issued: dict[str, Issued]) -> None:
    staff = as_(cast.vera).get("/licenses", params={"query": "umbrella"}).json()
    assert [one["installId"] for one in staff["licenses"]] == [issued["umbrella"].install_id]
    assert staff["licenses"][0]["tier"] == "pro"
    theirs = as_(cast.otto).get("/licenses").json()
    assert [one["installId"] for one in theirs["licenses"]] == [issued["globex"].install_id]
    assert theirs["nextCursor"] is None


def test_pages_by_cursor(as_: Client, cast: Cast, issued: dict[str, Issued]) -> None:
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    for _ in range(50):
        page = as_(cast.vera).get("/licenses", params={"limit": 1, **cursor}).json()
        seen += [one["installId"] for one in page["licenses"]]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert len(seen) == len(set(seen))
    assert {made.install_id for made in issued.values()} <= set(seen)


@pytest.mark.parametrize("query", ["status=running", "limit=0", "limit=201", "cursor=x", "color=red", "tier=a&tier=b"])
def test_bad_filters_are_422(as_: Client, cast: Cast, query: str) -> None:
    answer = as_(cast.vera).get(f"/licenses?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"]


@pytest.mark.parametrize("path", ["", "/decisions"])
def test_another_tenants_license_is_404(as_: Client, cast: Cast, issued: dict[str, Issued], path: str) -> None:
    mine, foreign = issued["globex"].install_id, issued["umbrella"].install_id
    assert as_(cast.otto).get(f"/licenses/{mine}{path}").status_code == 200
    assert as_(cast.otto).get(f"/licenses/{foreign}{path}").status_code == 404
    assert as_(cast.otto).get(f"/licenses/{quote('no such', safe='')}{path}").status_code == 404


def test_the_detail_keeps_staff_notes_from_customers(as_: Client, cast: Cast, issued: dict[str, Issued]) -> None:
    path = f"/licenses/{issued['globex'].install_id}"
    assert as_(cast.vera).get(path).json()["license"]["notes"] == "x"
    assert as_(cast.otto).get(path).json()["license"]["notes"] == ""
    assert issued["globex"].install_secret not in as_(cast.fiona).get(path).text


def test_acts_need_the_permission_and_a_legal_standing(
    as_: Client, databases: Databases, cast: Cast, issued: dict[str, Issued]
) -> None:
    install_id = issued["globex"].install_id

    def act(actor: Actor, verb: str, **body: Any) -> Any:
        return as_(actor).post(f"/licenses/{install_id}/{verb}", json=body or {"reason": "because"})

    for actor in (cast.sam, cast.vera, cast.otto):
        assert act(actor, "suspend").status_code == 403
    assert act(cast.adam, "suspend", reason=" ").status_code == 422
    assert act(cast.adam, "suspend").json()["status"] == "suspended"
    again = act(cast.adam, "suspend")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    assert act(cast.adam, "resume").json()["status"] == "active"
    assert act(cast.adam, "reinstate").status_code == 409
    with databases.control.write(SYSTEM) as session:
        revoke(session, cast.fiona, install_id, reason="test", now=clock.now())
    assert act(cast.fiona, "reinstate").json()["status"] == "active"


def test_a_retried_act_is_done_once(as_: Client, cast: Cast, issued: dict[str, Issued]) -> None:
    path = f"/licenses/{issued['globex'].install_id}/suspend"
    headers = {"Idempotency-Key": issued["globex"].install_id}
    first = as_(cast.adam).post(path, json={"reason": "once"}, headers=headers)
    second = as_(cast.adam).post(path, json={"reason": "once"}, headers=headers)
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json() == first.json()


async def test_why_it_failed_is_told_and_decided_again(
    as_: Client, databases: Databases, test_settings: Settings, cast: Cast, issued: dict[str, Issued]
) -> None:
    install_id = issued["globex"].install_id
    door = await open_door(door_url(databases.control_url), test_settings.home)
    await door.verify(Question(install_id, seats=3, entitlements=("sso",)), None, now=clock.now())
    await door.verify(Question(install_id, seats=3), None, now=clock.now())
    await door.close()
    newest, failed = as_(cast.otto).get(f"/licenses/{install_id}/decisions").json()["decisions"]
    assert newest["code"] == "VALID"
    assert (failed["valid"], failed["code"], failed["asked"]["entitlements"]) == (False, "ENTITLEMENT_MISSING", ["sso"])
    assert failed["known"]["tier"] == "pro"
    assert failed["replay"]["agrees"] is True
    page = as_(cast.otto).get(f"/licenses/{install_id}/decisions", params={"limit": 1}).json()
    rest = (
        as_(cast.otto)
        .get(f"/licenses/{install_id}/decisions", params={"limit": 1, "cursor": page["nextCursor"]})
        .json()
    )
    assert [one["id"] for one in page["decisions"] + rest["decisions"]] == [newest["id"], failed["id"]]
    gone = as_(cast.otto).get(f"/licenses/{install_id}/decisions", params={"since": "2030-01-01T00:00:00Z"}).json()
    assert gone == {"decisions": [], "nextCursor": None}
