"""Usage over HTTP: reports by install secret, gauges, history and limits for whom they concern, limits agreed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core import clock
from core.databases import Databases
from core.ids import new_id
from core.licensing.writes import Issued, issue, revoke
from core.organizations.writes import create_organization
from db.session import SYSTEM
from tests.api.conftest import Served
from tests.cast import Cast

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Two:
    """A license of Globex, whose admin Otto is, and one of somebody else."""

    globex: Issued
    other: Issued


@pytest.fixture(scope="module")
def two(databases: Databases, cast: Cast) -> Iterator[Two]:
    now = clock.now() - 60 * DAY
    with databases.control.write(SYSTEM) as session:
        owner = create_organization(session, cast.system, f"Usage {new_id().hex[-6:]}", now=now)
        made = [
            issue(session, cast.system, each, "basic", now=now, term="paid", billing_period="monthly")
            for each in (cast.globex, owner)
        ]
    yield Two(*made)
    with databases.control.write(SYSTEM) as session:
        for each in made:
            for table in ("limit_override", "usage_standing", "usage_place"):
                session.execute(text(f"DELETE FROM {table} WHERE license_id = :id"), {"id": each.license_id})
            session.execute(text("DELETE FROM license WHERE id = :id"), {"id": each.license_id})


def send(served: Served, secret: str, records: Any, **envelope: Any) -> Any:
    headers = {"Authorization": f"Bearer {secret}"}
    return served.call(None, "POST", "/api/usage/records", {"records": records, **envelope}, **headers)


def record(number: int, meter: str, amount: int, at: datetime) -> dict[str, Any]:
    return {"id": f"{meter}-{number}", "meter": meter, "amount": amount, "ts": at.isoformat()}


def days_of_calls(calls: list[int]) -> list[dict[str, Any]]:
    noon = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)
    return [record(back, "api_calls_day", each, noon - back * DAY) for back, each in enumerate(reversed(calls), 1)]


def test_an_install_reports_with_its_secret_and_reads_the_answer(served: Served, two: Two) -> None:
    now = clock.now()
    batch = [
        *days_of_calls([8_000] * 56),
        record(1, "storage_bytes", 9_500_000_000, now - timedelta(minutes=1)),
        record(2, "cpu_hours", 3, now),
        "hello",
    ]
    answer = send(served, two.globex.install_secret, batch, installId=two.globex.install_id)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["accepted"], told["duplicate"]) == (57, 0)
    assert [(one["index"], one["code"]) for one in told["refused"]] == [(57, "unknown_meter"), (58, "not_an_object")]
    assert "cpu_hours" in told["refused"][0]["detail"]
    again = send(served, two.globex.install_secret, batch).json()
    assert (again["accepted"], again["duplicate"]) == (0, 57)


def test_a_report_needs_the_installs_own_secret(served: Served, two: Two) -> None:
    assert send(served, "cis_nobody", []).json()["code"] == "unknown_secret"
    assert served.call(None, "POST", "/api/usage/records", {"records": []}).status_code == 401
    other = send(served, two.other.install_secret, [], installId=two.globex.install_id)
    assert (other.status_code, other.json()["code"]) == (403, "other_install")


def test_a_batch_has_bounds(served: Served, two: Two) -> None:
    many = [record(n, "projects", 1, clock.now()) for n in range(1_001)]
    answer = send(served, two.other.install_secret, many)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert send(served, two.other.install_secret, "all").status_code == 422
    assert send(served, two.other.install_secret, [], extra=1).status_code == 422


def test_a_revoked_license_reports_no_more(served: Served, databases: Databases, cast: Cast) -> None:
    now = clock.now()
    with databases.control.write(SYSTEM) as session:
        owner = create_organization(session, cast.system, f"Revoked {new_id().hex[-6:]}", now=now)
        made = issue(session, cast.system, owner, "free", term="free", now=now)
        revoke(session, cast.system, made.install_id, reason="test", now=now)
    assert send(served, made.install_secret, []).json()["code"] == "license_revoked"


def gauges(served: Served, name: str, install_id: str, query: str = "") -> dict[str, Any]:
    answer = served.call(name, "GET", f"/api/usage?installId={install_id}{query}")
    assert answer.status_code == 200, answer.text
    return {each["meter"]: each for each in answer.json()["meters"]}


@pytest.mark.parametrize("name", ["vera", "otto"])
def test_gauges_are_the_vendors_and_the_customers_own(served: Served, two: Two, name: str) -> None:
    send(served, two.globex.install_secret, days_of_calls([8_000] * 56))
    found = gauges(served, name, two.globex.install_id)
    assert len(found) == 8
    calls = found["api_calls_day"]
    assert (calls["busy"], calls["limit"], calls["share"], calls["limitSource"]) == (8_000, 10_000, 0.8, "tier")
    assert calls["daysToLimit"] == {"p10": None, "p50": None, "p90": None}
    assert (found["compute_seconds_month"]["limit"], found["compute_seconds_month"]["limitSource"]) == (None, "none")


def test_gauges_as_they_stood(served: Served, two: Two) -> None:
    send(served, two.globex.install_secret, days_of_calls([8_000] * 56))
    day = (clock.now() - 52 * DAY).date()
    calls = gauges(served, "vera", two.globex.install_id, f"&asOf={day}")["api_calls_day"]
    assert calls["used"] == 8_000
    assert calls["daysToLimit"] is None, "five days are too few for a forecast"


def test_a_history_of_the_days_asked_for(served: Served, two: Two) -> None:
    send(served, two.globex.install_secret, days_of_calls([8_000] * 56))
    today = clock.now().date()
    path = f"/api/usage/history?installId={two.globex.install_id}&meter=api_calls_day"
    told = served.call("otto", "GET", f"{path}&from={today - 9 * DAY}&to={today}").json()
    assert [point["used"] for point in told["points"]] == [8_000] * 9 + [0]
    assert (told["limit"], len(told["forecast"])) == (10_000, 30)
    past = served.call("vera", "GET", f"{path}&to={today - 5 * DAY}").json()
    assert past["points"][-1]["at"].startswith(str(today - 5 * DAY))
    assert len(served.call("vera", "GET", path).json()["points"]) == 57


@pytest.mark.parametrize(
    "query",
    [
        "meter=moon",
        "meter=api_calls_day&from=2026-11-30&to=2026-11-01",
        "meter=api_calls_day&from=2020-01-01",
        "meter=api_calls_day&from=1700000000",
        "meter=api_calls_hour&from=2026-11-01",
        "meter=",
    ],
)
def test_a_history_without_sense_is_refused(served: Served, two: Two, query: str) -> None:
    answer = served.call("vera", "GET", f"/api/usage/history?installId={two.globex.install_id}&{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), answer.text


def test_hours_and_minutes_are_answered(served: Served, two: Two) -> None:
    for meter in ("api_calls_hour", "api_calls_minute"):
        path = f"/api/usage/history?installId={two.other.install_id}&meter={meter}"
        answer = served.call("vera", "GET", path)
        assert answer.status_code == 200
        assert answer.json()["points"]


def test_an_agreed_limit_holds_at_once_and_says_where_it_comes_from(served: Served, two: Two) -> None:
    path = f"/api/usage/limits?installId={two.globex.install_id}"
    today = clock.now().date()
    body = {"installId": two.globex.install_id, "meter": "projects", "limit": 40, "reason": "they asked nicely"}
    made = served.call("adam", "POST", "/api/usage/limits", {**body, "endsOn": str(today + 5 * DAY)})
    assert made.status_code == 201, made.text
    again = served.call("adam", "POST", "/api/usage/limits", body)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    told = served.call("otto", "GET", path).json()
    limits = {each["meter"]: each for each in told["limits"]}
    assert (limits["projects"]["limit"], limits["projects"]["source"]) == (40, "override")
    assert limits["projects"]["endsAt"].startswith(str(today + 6 * DAY)), "its last day counts in full"
    assert (limits["storage_bytes"]["limit"], limits["storage_bytes"]["source"]) == (10_000_000_000, "tier")
    assert [(each["limit"], each["reason"]) for each in told["overrides"]] == [(40, "")]
    reason = served.call("vera", "GET", path).json()["overrides"][0]["reason"]
    assert reason == "they asked nicely"
    ended = {"installId": two.globex.install_id, "meter": "projects", "reason": "over"}
    assert served.call("adam", "POST", "/api/usage/limits/end", ended).status_code == 200
    limits = {each["meter"]: each for each in served.call("otto", "GET", path).json()["limits"]}
    assert (limits["projects"]["limit"], limits["projects"]["source"]) == (5, "tier")


def test_agreeing_brings_the_standing_up_to_date(served: Served, databases: Databases, two: Two) -> None:
    send(served, two.other.install_secret, days_of_calls([9_500] * 56))
    body = {"installId": two.other.install_id, "meter": "api_calls_day", "limit": None, "reason": "flat rate"}
    assert served.call("fiona", "POST", "/api/usage/limits", body).status_code == 201
    with databases.control.read(SYSTEM) as session:
        row = session.execute(
            text("SELECT highest, source, busy FROM usage_standing WHERE license_id = :id AND meter = 'api_calls_day'"),
            {"id": two.other.license_id},
        ).one()
    assert tuple(row) == (None, "override", 9_500)


@pytest.mark.parametrize("path", ["usage?", "usage/history?meter=projects&", "usage/limits?"])
def test_another_customers_install_looks_like_none(served: Served, two: Two, path: str) -> None:
    theirs = served.call("otto", "GET", f"/api/{path}installId={two.other.install_id}")
    nobodys = served.call("otto", "GET", f"/api/{path}installId=inst-thereisnosuchthing")
    assert {theirs.status_code, nobodys.status_code} == {404}


def test_a_customers_admin_agrees_on_nothing(served: Served, two: Two) -> None:
    body = {"installId": two.globex.install_id, "meter": "projects", "limit": None, "reason": "I would like to"}
    assert served.call("otto", "POST", "/api/usage/limits", body).json()["code"] == "vendor_only"
    ended = {"installId": two.globex.install_id, "meter": "projects", "reason": "x"}
    assert served.call("sam", "POST", "/api/usage/limits/end", ended).json()["code"] == "not_permitted"
