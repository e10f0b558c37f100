"""RavenStack, real input: the ledger is what pandas makes of the files, and the report names what is wrong."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from core.access.actor import Actor
from core.config import Settings
from core.databases import Databases
from core.finance.reads import mrr_at
from core.imports.checking import Checked
from core.imports.console import begin, order_from
from core.imports.running import check_order, run, vendor_actor
from core.periods import Period, last_instant, midnight
from core.support.reads import ticket_facts
from db.session import SYSTEM
from tests.books import own_databases
from tests.core.imports.small import NOW

MAPPING = Path(__file__).parents[3] / "docs" / "imports" / "ravenstack.yaml"


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    """Return the folder of the five files."""
    return shared_data / "ravenstack"


@pytest.fixture(scope="module")
def imported(test_settings: Settings, folder: Path) -> Iterator[tuple[Databases, Checked]]:
    """Yield an installation that holds nothing but RavenStack."""
    with own_databases(test_settings) as opened:
        order = order_from(MAPPING, folder)
        with opened.control.write(SYSTEM) as session:
            checked = check_order(session, order, now=NOW)
            run_id = begin(session, order, checked, now=NOW)
        run(opened, run_id, clock=lambda: NOW, report=lambda *_: None, checked=checked)
        yield opened, checked


def test_mrr_is_to_the_cent_what_the_files_say_at_every_month_end(
    imported: tuple[Databases, Checked], folder: Path
) -> None:
    opened, checked = imported
    frame = pd.read_csv(folder / "ravenstack_subscriptions.csv", keep_default_na=False)
    days = [day.date() for day in pd.date_range("2023-01-31", "2024-12-31", freq="ME")]
    expected = {}
    for day in days:
        began, going = frame["start_date"] <= str(day), (frame["end_date"] == "") | (frame["end_date"] > str(day))
        expected[day] = int(frame.loc[began & going, "mrr_amount"].sum()) * 100
    with opened.control.read(SYSTEM) as session:
        actor = _actor(opened)
        found = {day: mrr_at(session, actor, last_instant(day)).minor for day in days}
    assert found == expected
    assert checked.mrr.minor == expected[date(2024, 12, 31)] == 10_159_608_00


def test_the_report_names_what_is_wrong_with_counts(imported: tuple[Databases, Checked]) -> None:
    _, checked = imported
    assert checked.reasons == {
        "repeated_id": 21,
        "more_errors": 17,
        "before_start": 19_116,
        "before_signup": 1_077,
        "churn_not_in_ledger": 531,
        "after_end": 288,
        "churned_but_paying": 110,
        "no_use": 1,
    }
    dates, churn = checked.notes
    assert "yyyy-mm-dd (34,465 values" in dates
    assert "d/m/yyyy (1,100 values in ravenstack_accounts.csv: signup_date, ravenstack_churn_events.csv" in dates
    assert "110 of 500 customers are flagged as churned (110 of them still pay on the last day)" in churn
    assert "486 of 5,000 subscriptions ended, at 312 customers, of whom 0 pay nothing at the end" in churn
    assert "600 churn events name 352 customers, 277 of them not flagged, while 35 are flagged without one" in churn


def test_usage_is_counted_by_the_day_and_in_no_hour(imported: tuple[Databases, Checked], folder: Path) -> None:
    opened, _ = imported
    frame = pd.read_csv(folder / "ravenstack_feature_usage.csv")
    sound = frame[~frame["usage_id"].duplicated() & (frame["error_count"] <= frame["usage_count"])]
    with opened.telemetry.read(SYSTEM) as session:
        counted = session.connection.exec_driver_sql("SELECT sum(events), sum(errors), sum(seconds) FROM day_rollup")
        expected = [
            sound["usage_count"].sum(),
            sound["error_count"].sum(),
            sound.loc[sound["usage_count"] > 0, "usage_duration_secs"].sum(),
        ]
        assert [int(one) for one in counted.one()] == [int(one) for one in expected]
        for table in ("hour_rollup", "actor_rollup", "event"):
            assert session.connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0


def test_tickets_add_up_by_priority(imported: tuple[Databases, Checked], folder: Path) -> None:
    opened, _ = imported
    frame = pd.read_csv(folder / "ravenstack_support_tickets.csv")
    years = [Period(midnight(date(year, 1, 1)), midnight(date(year + 1, 1, 1))) for year in (2023, 2024)]
    with opened.control.read(SYSTEM) as session:
        found = ticket_facts(session, _actor(opened), years, by=["priority"], as_of=NOW)
    assert found["tickets"].sum() == len(frame)
    assert found["response_minutes"].sum() == frame["first_response_time_minutes"].sum()
    assert found["rated"].sum() == frame["satisfaction_score"].notna().sum()
    assert set(found["priority"]) == {"low", "medium", "high", "urgent"}


def _actor(opened: Databases) -> Actor:
    with opened.control.write(SYSTEM) as session:
        return vendor_actor(session, "Test", now=NOW)
