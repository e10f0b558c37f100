"""Past health is told from what was known on its day, and the panel on real books says what it is worth."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from core.access.actor import Actor
from core.config import Settings
from core.culture.health_rules import RULES, USE_RULES
from core.culture.observations import ActorDay, FeatureActorDay, FeatureDay, ToldDay
from core.culture.past_use import PastUse, as_of, scores, snapshot_days
from core.culture.snapshots import Trial, take_snapshots, trials
from core.databases import Databases
from core.errors import NotPermitted
from core.imports.console import begin, order_from
from core.imports.running import check_order, run, vendor_actor
from core.licensing.policy import Policy
from core.licensing.writes import issue
from core.organizations.viewpoint import viewpoint
from core.organizations.writes import create_organization
from core.telemetry.daily_use import DailyUse, record_daily_use
from db.models.culture import health_snapshot
from db.session import SYSTEM
from tests.books import own_databases
from tests.cast import Cast
from tests.core.imports.small import NOW as IMPORTED_AT

MAPPING = Path(__file__).parents[3] / "docs" / "imports" / "ravenstack.yaml"
FIRST = date(2025, 3, 3)
LEFT_OUT = [rule.id for rule in RULES if rule.id not in USE_RULES]


def _use(days: int, *, people: int = 6) -> PastUse:
    """Return an office that works on weekdays, six people with two features."""
    every = [FIRST + timedelta(days=n) for n in range(days)]
    worked = [day for day in every if day.weekday() < 5]
    return PastUse(
        "i",
        [ToldDay(day, 20 * people, 0) for day in worked],
        [FeatureDay(day, name, 10 * people) for day in worked for name in ("email", "pos")],
        [FeatureActorDay(day, name, f"u{n}", 10) for day in worked for name in ("email", "pos") for n in range(people)],
        [ActorDay(day, f"u{n}", 20) for day in worked for n in range(people)],
    )


def test_the_grid_is_the_same_for_everybody_and_starts_after_four_weeks() -> None:
    days = snapshot_days(FIRST, FIRST + timedelta(days=200))
    assert days[0] >= FIRST + timedelta(days=28)
    assert {(b - a).days for a, b in pairwise(days)} == {28}
    other = snapshot_days(FIRST + timedelta(days=11), FIRST + timedelta(days=200))
    assert set(other) <= set(days)
    assert snapshot_days(FIRST, FIRST + timedelta(days=20)) == []


def test_a_snapshot_sees_nothing_of_what_came_later() -> None:
    day = FIRST + timedelta(days=100)
    whole, cut = _use(300), _use(101)
    included = ("pos", "email", "chatbot")
    assert as_of(whole, day) == as_of(cut, day)
    assert list(scores(whole, [day], [included])) == list(scores(cut, [day], [included]))


def test_only_use_is_judged_and_by_the_published_rules() -> None:
    (found,) = scores(_use(200), [FIRST + timedelta(days=150)], [("pos", "email", "chatbot")])
    parts = {part.id: part for part in found.health.parts}
    assert all(parts[key].missing == "left out: it is known only afterwards" for key in LEFT_OUT)
    assert all(parts[key].missing is None for key in USE_RULES)
    assert found.score is not None
    assert found.score > 85


def test_who_stopped_earns_nothing_and_is_no_gap_in_the_data() -> None:
    busy, stopped = scores(_use(100), [FIRST + timedelta(days=90), FIRST + timedelta(days=140)], [("pos", "email")] * 2)
    assert busy.score is not None
    assert stopped.score is not None
    assert stopped.score < 15
    assert busy.score > 80


@pytest.fixture
def install(databases: Databases, cast: Cast, now: datetime) -> Iterator[str]:
    """Yield an install with half a year of use told by the day, committed."""
    with databases.control.write(SYSTEM) as session:
        then = now - timedelta(days=300)
        customer = create_organization(session, cast.system, f"Half a year {id(session)}", now=then)
        made = issue(session, cast.system, customer, "pro", term="free", now=then, policy=Policy()).install_id
    rows = [
        DailyUse(made, f"r{n}", (now - timedelta(days=n)).date(), "pos", 40)
        for n in range(180)
        if (now - timedelta(days=n)).weekday() < 5
    ]
    with databases.telemetry.write(SYSTEM) as session:
        record_daily_use(session, rows, now=now)
    yield made
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(health_snapshot).where(health_snapshot.c.install_id == made))


def test_snapshots_are_taken_once_and_anew_when_the_rules_change(
    databases: Databases, install: str, now: datetime
) -> None:
    own = select(health_snapshot).where(health_snapshot.c.install_id == install).order_by(health_snapshot.c.day)

    def taken() -> list[Any]:
        take_snapshots(databases.control, databases.telemetry, now=now, limit=10_000)
        with databases.control.read(SYSTEM) as session:
            return list(session.execute(own))

    rows = taken()
    assert [row.day for row in rows] == snapshot_days((now - timedelta(days=179)).date(), now.date())
    assert len(rows) == 5 or len(rows) == 6
    assert rows[-1].score is not None
    assert set(rows[-1].parts["missing"]) >= set(LEFT_OUT)
    with databases.control.write(SYSTEM) as session:
        session.execute(update(health_snapshot).values(weights_version="0", score=1))
    again = taken()
    assert [row.score for row in again] == [row.score for row in rows]
    assert {row.weights_version for row in again} == {rows[0].weights_version}


def test_the_panel_is_for_staff_who_may_see_culture(databases: Databases, cast: Cast, now: datetime) -> None:
    with databases.control.read(cast.otto.tenancy()) as session, pytest.raises(NotPermitted):
        trials(session, cast.otto, now=now)
    nobody = Actor(cast.vera.kind, cast.vera.id, "nobody", cast.vendor, "vendor", frozenset())
    with databases.control.read(SYSTEM) as session, pytest.raises(NotPermitted):
        trials(session, nobody, now=now)


@pytest.fixture(scope="module")
def ravenstack(test_settings: Settings, shared_data: Path) -> Iterator[Callable[[], tuple[Trial, ...]]]:
    """Yield a function that tests health on the books of RavenStack, as of their last day."""
    with own_databases(test_settings) as opened:
        order = order_from(MAPPING, shared_data / "ravenstack")
        with opened.control.write(SYSTEM) as session:
            checked = check_order(session, order, now=IMPORTED_AT)
            run_id = begin(session, order, checked, now=IMPORTED_AT)
        run(opened, run_id, clock=lambda: IMPORTED_AT, report=lambda *_: None, checked=checked)
        with opened.control.write(SYSTEM) as session:
            actor, at = vendor_actor(session, "Test", now=IMPORTED_AT), viewpoint(session)
        assert at == datetime(2024, 12, 31, 23, 59, 59, 999_999, UTC)
        assert take_snapshots(opened.control, opened.telemetry, now=at, limit=200) > 4_000

        def tried() -> tuple[Trial, ...]:
            with opened.control.read(SYSTEM) as session:
                return trials(session, actor, now=at)

        yield tried


@pytest.mark.slow
def test_on_ravenstack_use_has_no_demonstrated_predictive_power(ravenstack: Callable[[], tuple[Trial, ...]]) -> None:
    first, *rest = ravenstack()
    assert (first.score, first.label) == ("use", "noted")
    assert first.outcome.verdict == "none"
    assert first.outcome.sentence.startswith("No demonstrated predictive power")
    assert first.outcome.leavers > 50
    assert first.outcome.last_day is not None
    assert first.outcome.last_day <= date(2024, 10, 2), "of the last ninety days nobody knows yet"
    by_ledger = next(one for one in rest if (one.score, one.label) == ("use", "ledger"))
    assert by_ledger.outcome.verdict == "too_few", "MRR fell to zero nine times only"
