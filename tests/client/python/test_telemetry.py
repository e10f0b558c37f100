"""Telemetry against the real vendor: what arrives, what is refused, what waits through outages, what nobody sees."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from calos import Telemetry
from calos.pacing import back_off, retry_after

from tests.client.python.conftest import Site, wait_until
from tests.client.python.faults import Relay
from tests.client.python.web import fiona, get_json

EVENTS = b"POST /api/telemetry/events "


def kept(site: Site) -> list[dict[str, Any]]:
    """Return what the vendor has of the installation, newest first."""
    token = fiona(site.way.upstream)
    path = f"/api/telemetry/{site.license.install_id}/events?limit=200"
    events: list[dict[str, Any]] = get_json(site.way.upstream, path, token)["events"]
    return events


def sent(way: Relay) -> list[dict[str, Any]]:
    """Return the envelopes that went over the wire, each unpacked."""
    return [json.loads(payload) for payload in payloads(way)]


def payloads(way: Relay) -> list[bytes]:
    bodies = (request.partition(b"\r\n\r\n")[2] for request in way.requests if request.startswith(EVENTS))
    return [gzip.decompress(body) for body in bodies]


def test_events_arrive_in_one_batch_with_what_was_said(site: Site) -> None:
    telemetry = site.telemetry(domain="app.acme.example", version="4.2.1", tz="Europe/Lisbon")
    telemetry.track("feature_used", feature="pos", user="anna@acme.example", session="s-1", props={"lines": 3})
    telemetry.track("api_call", feature="GET /orders", status=200, ms=12.6, ua="curl/8")
    assert telemetry.flush()
    assert [len(envelope["events"]) for envelope in sent(site.way)] == [2]
    call, used = kept(site)
    assert (used["type"], used["feature"], used["props"]) == ("feature_used", "pos", {"lines": 3})
    assert (call["status"], call["ms"], call["agent"]) == (200, 13, "curl/8")
    assert (call["domain"], call["version"], call["zone"]) == ("app.acme.example", "4.2.1", "Europe/Lisbon")
    assert telemetry.refused == []
    assert (telemetry.dropped, telemetry.pending(), telemetry.problem) == (0, 0, None)


def test_nobody_is_named(site: Site) -> None:
    telemetry = site.telemetry()
    telemetry.track("login", user="anna@acme.example", session="cookie-of-anna")
    telemetry.track("login", user="anna@acme.example")
    site.telemetry().track("login", user="anna@acme.example")
    wait_until(lambda: telemetry.pending() == 3)
    telemetry.flush()
    raw = b"".join(payloads(site.way))
    assert b"anna" not in raw
    assert b"cookie" not in raw
    users = {event["actor"] for event in kept(site)}
    assert len(users) == 1, "the same person under one pseudonym, in every process"
    salt = (site.folder / "telemetry" / "salt").read_bytes()
    assert len(salt) == 32
    assert salt not in raw
    other = Telemetry("x", "y", site.way.url, state_dir=site.folder / "other", flush_seconds=3_600)
    site.made.append(other)
    other.track("login", user="anna@acme.example")
    other.sync()
    assert not any(str(user).encode() in spooled(site.folder / "other") for user in users)


def spooled(folder: Path) -> bytes:
    """Return what waits on disk below a state folder."""
    return b"".join(path.read_bytes() for path in sorted((folder / "telemetry").glob("*.ndjson")))


@pytest.mark.parametrize("how", ["environment", "do not track", "argument", "switched off"])
def test_opted_out_means_not_one_packet_and_nothing_kept(site: Site, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = site.telemetry()
    before.track("login", user="anna")
    before.sync()
    before.close(0.0)
    assert (site.folder / "telemetry" / "salt").exists()
    connections = site.way.connections
    if how == "environment":
        monkeypatch.setenv("CALOS_TELEMETRY", "off")
    if how == "do not track":
        monkeypatch.setenv("DO_NOT_TRACK", "1")
    telemetry = site.telemetry(enabled=how != "argument", flush_seconds=0.01)
    if how == "switched off":
        telemetry.disable()
        telemetry = site.telemetry(flush_seconds=0.01)
    assert not telemetry.enabled
    for _ in range(100):
        telemetry.track("login", user="anna")
    assert telemetry.flush()
    assert telemetry.pending() == 0
    manifest = telemetry.manifest()
    assert (manifest.enabled, manifest.sent_to, manifest.last_payload) == (False, None, None)
    telemetry.close()
    assert not (site.folder / "telemetry").exists(), "what waited, the salt and the last payload are gone"
    assert site.way.connections == connections


def test_switched_off_by_one_process_is_off_in_all(site: Site) -> None:
    first, second = site.telemetry(), site.telemetry()
    second.track("login", user="anna")
    second.sync()
    first.disable()
    connections = site.way.connections
    second.track("login", user="anna")
    second.flush()
    second.close()
    assert not second.enabled
    assert site.way.connections == connections
    assert not (site.folder / "telemetry").exists()
    first.enable()
    third = site.telemetry()
    third.track("login", user="anna")
    assert third.flush()
    assert len(kept(site)) == 1


def test_a_customer_who_wants_none_taken_at_the_vendors_is_obeyed(site: Site) -> None:
    telemetry = site.telemetry()
    telemetry.track("login", user="anna")
    site.way.answer("403 Forbidden", b'{"code": "telemetry_off", "detail": "None is taken."}')
    telemetry.flush()
    assert not telemetry.enabled
    assert not (site.folder / "telemetry").exists()
    connections = site.way.connections
    telemetry.track("login", user="anna")
    telemetry.flush()
    telemetry.close()
    assert site.way.connections == connections


@pytest.mark.parametrize("fault", ["reset", "500 Oops", "503 Busy", "429 Slow down", "401 No", "302 Found", "200 OK"])
def test_an_outage_loses_nothing(site: Site, fault: str) -> None:
    telemetry = site.telemetry()
    telemetry.track("login", user="anna")
    site.way.answer(fault, b"<html>a portal</html>")
    assert not telemetry.flush(5)
    assert telemetry.problem
    assert telemetry.pending() == 1
    site.way.mode = "pass"
    fresh = site.telemetry()
    telemetry.close(0.0)
    assert fresh.flush()
    assert len(kept(site)) == 1


def test_an_event_that_is_sent_again_counts_once(site: Site) -> None:
    telemetry = site.telemetry()
    telemetry.track("login")
    telemetry.sync()
    (file,) = (site.folder / "telemetry").glob("*.ndjson")
    again = file.read_bytes()
    assert telemetry.flush()
    # As if the process had died between the vendor's answer and the file's end.
    (site.folder / "telemetry" / "00000000000001-dead.ndjson").write_bytes(again)
    assert telemetry.flush()
    assert telemetry._outbox.record.duplicate == 1
    assert len(kept(site)) == 1


def test_refused_events_are_told_with_their_reasons_and_not_sent_again(site: Site) -> None:
    telemetry = site.telemetry()
    telemetry.track("login", at=datetime.now(UTC) + timedelta(days=3))
    telemetry.track("login", at=datetime.now(UTC) - timedelta(days=3_000))
    telemetry.track("login")
    telemetry.track("login", props={"big": "x" * 5_000})
    telemetry.track("login", props={"odd": object()})
    telemetry.track("")
    assert telemetry.flush()
    codes = sorted(one.code for one in telemetry.refused)
    assert codes == ["in_the_future", "missing_field", "too_long", "too_old", "wrong_type"]
    assert all(one.detail and one.id for one in telemetry.refused)
    assert len(kept(site)) == 1


def test_oversized_and_odd_values_are_trimmed_to_what_the_vendor_takes(site: Site) -> None:
    telemetry = site.telemetry()
    telemetry.track("t" * 500, feature="f" * 500 + "\x00", ua="\ud800" * 900, ms=float("nan"), status=9_999)
    telemetry.track("a\x00b", ms=-5, status=None, version="v" * 300, domain="d" * 999, tz="z" * 99)
    assert telemetry.flush()
    assert telemetry.refused == []
    assert {event["type"] for event in kept(site)} == {"t" * 64, "ab"}


@pytest.mark.parametrize(
    "said",
    [
        {"type": None},
        {"type": "x", "user": 7},
        {"type": "x", "props": []},
        {"type": "x", "at": "yesterday"},
        {"type": "x", "ms": "fast"},
    ],
)
def test_track_never_raises(site: Site, said: dict[str, Any]) -> None:
    telemetry = site.telemetry()
    telemetry.track(**said)
    telemetry.close(0.0)
    telemetry.track("after the end")


def test_a_batch_that_is_too_large_for_somebody_is_halved(site: Site) -> None:
    telemetry = site.telemetry()
    for number in range(10):
        telemetry.track("login", feature=f"f{number}")
    telemetry.sync()
    site.way.answer("413 Too Large", times=1)
    assert telemetry.flush()
    assert [len(envelope["events"]) for envelope in sent(site.way)] == [10, 5, 5]
    assert len(kept(site)) == 10


def test_a_batch_that_nobody_can_read_is_given_up_after_three_tries(site: Site) -> None:
    telemetry = site.telemetry()
    telemetry.track("login")
    site.way.answer("400 Bad Request", b'{"detail": "no"}')
    for _ in range(3):
        telemetry._outbox._rests_until = 0.0
        telemetry.flush()
    assert telemetry.pending() == 0
    assert [one.code for one in telemetry.refused] == ["http_400"]


def test_retry_after_is_honored(site: Site) -> None:
    telemetry = site.telemetry()
    telemetry.track("login")
    site.way.answer("429 Too Many", headers="Retry-After: 3600\r\n")
    telemetry.flush()
    asked = site.way.connections
    site.way.mode = "pass"
    assert not telemetry.flush()
    assert site.way.connections == asked, "nothing is asked before the hour is over"


def test_waiting_grows_and_keeps_to_what_was_told() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    waits = [back_off(failures, first=5.0, longest=900.0) for failures in (1, 2, 3, 20)]
    assert 4 <= waits[0] <= 6
    assert 16 <= waits[2] <= 24
    assert 720 <= waits[3] <= 1_080
    assert back_off(1, first=5.0, longest=900.0, rest=5_000.0) == 5_000.0
    assert retry_after({"retry-after": "120"}, now) == 120
    assert retry_after({"retry-after": "Sat, 21 Nov 2026 12:01:00 GMT"}, now) == 60
    assert retry_after({"retry-after": "soon"}, now) is None
    assert retry_after({"retry-after": "99999999999999"}, now) == 86_400
    assert retry_after({}, now) is None


def test_the_manifest_shows_the_exact_last_payload(site: Site) -> None:
    telemetry = site.telemetry()
    assert telemetry.manifest().last_payload is None
    telemetry.track("feature_used", feature="pos", user="anna", props={"Zürich": "€"})
    assert telemetry.flush()
    manifest = telemetry.manifest()
    assert manifest.last_payload == payloads(site.way)[-1]
    assert manifest.sent_to == f"{site.way.url}/api/telemetry/events"
    assert manifest.last_sent_at is not None
    named = {field.name for field in manifest.fields}
    (event,) = json.loads(manifest.last_payload)["events"]
    assert set(event) <= named
    assert all(field.purpose for field in manifest.fields)
    json.dumps(manifest.as_json())
    telemetry.close(0.0)
    assert site.telemetry().manifest().last_payload == manifest.last_payload, "after a restart too"
