"""The screen that holds health against who left, as the cast see it: the verdict in words, money by permission."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete

from core import clock
from core.culture.health_rules import WEIGHTS_VERSION
from core.culture.profile import METHOD_VERSION
from core.databases import Databases
from core.ids import new_id
from core.organizations.writes import create_organization
from db.models.culture import health_snapshot
from db.models.finance import movement
from db.session import SYSTEM
from tests.cast import Cast
from tests.pages.conftest import AsPerson, words

CUSTOMERS = 60


def test_without_a_past_it_says_what_is_missing(as_person: AsPerson) -> None:
    app = as_person("vera", "health-tested")
    assert not app.exception
    assert app.title[0].value == "Health, tested"
    said = words(app)
    assert "Too few left to say" in said
    assert "It is tested once 20 customers have left within 90 days of a snapshot." in said


@pytest.fixture
def past(databases: Databases, cast: Cast) -> Iterator[None]:
    """Let sixty customers have paid, half of whom left; how well they were had nothing to do with it."""
    now = clock.now()
    made = [new_id() for _ in range(CUSTOMERS)]
    with databases.control.write(SYSTEM) as session:
        began, left = now - timedelta(days=400), now - timedelta(days=150)
        for number in range(CUSTOMERS):
            made[number] = create_organization(session, cast.system, f"Tested {made[number].hex}", now=began)
            row = {"organization_id": made[number], "tier_id": "pro", "currency": "USD", "recorded_at": now}
            steps = [("new", began, 100)] + ([("churn", left, -100)] if number % 2 else [])
            for kind, at, minor in steps:
                session.execute(movement.insert().values(**row, kind=kind, effective_at=at, mrr_change_minor=minor))
            for back in (300, 240, 180):
                session.execute(
                    health_snapshot.insert().values(
                        install_id=f"inst-tested-{number}",
                        day=(now - timedelta(days=back)).date(),
                        organization_id=made[number],
                        method_version=METHOD_VERSION,
                        weights_version=WEIGHTS_VERSION,
                        score=50 + (number * 7 + back) % 31,
                        parts={"points": {}, "missing": []},
                    )
                )
    yield
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(health_snapshot).where(health_snapshot.c.organization_id.in_(made)))


@pytest.mark.parametrize("name", ["fiona", "sam", "vera"])
def test_a_score_that_tells_nothing_is_said_to(as_person: AsPerson, past: None, name: str) -> None:
    app = as_person(name, "health-tested")
    assert not app.exception
    said = words(app)
    assert "No demonstrated predictive power" in said
    assert "Take health as a summary of use, and not as a forecast." in said
    assert "Use alone, told afterwards, against: mrr fell to zero" in said or "MRR fell to zero" in said
    assert "30" in said, "half of the customers left"


def test_the_quadrant_is_for_those_who_see_money(as_person: AsPerson) -> None:
    assert "Whom to keep first" in words(as_person("fiona", "health-tested"))
    assert "Whom to keep first" not in words(as_person("mia", "health-tested"))


def test_otto_sees_nothing_of_it(as_person: AsPerson) -> None:
    app = as_person("otto", "health-tested")
    assert "Health, tested" not in words(app)
    assert "predictive power" not in words(app)
