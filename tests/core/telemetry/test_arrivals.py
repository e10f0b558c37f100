"""How batches arrived: the last payload as it came, whole batches turned away, and the choice to send nothing (T4)."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import delete, select, text

from core import clock
from core.databases import Databases
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.licensing.writes import Issued, issue
from core.telemetry import arrivals as behind
from core.telemetry import events
from core.telemetry.arrivals import Arrivals
from core.telemetry.door import IngestDoor
from core.telemetry.manifest import FIELDS, Manifest, manifest
from core.telemetry.opt_out import erase, opt_in, opt_out, opt_out_of
from core.telemetry.reads import dirty_mark
from core.telemetry.writes import clear_dirty, ingest
from db.models.access import audit_entry
from db.models.licensing import license as licenses
from db.session import SYSTEM, WriteSession
from tests.cast import Cast
from tests.conftest import NOW

SHOWN = text("SELECT body, size, kind FROM last_payload WHERE install_id = :i")
AWAY = text("SELECT code, events FROM ingest_refusal WHERE install_id = :i ORDER BY code")


@pytest.fixture
def issued(databases: Databases, cast: Cast) -> Iterator[Issued]:
    """Yield a Free license of Globex, committed."""
    with databases.control.write(SYSTEM) as session:
        made = issue(session, cast.system, cast.globex, "free", term="free", now=clock.now())
    yield made
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(licenses).where(licenses.c.install_id == made.install_id))


@pytest.fixture
def found(databases: Databases) -> Callable[..., list[tuple[Any, ...]]]:
    def rows(statement: Any, install_id: str) -> list[tuple[Any, ...]]:
        with databases.telemetry.read(SYSTEM) as session:
            return [tuple(row) for row in session.execute(statement, {"i": install_id})]

    return rows


async def test_the_last_payload_is_kept_as_it_came_and_a_large_one_to_its_bound(
    door: IngestDoor, install_id: str, found: Callable[..., Any]
) -> None:
    body = b'{"events": [ ]}\n'
    door.arrivals.note_payload(install_id, b"first", "application/json", NOW)
    door.arrivals.note_payload(install_id, body, "application/json", NOW)
    door.arrivals.note_payload(f"{install_id}-large", b"\xff" * 100_000, "application/x-ndjson", NOW)
    await door.arrivals.flush()
    assert found(SHOWN, install_id) == [(body, len(body), "application/json")]
    [(kept, size, _)] = found(SHOWN, f"{install_id}-large")
    assert (len(kept), size) == (64_000, 100_000)
    # One that was taken down earlier and is written later does not take its place.
    door.arrivals.note_payload(install_id, b"earlier", "application/json", NOW - timedelta(seconds=1))
    await door.arrivals.flush()
    assert found(SHOWN, install_id)[0][0] == body


async def test_batches_turned_away_are_counted_by_their_events(
    door: IngestDoor, install_id: str, found: Callable[..., Any]
) -> None:
    for code, count in (("event_rate_reached", 500), ("event_rate_reached", 20), ("license_revoked", 3), ("none", 0)):
        door.arrivals.note_turned_away(install_id, code, count, NOW)
    await door.close()
    assert found(AWAY, install_id) == [("event_rate_reached", 520), ("license_revoked", 3)]


async def test_what_waits_is_bounded_and_outlives_a_database_out_of_reach(
    monkeypatch: pytest.MonkeyPatch, door: IngestDoor, install_id: str, found: Callable[..., Any]
) -> None:
    monkeypatch.setattr(behind, "MOST_WAITING", 2)

    class Absent:
        def connection(self) -> Any:
            raise psycopg.OperationalError("no connection")

    waiting = Arrivals(Absent())  # type: ignore[arg-type]  # stands for a pool whose server is gone
    for number in range(5):
        waiting.note_payload(f"{install_id}-{number}", b"{}", "application/json", NOW)
        waiting.note_turned_away(f"{install_id}-{number}", "telemetry_off", 1, NOW)
    await waiting.flush()
    waiting._pool = door.arrivals._pool
    await waiting.close()
    assert [len(found(AWAY, f"{install_id}-{number}")) for number in range(5)] == [1, 1, 0, 0, 0]


def test_a_choice_to_send_nothing_is_kept_audited_and_taken_back(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    install_id = issue(session, cast.system, cast.globex, "free", term="free", now=now).install_id
    with pytest.raises(InvalidInput):
        opt_out(session, cast.otto, install_id, reason=" ", now=now)
    with pytest.raises(NotPermitted):
        opt_out(session, cast.mia, install_id, reason="Because.", now=now)
    made = opt_out(session, cast.otto, install_id, reason="Our policy.", now=now)
    assert opt_out_of(session, install_id) == made
    assert (made.by, made.reason) == (cast.otto.label, "Our policy.")
    with pytest.raises(Conflict):
        opt_out(session, cast.adam, install_id, reason="Again.", now=now)
    opt_in(session, cast.adam, install_id, reason="They asked for it.", now=now)
    assert opt_out_of(session, install_id) is None
    with pytest.raises(Conflict):
        opt_in(session, cast.adam, install_id, reason="Again.", now=now)
    trail = select(audit_entry.c.action, audit_entry.c.organization_id).where(audit_entry.c.target_id == install_id)
    told = [row for row in session.execute(trail) if row.action.startswith("telemetry.")]
    assert sorted(row.action for row in told) == ["telemetry.opted_in", "telemetry.opted_out"]
    assert {row.organization_id for row in told} == {cast.globex}


def test_another_customer_neither_chooses_nor_reads(session: WriteSession, cast: Cast, now: datetime) -> None:
    theirs = issue(session, cast.system, cast.vendor, "free", term="free", now=now).install_id
    for act in (opt_out, opt_in):
        with pytest.raises(NotFound):
            act(session, cast.otto, theirs, reason="test", now=now)
    with pytest.raises(NotFound):
        manifest(session, session, cast.otto, theirs, retention_days=395, now=now)


async def test_nothing_is_taken_of_who_chose_so(
    databases: Databases, door: IngestDoor, issued: Issued, cast: Cast
) -> None:
    with databases.control.write(SYSTEM) as session:
        opt_out(session, cast.otto, issued.install_id, reason="Our policy.", now=clock.now())
    install = await door.install(issued.install_secret)
    assert install is not None
    with pytest.raises(NotPermitted) as refused:
        install.admit_telemetry(None)
    assert refused.value.code == "telemetry_off"
    # Metered usage belongs to the license.
    install.admit(None)


def test_erasing_takes_persons_and_payloads_and_leaves_counts(databases: Databases, install_id: str) -> None:
    event = {"id": "1", "ts": NOW.isoformat(), "type": "api_call", "feature": "pos", "user": "ada"}
    with databases.telemetry.write(SYSTEM) as session:
        ingest(session, install_id, [event], now=NOW)
        ingest(session, f"{install_id}-other", [event], now=NOW)
        mark = dirty_mark(session, install_id)
        assert mark is not None
        clear_dirty(session, [mark])
        assert erase(session, [install_id], now=NOW) == 3
        assert erase(session, [install_id], now=NOW) == 0
        assert erase(session, [], now=NOW) == 0
        # So that the profile is computed without them.
        assert dirty_mark(session, install_id) is not None
        kept = {
            table: session.execute(text(f"SELECT count(*) FROM {table} WHERE install_id = :i"), {"i": install_id})
            for table in ("event", "actor_rollup", "feature_actor_rollup", "hour_rollup", "feature_rollup")
        }
        assert {table: rows.scalar_one() for table, rows in kept.items()} == {
            "event": 0,
            "actor_rollup": 0,
            "feature_actor_rollup": 0,
            "hour_rollup": 1,
            "feature_rollup": 1,
        }
        others = text("SELECT count(*) FROM event WHERE install_id = :i")
        assert session.execute(others, {"i": f"{install_id}-other"}).scalar_one() == 1


def test_the_manifest_names_every_field_there_is() -> None:
    assert {field.name for field in FIELDS} == events.FIELDS
    assert tuple(field.name for field in FIELDS if field.required) == events.REQUIRED
    assert all(field.purpose.endswith(".") for field in FIELDS)


async def test_the_manifest_shows_what_came_last(
    databases: Databases, door: IngestDoor, issued: Issued, cast: Cast
) -> None:
    def read() -> Manifest:
        with databases.control.read(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
            return manifest(control, telemetry, cast.otto, issued.install_id, retention_days=100, now=NOW)

    assert (read().last_payload, read().accepted) == (None, 0)
    install = await door.install(issued.install_secret)
    assert install is not None
    sent = {"events": [{"id": "1", "ts": NOW.isoformat(), "type": "login"}, {}]}
    await door.ingest(install, sent["events"], now=NOW)
    door.arrivals.note_payload(install.install_id, json.dumps(sent).encode(), "application/json", NOW)
    await door.arrivals.flush()
    found = read()
    assert found.last_payload is not None
    assert json.loads(found.last_payload.text) == sent
    assert (found.accepted, found.refused, found.opt_out) == (1, 1, None)
    assert {each.id: each.days for each in found.retention}["events"] == 100
