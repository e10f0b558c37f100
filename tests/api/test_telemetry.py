"""POST and GET /telemetry over HTTP: who may send, every way to pack a batch, bounds, bombs, and support's reading."""

import gzip
import json
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, select
from starlette.types import ASGIApp, Receive, Scope, Send

from api import batches, telemetry
from api.depends import StrictRoute
from api.problems import install_handlers
from api.strict_json import TooLarge
from core import clock
from core.access.actor import Actor
from core.databases import Databases, door_url
from core.licensing.writes import Issued, issue, revoke
from core.telemetry.arrivals import Arrivals
from core.telemetry.door import open_door
from core.telemetry.events import RETENTION_DAYS
from core.telemetry.opt_out import opt_out
from core.telemetry.quotas import LIMITS, IngestLimit
from core.telemetry.sample import sample_events
from core.telemetry.writes import ingest
from db.models.licensing import license as licenses
from db.models.telemetry import ingest_refusal, last_payload
from db.session import SYSTEM
from tests.cast import Cast

BOMB = gzip.compress(bytes(50_000_000), compresslevel=1)
LIMIT = {**LIMITS, "free": IngestLimit(1_000, 1_500)}


class _Known:
    """Stands where the front door stands: says who asks, and hands batches on to a door of their own."""

    def __init__(self, app: ASGIApp, of_batches: ASGIApp | None) -> None:
        self.app = app
        self.of_batches = of_batches
        self.actor: Actor | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.actor is not None:
            scope.setdefault("state", {})["actor"] = self.actor
        aside = self.of_batches is not None and (scope.get("method"), scope["path"]) == ("POST", "/telemetry/events")
        await (self.of_batches if self.of_batches and aside else self.app)(scope, receive, send)


class _Door:
    """A client of the API with an install's secret."""

    def __init__(self, http: httpx2.AsyncClient, known: _Known, arrivals: Arrivals) -> None:
        self.http, self.known, self.arrivals = http, known, arrivals

    async def post(self, secret: str, body: Any, **headers: str) -> httpx2.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post("/telemetry/events", content=content, headers=sent)

    async def get(self, actor: Actor, install_id: str, **query: Any) -> httpx2.Response:
        self.known.actor = actor
        return await self.http.get(f"/telemetry/{install_id}/events", params=query)


@pytest.fixture(params=["by itself", "behind FastAPI"])
async def door(databases: Databases, request: pytest.FixtureRequest) -> AsyncIterator[_Door]:
    app = FastAPI()
    app.router.route_class = StrictRoute
    install_handlers(app)
    app.include_router(telemetry.router)
    app.state.databases = databases
    app.state.ingest_door = await open_door(
        door_url(databases.control_url), door_url(databases.telemetry_url), limits=LIMIT
    )
    known = _Known(app, batches.Door(app) if request.param == "by itself" else None)
    transport = httpx2.ASGITransport(app=known)
    async with httpx2.AsyncClient(transport=transport, base_url="http://calos.test") as http:
        yield _Door(http, known, app.state.ingest_door.arrivals)
    await app.state.ingest_door.close()


@pytest.fixture
def issued(databases: Databases, cast: Cast) -> Iterator[Issued]:
    """Yield a Free license of Globex, committed, since the door reads with connections of its own."""
    with databases.control.write(SYSTEM) as session:
        made = issue(session, cast.system, cast.globex, "free", term="free", now=clock.now())
    yield made
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(licenses).where(licenses.c.install_id == made.install_id))


def _events(count: int, start: int = 0) -> list[dict[str, Any]]:
    at = clock.now() - timedelta(minutes=1)
    return [{"id": f"e{n}", "ts": at.isoformat(), "type": "page_view"} for n in range(start, start + count)]


async def test_a_batch_is_taken_once_and_answered_by_index(door: _Door, issued: Issued) -> None:
    batch = {"installId": issued.install_id, "events": [*_events(2), {"id": "x"}, _events(1)[0]]}
    answer = await door.post(issued.install_secret, batch)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["accepted"], body["duplicate"]) == (2, 1)
    assert [(one["index"], one["code"]) for one in body["refused"]] == [(2, "missing_field")]
    assert answer.headers["RateLimit"].startswith('"events-a-day";r=1498;')
    again = await door.post(issued.install_secret, batch)
    assert (again.json()["accepted"], again.json()["duplicate"]) == (0, 3)


async def test_gzip_and_lines_are_taken_too(door: _Door, issued: Issued) -> None:
    packed = gzip.compress(json.dumps({"events": _events(3)}).encode())
    answer = await door.post(issued.install_secret, packed, content_encoding="gzip")
    assert answer.json()["accepted"] == 3
    lines = b"\n".join([*(json.dumps(event).encode() for event in _events(2, start=3)), b"", b'{"id": NaN}', b"[]"])
    for body, how in ((lines, {}), (gzip.compress(lines), {"content_encoding": "gzip"})):
        answer = await door.post(issued.install_secret, body, content_type="application/x-ndjson", **how)
        assert answer.status_code == 200
        assert [(one["index"], one["code"]) for one in answer.json()["refused"]] == [
            (2, "unreadable_json"),
            (3, "not_an_object"),
        ]
    assert answer.json()["duplicate"] == 2


async def test_who_may_send(door: _Door, issued: Issued, databases: Databases, cast: Cast) -> None:
    for secret in ("", "cis_wrong", issued.install_id):
        answer = await door.post(secret, {"events": []})
        assert (answer.status_code, answer.json()["code"]) == (401, "unknown_secret")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert (await door.http.post("/telemetry/events", json={"events": []})).status_code == 401
    other = await door.post(issued.install_secret, {"installId": "inst-of-another", "events": []})
    assert (other.status_code, other.json()["code"]) == (403, "other_install")
    with databases.control.write(SYSTEM) as session:
        made = issue(session, cast.system, cast.globex, "free", term="free", now=clock.now())
        revoke(session, cast.system, made.install_id, reason="over", now=clock.now())
    over = await door.post(made.install_secret, {"events": _events(1)})
    assert (over.status_code, over.json()["code"]) == (403, "license_revoked")
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(licenses).where(licenses.c.install_id == made.install_id))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"events": [NaN]}', 400),
        (b'{"events": [], "events": []}', 400),
        ('{"events": []}'.encode("utf-16"), 400),
        (b'{"events": ["\\ud800"]}', 400),
        (b"[" * 100, 400),
        (b"[]", 422),
        (b"null", 422),
        (b"{}", 422),
        (b'{"events": {}}', 422),
        (b'{"events": [], "install": "x"}', 422),
        (b'{"events": [], "installId": 7}', 422),
        (json.dumps({"events": [{}] * 1_001}).encode(), 413),
        (b'{"events": ["' + b"x" * 1_000_000 + b'"]}', 413),
    ],
)
async def test_an_envelope_that_is_none_is_refused_whole(door: _Door, issued: Issued, body: bytes, status: int) -> None:
    plain = await door.post(issued.install_secret, body)
    packed = await door.post(issued.install_secret, gzip.compress(body), content_encoding="gzip")
    for answer in (plain, packed):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.json()["detail"]) > 10


async def test_a_thousand_events_fit(door: _Door, issued: Issued) -> None:
    assert (await door.post(issued.install_secret, {"events": _events(1_000)})).json()["accepted"] == 1_000


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"no gzip", 400),
        (gzip.compress(b'{"events": []}')[:-4], 400),
        (zlib.compress(b'{"events": []}'), 400),
        (gzip.compress(b'{"events": [') + gzip.compress(b"]}"), 400),
        (BOMB, 413),
    ],
    ids=["none", "cut", "zlib", "two", "bomb"],
)
async def test_gzip_that_is_none_or_a_bomb(door: _Door, issued: Issued, body: bytes, status: int) -> None:
    answer = await door.post(issued.install_secret, body, content_encoding="gzip")
    assert answer.status_code == status


def test_a_bomb_is_never_unpacked() -> None:
    tracemalloc.start()
    with pytest.raises(TooLarge):
        batches._unpacked(BOMB)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


@pytest.mark.parametrize("headers", [{"content_encoding": "br"}, {"content_type": "text/csv"}])
async def test_other_packing_is_refused(door: _Door, issued: Issued, headers: dict[str, str]) -> None:
    answer = await door.post(issued.install_secret, {"events": []}, **headers)
    assert answer.status_code == 415
    assert "Send events" in answer.json()["error"]


async def test_the_quota_of_the_tier_ends_in_429_with_the_time_to_wait(door: _Door, issued: Issued) -> None:
    assert (await door.post(issued.install_secret, {"events": _events(1_000)})).status_code == 200
    answer = await door.post(issued.install_secret, {"events": _events(1_000, start=1_000)})
    assert (answer.status_code, answer.json()["code"]) == (429, "daily_events_reached")
    assert 0 < int(answer.headers["retry-after"]) <= 86_400


async def test_what_lies_beyond_the_retention_is_refused_and_said_so(door: _Door, issued: Issued) -> None:
    old = (clock.now() - timedelta(days=RETENTION_DAYS, minutes=1)).isoformat()
    answer = await door.post(issued.install_secret, {"events": [{"id": "1", "ts": old, "type": "login"}]})
    assert (answer.status_code, answer.json()["accepted"]) == (200, 0)
    [refused] = answer.json()["refused"]
    assert (refused["index"], refused["code"]) == (0, "too_old")
    assert refused["detail"] == f"ts lies more than {RETENTION_DAYS} days back, beyond what is kept."


async def test_who_chose_to_send_nothing_is_told_and_what_was_turned_away_is_counted(
    door: _Door, issued: Issued, databases: Databases, cast: Cast
) -> None:
    with databases.control.write(SYSTEM) as session:
        opt_out(session, cast.otto, issued.install_id, reason="Our policy.", now=clock.now())
    answer = await door.post(issued.install_secret, {"events": _events(3)})
    assert (answer.status_code, answer.json()["code"]) == (403, "telemetry_off")
    await door.arrivals.flush()
    today = clock.now().date()
    with databases.telemetry.read(SYSTEM) as session:
        counted = select(ingest_refusal.c.day, ingest_refusal.c.code, ingest_refusal.c.events)
        mine = session.execute(counted.where(ingest_refusal.c.install_id == issued.install_id)).all()
        assert [tuple(row) for row in mine] == [(today, "telemetry_off", 3)]
        kept = select(last_payload.c.size).where(last_payload.c.install_id == issued.install_id)
        assert session.execute(kept).all() == []


async def test_support_pages_through_raw_events(door: _Door, issued: Issued, databases: Databases, cast: Cast) -> None:
    now = clock.now()
    with databases.telemetry.write(SYSTEM) as session:
        ingest(session, issued.install_id, sample_events(issued.install_id, now, 1), now=now)
    seen: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 20}
    while True:
        page = (await door.get(cast.mia, issued.install_id, **query)).json()
        seen += page["events"]
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]
    assert len({event["eventId"] for event in seen}) == len(seen) == 50
    assert [event["ts"] for event in seen] == sorted((event["ts"] for event in seen), reverse=True)


async def test_who_reads_raw_events(door: _Door, issued: Issued, databases: Databases, cast: Cast) -> None:
    with databases.telemetry.write(SYSTEM) as session:
        ingest(session, issued.install_id, _events(1), now=clock.now())
        ingest(session, f"{issued.install_id}-other", _events(1), now=clock.now())
    own = await door.get(cast.otto, issued.install_id)
    assert (own.status_code, len(own.json()["events"])) == (200, 1)
    assert (await door.get(cast.vera, issued.install_id)).status_code == 403
    assert (await door.get(cast.otto, f"{issued.install_id}-other")).status_code == 404
    with databases.control.write(SYSTEM) as session:
        session.execute(
            licenses.update().where(licenses.c.install_id == issued.install_id).values(organization_id=cast.vendor)
        )
    assert (await door.get(cast.otto, issued.install_id)).status_code == 404


@pytest.mark.parametrize("query", [{"cursor": "%%%"}, {"cursor": "AAAA"}, {"limit": 0}, {"limit": 201}, {"page": 2}])
async def test_a_page_that_is_none(door: _Door, issued: Issued, cast: Cast, query: dict[str, Any]) -> None:
    assert (await door.get(cast.mia, issued.install_id, **query)).status_code == 422


def test_the_door_is_described(door: _Door) -> None:
    app = door.known.app
    assert isinstance(app, FastAPI)
    post = app.openapi()["paths"]["/telemetry/events"]["post"]
    events = post["requestBody"]["content"]["application/json"]["schema"]["properties"]["events"]
    assert events["maxItems"] == 1_000
    assert events["items"]["anyOf"][0]["properties"]["id"]["maxLength"] == 64
    assert post["security"] == [{"installSecret": []}]
    assert "/telemetry/{installId}/events" in app.openapi()["paths"]
