"""A customer with a license and reports, for the tests of usage."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

import pytest

from core.licensing.reads import License, license_by_install
from core.licensing.writes import issue
from core.organizations.writes import create_organization
from core.telemetry.writes import ingest
from core.usage.records import UsageRecord, record_usage
from db.session import WriteSession
from tests.cast import Cast

MakeLicense = Callable[..., License]


@pytest.fixture
def licensed(session: WriteSession, cast: Cast, now: datetime) -> MakeLicense:
    """Return a function that gives a new customer a license issued 80 days ago."""

    def made(name: str = "Gekko Capital", tier: str = "basic") -> License:
        then = now - timedelta(days=80)
        organization_id = create_organization(session, cast.system, name, now=then)
        issued = issue(session, cast.system, organization_id, tier, now=then, term="paid", billing_period="monthly")
        return license_by_install(session, cast.system, issued.install_id, now=now)

    return made


def report(session: WriteSession, held: License, meter: str, amounts: Sequence[int], now: datetime) -> None:
    """Report a meter day by day, the last amount yesterday."""
    days = [now.date() - timedelta(days=back) for back in range(len(amounts), 0, -1)]
    rows = [
        UsageRecord(f"{meter}-{day}", meter, amount, _noon(day, now)) for day, amount in zip(days, amounts, strict=True)
    ]
    record_usage(session, held.install_id, rows, now=now)


def send_calls(session: WriteSession, held: License, moments: Sequence[datetime], now: datetime) -> None:
    """Send an event of type api_call at each moment."""
    events = [{"id": f"c{n}", "ts": at.isoformat(), "type": "api_call"} for n, at in enumerate(moments)]
    assert ingest(session, held.install_id, events, now=now).refused == ()


def _noon(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time(12), now.tzinfo)
