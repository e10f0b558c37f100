"""Bundles, the manifest and the choice to send nothing, over HTTP: who may, how much, and what each is told."""

import gzip
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from core import clock
from core.databases import Databases
from core.licensing.writes import Issued, issue
from core.telemetry.bundles import LARGEST_PACKED
from db.models.licensing import license as licenses
from db.session import SYSTEM
from tests.api.conftest import Served
from tests.cast import Cast
from tests.core.telemetry.carried import bundle


@pytest.fixture
def issued(databases: Databases, cast: Cast) -> Iterator[Issued]:
    """Yield a Pro license of Globex, committed."""
    with databases.control.write(SYSTEM) as session:
        asked: dict[str, Any] = {"term": "paid", "billing_period": "monthly", "now": clock.now()}
        made = issue(session, cast.system, cast.globex, "pro", **asked)
    yield made
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(licenses).where(licenses.c.install_id == made.install_id))


def _events(count: int) -> list[Any]:
    at = clock.now() - timedelta(days=20)
    return [{"id": f"b{n}", "ts": (at + timedelta(minutes=n)).isoformat(), "type": "login"} for n in range(count)]


def _carry(served: Served, who: str | None, packed: bytes, kind: str = "application/gzip") -> Any:
    headers = {**(served.as_(who) if who else {}), "Content-Type": kind}
    return served.client.post("/api/telemetry/bundles", headers=headers, content=packed)


def test_a_bundle_is_carried_in_once_by_either_side(served: Served, issued: Issued) -> None:
    packed = bundle(issued.install_id, issued.install_secret, [*_events(3), {"id": "x"}])
    answer = _carry(served, "mia", packed)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["events"], told["accepted"], told["duplicate"], told["refused"]) == (4, 3, 0, 1)
    assert [(each["index"], each["code"]) for each in told["refusals"]] == [(3, "missing_field")]
    assert _carry(served, "otto", packed, "application/octet-stream").json() == told
    listed = served.call("otto", "GET", f"/api/telemetry/{issued.install_id}/bundles").json()
    assert listed == [told]


def test_who_may_not_carry_one(served: Served, issued: Issued, databases: Databases, cast: Cast) -> None:
    packed = bundle(issued.install_id, issued.install_secret, _events(1))
    assert _carry(served, None, packed).status_code == 401
    assert _carry(served, "vera", packed).json()["code"] == "not_permitted"
    with databases.control.write(SYSTEM) as session:
        asked: dict[str, Any] = {"term": "paid", "billing_period": "monthly", "now": clock.now()}
        theirs = issue(session, cast.system, cast.vendor, "pro", **asked)
    answer = _carry(served, "otto", bundle(theirs.install_id, theirs.install_secret, _events(1)))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_what_is_no_bundle(served: Served, issued: Issued) -> None:
    good = bundle(issued.install_id, issued.install_secret, _events(2))
    for packed, kind, status, code in [
        (b"", "application/gzip", 422, "unreadable_file"),
        (b"{}", "application/gzip", 422, "unreadable_file"),
        (good[:-9], "application/gzip", 422, "unreadable_file"),
        (gzip.compress(b"x" * 300_000), "application/gzip", 422, "unreadable_file"),
        (good, "application/json", 415, "wrong_content_type"),
        (good, "multipart/form-data; boundary=x", 415, "wrong_content_type"),
        (bundle(issued.install_id, "cis_another", _events(2)), "application/gzip", 422, "wrong_mac"),
        (b"\x1f\x8b" + bytes(LARGEST_PACKED), "application/gzip", 413, "too_large"),
    ]:
        answer = _carry(served, "mia", packed, kind)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert served.client.post("/api/telemetry/bundles?x=1", headers=served.as_("mia")).status_code == 422


def test_the_customer_sees_exactly_what_came_and_may_choose_to_send_nothing(served: Served, issued: Issued) -> None:
    at = f"/api/telemetry/{issued.install_id}"
    door = {"Authorization": f"Bearer {issued.install_secret}", "Content-Type": "application/json"}
    sent = json.dumps({"events": _events(2)}, indent=1)
    assert served.client.post("/api/telemetry/events", headers=door, content=sent).status_code == 200
    told = _shown(served, at)
    assert (told["lastPayload"]["body"], told["lastPayload"]["truncated"]) == (sent, False)
    assert told["lastPayload"]["size"] == len(sent)
    assert "testclient" not in json.dumps(told), "the address it came from is not kept"
    assert (told["accepted30Days"], told["choice"]["taken"]) == (2, True)
    assert {each["name"] for each in told["fields"]} >= {"id", "ts", "user"}
    assert {each["id"]: each["days"] for each in told["retention"]}["events"] == 395

    out = served.call("otto", "POST", f"{at}/opt-out", {"reason": "Our policy."})
    assert (out.status_code, out.json()["taken"]) == (200, False)
    told = served.call("otto", "GET", f"{at}/manifest").json()
    assert (told["choice"]["reason"], told["lastPayload"]) == ("Our policy.", None)
    assert served.call("mia", "GET", f"{at}/events").json()["events"] == []
    refused = bundle(issued.install_id, issued.install_secret, _events(1))
    assert _carry(served, "otto", refused).json()["code"] == "telemetry_off"
    again = served.call("otto", "POST", f"{at}/opt-in", {"reason": "Asked to."})
    assert again.json()["taken"] is True
    assert _carry(served, "otto", refused).json()["accepted"] == 1


def _shown(served: Served, at: str) -> Any:
    """Return the manifest once what is written behind the answer is there."""
    told: Any = None
    for _ in range(100):
        told = served.call("otto", "GET", f"{at}/manifest").json()
        if told["lastPayload"]:
            break
        time.sleep(0.1)
    return told
