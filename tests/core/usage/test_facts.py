"""Usage as the catalogue of metrics sums it: reported or counted, never both; by customer, tier, country, segment."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from core.access.actor import Actor
from core.config import Settings
from core.databases import Databases
from core.errors import InvalidInput, NotPermitted
from core.licensing.writes import issue
from core.organizations.writes import create_organization
from core.periods import Period, month_of
from core.telemetry.writes import ingest
from core.usage.facts import usage_facts
from core.usage.records import UsageRecord, record_usage
from db.session import SYSTEM
from tests.books import own_databases
from tests.cast import Cast, make_cast

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OCTOBER, NOVEMBER = month_of(NOW - timedelta(days=30)), month_of(NOW)


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    with own_databases(test_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(databases: Databases) -> Cast:
    """Return the people, beside two customers: Ada reports 40 calls in November, Bo's 3 events of October count."""
    with databases.control.write(SYSTEM) as session:
        made = make_cast(session, NOW)
        installs = {}
        for name, tier, country, segment in (("Ada", "pro", "US", "Retail"), ("Bo", "basic", "DE", None)):
            owner = create_organization(session, made.system, name, now=NOW, country=country, segment=segment)
            issued = issue(session, made.system, owner, tier, now=NOW, term="paid", billing_period="monthly")
            installs[name] = issued.install_id
    with databases.telemetry.write(SYSTEM) as session:
        rows = [UsageRecord(f"r{n}", "api_calls_day", 20, NOW - timedelta(days=n)) for n in range(2)]
        record_usage(session, installs["Ada"], rows, now=NOW)
        record_usage(session, installs["Ada"], [UsageRecord("s", "storage_bytes", 9**9, NOW)], now=NOW)
        for name, at in (("Ada", NOW - timedelta(days=1)), ("Bo", NOW - timedelta(days=30))):
            events = [
                {"id": f"{name}{n}", "ts": (at - timedelta(minutes=n)).isoformat(), "type": kind}
                for n, kind in enumerate(("api_call", "api_call", "api_call", "page_view"))
            ]
            assert ingest(session, installs[name], events, now=NOW).accepted == 4
    return made


def facts(databases: Databases, actor: Actor, *periods: Period, **asked: object) -> pd.DataFrame:
    with databases.control.read(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
        return usage_facts(control, telemetry, actor, periods, **{"as_of": NOW, **asked})  # type: ignore[arg-type]  # names of arguments


def test_each_period_is_summed(databases: Databases, cast: Cast) -> None:
    found = facts(databases, cast.vera, OCTOBER, NOVEMBER)
    assert found["period"].tolist() == [pd.Timestamp("2026-10-01"), pd.Timestamp("2026-11-01")]
    assert found["period"].dtype == "datetime64[us]"
    assert found[["api_calls", "events"]].to_numpy().tolist() == [[3, 4], [40, 4]]
    assert found["api_calls"].dtype == "int64"


def test_it_is_split_and_narrowed(databases: Databases, cast: Cast) -> None:
    found = facts(databases, cast.vera, OCTOBER, NOVEMBER, by=("customer", "tier"))
    assert list(found.columns) == ["period", "customer", "organization_id", "tier", "api_calls", "events"]
    assert found[["customer", "tier", "api_calls"]].to_numpy().tolist() == [["Bo", "basic", 3], ["Ada", "pro", 40]]
    assert facts(databases, cast.vera, NOVEMBER, where={"country": ["DE"]}).empty
    ada = found["organization_id"].iloc[1]
    assert facts(databases, cast.vera, NOVEMBER, where={"customer": [ada]})["api_calls"].tolist() == [40]
    by_segment = facts(databases, cast.vera, OCTOBER, NOVEMBER, by=("segment",))
    assert by_segment["api_calls"].sum() == 43, "who has no segment is a group as well"


def test_what_came_later_does_not_count(databases: Databases, cast: Cast) -> None:
    as_of = datetime(2026, 11, 20, 23, 59, 59, 999_999, UTC)
    assert facts(databases, cast.vera, NOVEMBER, as_of=as_of)["api_calls"].tolist() == [20]
    assert facts(databases, cast.vera, NOVEMBER, as_of=OCTOBER.start).empty


def test_it_is_the_vendors_and_only_known_dimensions(databases: Databases, cast: Cast) -> None:
    with pytest.raises(NotPermitted):
        facts(databases, cast.otto, NOVEMBER)
    with pytest.raises(InvalidInput):
        facts(databases, cast.vera, NOVEMBER, by=("mood",))
