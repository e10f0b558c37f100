"""Activity over HTTP: a feed, catching up by cursor, and whose events one gets."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from api import activity
from core.access.actor import Actor
from core.announce.writes import announce
from core.databases import Databases
from db.models.announce import outbox
from db.session import SYSTEM
from tests.api.signed_in import signed_in
from tests.cast import Cast
from tests.conftest import NOW


@pytest.fixture(autouse=True)
def empty(databases: Databases) -> None:
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(outbox))


def _happened(databases: Databases, organization_id: UUID, text: str, *, told_after: int | None = 0) -> int:
    """Announce, as told so many seconds after NOW (None: not yet), and return the event's id."""
    with databases.control.write(SYSTEM) as session:
        announce(session, organization_id, "activity:new", {"text": text}, now=NOW)
        made: int = session.execute(select(outbox.c.id).order_by(outbox.c.id.desc()).limit(1)).scalar_one()
        if told_after is not None:
            told = NOW + timedelta(seconds=told_after)
            session.execute(update(outbox).where(outbox.c.id == made).values(relayed_at=told))
    return made


def _get(databases: Databases, actor: Actor, query: str = "") -> Any:
    answer = signed_in(databases, actor, activity).get(f"/activity{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def _texts(page: Any) -> list[str]:
    return [event["data"]["text"] for event in page["events"]]


def test_the_feed_is_newest_first_in_the_shape_of_the_socket(databases: Databases, cast: Cast) -> None:
    first = _happened(databases, cast.globex, "first")
    _happened(databases, cast.globex, "second", told_after=1)
    page = _get(databases, cast.otto)
    assert _texts(page) == ["second", "first"]
    assert page["events"][1] == {
        "id": first,
        "at": "2026-11-21T12:00:00Z",
        "organizationId": str(cast.globex),
        "type": "activity:new",
        "data": {"text": "first"},
    }
    assert _texts(_get(databases, cast.otto, "?limit=1")) == ["second"]


def test_the_feeds_cursor_leads_to_what_comes_next(databases: Databases, cast: Cast) -> None:
    empty = _get(databases, cast.otto)
    assert empty == {"events": [], "nextCursor": "0"}
    _happened(databases, cast.globex, "one")
    page = _get(databases, cast.otto, f"?cursor={empty['nextCursor']}")
    assert _texts(page) == ["one"]
    again = _get(databases, cast.otto, f"?cursor={page['nextCursor']}")
    assert again == {"events": [], "nextCursor": page["nextCursor"]}


def test_walking_by_cursor_meets_the_late_ones_too(databases: Databases, cast: Cast) -> None:
    late = _happened(databases, cast.globex, "late", told_after=None)
    early = _happened(databases, cast.globex, "early", told_after=1)
    page = _get(databases, cast.otto)
    assert page["nextCursor"] == str(early)
    with databases.control.write(SYSTEM) as session:
        told = NOW + timedelta(seconds=2)
        session.execute(update(outbox).where(outbox.c.id == late).values(relayed_at=told))
    assert _texts(_get(databases, cast.otto, f"?cursor={early}")) == ["late"]


def test_customers_get_their_own_and_the_vendor_everything(databases: Databases, cast: Cast) -> None:
    ours = _happened(databases, cast.vendor, "ours")
    _happened(databases, cast.globex, "theirs", told_after=1)
    assert _texts(_get(databases, cast.otto, "?cursor=0")) == ["theirs"]
    assert _texts(_get(databases, cast.otto, f"?cursor={ours}")) == ["theirs"]
    assert _texts(_get(databases, cast.vera, "?cursor=0")) == ["ours", "theirs"]


@pytest.mark.parametrize(
    "query", ["?cursor=x", "?cursor=-1", "?cursor=", "?limit=0", "?limit=201", "?limit=x", "?page=2"]
)
def test_what_makes_no_sense_is_refused(databases: Databases, cast: Cast, query: str) -> None:
    answer = signed_in(databases, cast.otto, activity).get(f"/activity{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_who_may_not_hear_gets_a_sentence(databases: Databases, cast: Cast) -> None:
    deaf = Actor(cast.otto.kind, cast.otto.id, "deaf", cast.globex, "customer", frozenset(), role="nobody")
    answer = signed_in(databases, deaf, activity).get("/activity")
    assert answer.status_code == 403
    assert "organization:read" in answer.json()["error"]
