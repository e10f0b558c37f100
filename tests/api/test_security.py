"""The security score over HTTP: its parts, its past, a verification of every chain, and a signed review."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api import audit, security
from core.config import Settings
from core.databases import Databases
from core.security.scoring import CHECKS
from db.session import SYSTEM
from tests.api.signed_in import signed_in
from tests.books import own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    """Yield a database of this module's own: what others verified or reviewed would show."""
    with own_databases(test_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(databases: Databases) -> Cast:
    """Return the people of the tests, in this module's database."""
    with databases.control.write(SYSTEM) as session:
        return make_cast(session, NOW)


@pytest.fixture
def at_home(test_settings: Settings, tmp_path: Path) -> Settings:
    """Return settings with a home of this test's own, for its keys and checkpoints."""
    return test_settings.model_copy(update={"home": tmp_path})


@pytest.fixture
def adam(databases: Databases, cast: Cast, at_home: Settings) -> TestClient:
    return signed_in(databases, cast.adam, security, audit, settings=at_home)


def test_the_score_comes_with_gates_categories_checks_and_remedies(adam: TestClient) -> None:
    found = adam.get("/security/score").json()
    assert (found["target"], found["cap"], found["history"]) == (95, 69, "/api/security/score/history")
    assert 0 < found["score"] <= 69
    assert [gate["id"] for gate in found["gates"]] == ["plain_http"]
    assert [one["id"] for one in found["checks"]] == [check.id for check in CHECKS]
    assert {one["state"] for one in found["checks"]} >= {"pass", "fail", "not_assessed"}
    assert sum(one["points"] for one in found["checks"]) == pytest.approx(found["uncapped"])
    assert sum(one["points"] for one in found["categories"]) == pytest.approx(found["uncapped"])
    assert all(one["remedy"] for one in found["checks"] if one["state"] != "pass")
    first, *rest = found["pointsToGain"]
    assert (first["check"], first["gate"]) == ("https", found["gates"][0]["sentence"])
    within = [one["points"] for one in rest if not one["beyond"]]
    assert within == sorted(within, reverse=True)
    assert found["withinReach"] < 95


def test_a_verification_and_a_review_are_answered_recorded_and_raise_the_score(adam: TestClient) -> None:
    before = adam.get("/security/score").json()
    verified = adam.post("/security/audit-logs/verify").json()
    assert verified["intact"]
    assert verified["breaks"] == []
    assert adam.get("/security/audit-logs/verify").json()["everythingVerifiedAt"] == verified["at"]
    signed = adam.post("/security/reviews", json={"note": "Looked at refusals; two are known tests."})
    assert (signed.status_code, signed.json()["signedBy"]) == (200, "adam@calos.test")
    after = adam.get("/security/score").json()
    assert after["uncapped"] > before["uncapped"]
    actions = [one["action"] for one in adam.get("/security/audit-logs?limit=10").json()["entries"]]
    assert {"security.reviewed", "audit.verified"} <= set(actions)
    [today] = adam.get("/security/score/history?days=1").json()["days"]
    assert today["uncapped"] == pytest.approx(after["uncapped"], abs=0.01)
    assert today["gates"] == ["plain_http"]


@pytest.mark.parametrize("note", ["", "too short", "x" * 2001, None])
def test_a_review_without_words_is_refused(adam: TestClient, note: str | None) -> None:
    assert adam.post("/security/reviews", json={"note": note}).status_code == 422


@pytest.mark.parametrize("query", ["days=0", "days=731", "days=x", "since=2026-01-01"])
def test_a_past_that_makes_no_sense_is_refused(adam: TestClient, query: str) -> None:
    assert adam.get(f"/security/score/history?{query}").status_code == 422


@pytest.mark.parametrize("name", ["mia", "vera", "otto"])
def test_the_score_is_for_those_of_the_vendor_who_may_read_security(
    databases: Databases, cast: Cast, at_home: Settings, name: str
) -> None:
    client = signed_in(databases, getattr(cast, name), security, settings=at_home)
    for path in ("/security/score", "/security/score/history"):
        assert client.get(path).status_code == 403
    assert client.post("/security/audit-logs/verify").status_code == 403
    assert client.post("/security/reviews", json={"note": "I looked at everything."}).status_code == 403


def test_a_manager_reads_the_score_but_signs_nothing(databases: Databases, cast: Cast, at_home: Settings) -> None:
    client = signed_in(databases, cast.sam, security, settings=at_home)
    assert client.get("/security/score").status_code == 200
    assert client.post("/security/reviews", json={"note": "I looked at everything."}).status_code == 403
