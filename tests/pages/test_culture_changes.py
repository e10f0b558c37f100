"""The Culture profile of customers whose errors jumped, who fell silent, who are few, and whose weights changed."""

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.accounts.cards import refresh_card
from core.accounts.requests import Created
from core.culture.writes import recompute
from core.databases import Databases
from core.telemetry.writes import ingest
from db.models.culture import health_day
from db.session import SYSTEM
from tests.cast import Cast
from tests.core.culture.conftest import office_events
from tests.pages.acme import license_for
from tests.pages.conftest import AsPerson, words


def _made(databases: Databases, cast: Cast, name: str, events: list[Any], days_ago: float = 0) -> Created:
    now = clock.now()
    made = license_for(databases, cast, name, "pro", now)
    with databases.telemetry.write(SYSTEM) as telemetry:
        assert ingest(telemetry, made.install_id, events, now=now).refused == ()
    with databases.control.write(SYSTEM) as session, databases.telemetry.read(SYSTEM) as telemetry:
        recompute(session, telemetry, made.install_id, now=now - timedelta(days=days_ago))
        refresh_card(session, telemetry, made.organization_id, now=now)
    return made


@pytest.fixture(scope="module")
def broken(databases: Databases, cast: Cast) -> Created:
    """Return a customer at whom 4.2 was installed 18 days ago, and a quarter of everything fails since."""
    now = clock.now()
    turned = (now - timedelta(days=18)).isoformat()
    events = [
        {**event, "version": "4.2", **({"status": 500} if number % 4 == 0 else {})}
        if event["ts"] >= turned
        else {**event, "version": "4.1", **({"status": 500} if number % 90 == 0 else {})}
        for number, event in enumerate(office_events(now, people=6, days=59))
    ]
    return _made(databases, cast, "Broken by a release", events)


def test_a_regression_is_told_with_its_release_its_feature_and_its_evidence(
    as_person: AsPerson, broken: Created
) -> None:
    app = as_person("vera", "culture", install_id=broken.install_id)
    assert not app.exception
    said = words(app)
    assert "Errors rose" in said
    assert "the week 4.2 was installed" in said
    assert "near something by accident" in said
    tables = [frame.value for frame in app.dataframe]
    versions = next(table for table in tables if "beside" in table.columns)
    assert dict(zip(versions["what"], versions["beside"], strict=True)) == {"4.2": "more", "4.1": "less"}


def test_after_a_day_of_silence_health_is_held_and_gray(as_person: AsPerson, databases: Databases, cast: Cast) -> None:
    now = clock.now()
    last = (now - timedelta(days=2, hours=6)).isoformat()
    events = [event for event in office_events(now, people=6, days=50) if event["ts"] < last]
    newest = max(event["ts"] for event in events)
    events.append({**events[0], "id": "the last one", "ts": last})
    assert newest <= last
    silent = _made(databases, cast, "Closed for the holidays", events, days_ago=2.2)
    said = words(as_person("sam", "culture", install_id=silent.install_id))
    assert "No event for 2 days: what use earns is held as of" in said


def test_of_few_people_no_hours_are_drawn(as_person: AsPerson, databases: Databases, cast: Cast) -> None:
    small = _made(databases, cast, "Three of us", office_events(clock.now(), people=3, days=30))
    said = words(as_person("fiona", "culture", install_id=small.install_id))
    assert "Hours are not shown here." in said


def test_where_weights_changed_the_chart_says_so_and_what(
    as_person: AsPerson, databases: Databases, cast: Cast
) -> None:
    now = clock.now()
    aged = _made(databases, cast, "Judged by older weights", office_events(now, people=6, days=30))
    old = {"organization_id": aged.organization_id, "low": 70, "high": 80, "score": 75, "weights_version": "1"}
    points = {"breadth": 900, "depth": 700, "recency": 500, "presence": 400, "stickiness": 800, "trend": 1600}
    points |= {"seats": 300, "limits": 400, "errors": 1000, "expiry": 400, "check_in": 300, "payments": 150}
    with databases.control.write(SYSTEM) as session:
        for back in (12, 6, 3):
            day = (now - timedelta(days=back)).date()
            parts = {"points": {**points, "version": 500}, "missing": []}
            row = health_day.insert().values(install_id=aged.install_id, day=day, parts=parts, **old)
            session.execute(row)
    said = words(as_person("adam", "culture", install_id=aged.install_id))
    assert "Weights 2 came into force. Urgent tickets that are open take 2 of the 10 points" in said
