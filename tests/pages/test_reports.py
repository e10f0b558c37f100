"""Reports and the board report as the cast see them: scheduled, tested, paused, removed; exports where money is."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select
from streamlit.testing.v1 import AppTest

from core import clock
from core.databases import Databases
from core.reports.exporting import BOARD
from core.reports.reads import Schedule, schedules
from core.reports.writes import NewSchedule, add_schedule
from db.models.notify import mail
from db.models.reports import report_schedule
from db.session import SYSTEM
from pages.parts import export
from tests.cast import Cast
from tests.pages.conftest import AsPerson, SignedInAs, words
from tests.pages.ledger_made import make_ledger

WANTED = NewSchedule(BOARD, "pdf", "monthly", 1, 7, ("fiona@calos.test", "adam@calos.test"))


@pytest.fixture(autouse=True)
def none_left(databases: Databases) -> None:
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(report_schedule))


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Any:
    """Return the ledger of this module."""
    return make_ledger(databases, cast, clock.now())


def _held(databases: Databases, cast: Cast) -> tuple[Schedule, ...]:
    with databases.control.read(SYSTEM) as session:
        return schedules(session, cast.fiona)


def _add(databases: Databases, cast: Cast) -> UUID:
    with databases.control.write(SYSTEM) as session:
        return add_schedule(session, cast.fiona, WANTED, now=clock.now())


def _links(app: AppTest) -> list[str]:
    return [url for each in app.get("link_button") if (url := str(getattr(each.proto, "url", ""))).startswith("/api/")]


@pytest.mark.parametrize("name", ["fiona", "adam", "sam"])
def test_none_says_what_to_do_and_tables_can_be_taken(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "reports")
    assert not app.exception
    assert "Nothing is mailed yet" in words(app)
    assert ("Audit trail" in app.selectbox(key="table").options) == (name != "sam")
    assert any(link.startswith("/api/export?report=ageing&format=pdf") for link in _links(app))


@pytest.mark.parametrize("name", ["mia", "vera", "otto"])
@pytest.mark.parametrize("path", ["reports", "board-report"])
def test_without_the_right_there_is_no_page(as_person: AsPerson, name: str, path: str) -> None:
    app = as_person(name, path)
    assert not app.exception
    assert "Mailed reports" not in words(app)
    assert not _links(app)


def test_a_schedule_is_made_in_the_form(databases: Databases, cast: Cast, signed_in: SignedInAs) -> None:
    signed_in("fiona")

    def script() -> None:
        from pages.finance import report_schedule
        from pages.parts.session import require_actor

        report_schedule.form(require_actor(), None)

    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    app.selectbox(key="schedule-report").set_value("movements")
    app.selectbox(key="schedule-rhythm").set_value("weekly").run()
    app.selectbox(key="schedule-format").set_value("xlsx")
    app.selectbox(key="schedule-day-weekly").set_value(5)
    app.button(key="schedule-keep").click().run()
    assert not app.exception
    (held,) = _held(databases, cast)
    assert (held.report, held.file_format, held.rhythm, held.day, held.hour) == ("movements", "xlsx", "weekly", 5, 7)
    assert held.recipients == ("fiona@calos.test",)


def test_a_schedule_shows_with_when_and_whom(as_person: AsPerson, databases: Databases, cast: Cast) -> None:
    _add(databases, cast)
    app = as_person("adam", "reports")
    assert not app.exception
    frame = app.dataframe[0].value
    assert list(frame["when"]) == ["Day 1 of each month, 07:00 UTC"]
    assert list(frame["as"]) == ["fiona@calos.test"]


def test_what_can_be_done_with_one(databases: Databases, cast: Cast, signed_in: SignedInAs) -> None:
    _add(databases, cast)
    signed_in("adam")

    def script() -> None:
        from core.reports.reads import schedules
        from pages.finance import report_schedule_acts
        from pages.parts.load import fresh
        from pages.parts.session import require_actor

        actor = require_actor()
        for each in fresh(schedules, actor):
            report_schedule_acts.show(actor, each)
            report_schedule_acts.confirm_removal(actor, each)

    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    app.button(key="schedule-pause").click().run()
    assert _held(databases, cast)[0].paused
    app.button(key="schedule-test").click().run()
    assert not app.exception
    with databases.control.read(SYSTEM) as session:
        subjects = session.execute(select(mail.c.subject).where(mail.c.recipient == "adam@calos.test")).scalars().all()
    assert any(subject.startswith("Test: Board report, ") for subject in subjects)
    app.text_area(key="schedule-reason").set_value("Nobody reads it").run()
    app.button(key="schedule-gone").click().run()
    assert _held(databases, cast) == ()


@pytest.mark.usefixtures("made")
def test_the_board_report_is_a_page_with_its_pdf(as_person: AsPerson) -> None:
    app = as_person("sam", "board-report")
    assert not app.exception
    assert "MRR ended" in words(app)
    (link,) = _links(app)
    assert link.startswith("/api/financial/board-report?month=")
    assert link.endswith("&paper=a4")


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("path", "report"),
    [
        ("movements", "movements"),
        ("subscriptions", "subscriptions"),
        ("revenue", "mrr"),
        ("retention", "retention"),
        ("retention", "cohorts"),
        ("economics", "unit-economics"),
        ("plans", "prices"),
        ("audit", "audit"),
    ],
)
def test_pages_take_their_tables_away(as_person: AsPerson, path: str, report: str) -> None:
    app = as_person("adam", path)
    assert not app.exception
    assert len([link for link in _links(app) if link.startswith(f"/api/export?report={report}&")]) == 3


def test_filters_are_called_as_the_api_calls_them() -> None:
    asked = export.address("movements", "csv", kind="churn", since=clock.now().date(), tier=None, at_risk=True)
    assert asked == f"/api/export?report=movements&format=csv&kind=churn&from={clock.now().date()}&atRisk=true"
