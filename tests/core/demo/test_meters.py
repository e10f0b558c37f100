"""What the demo's installs report tells the stories that the screens of usage show, whatever the date."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from core.demo import meters
from core.demo.customers import DEMO_INSTALL, DemoCustomer
from core.demo.world import everybody
from core.usage.attention import states
from core.usage.consumption import Consumption, daily
from core.usage.limits import Limit
from core.usage.reports import check

DATES = [
    datetime(2026, 11, 21, 12, tzinfo=UTC),
    datetime(2026, 12, 1, 0, 10, tzinfo=UTC),
    datetime(2027, 3, 4, 23, tzinfo=UTC),
]
ALLOWED = {"free": 1_000, "basic": 10_000, "pro": 100_000, "enterprise": None}


def named(name: str) -> DemoCustomer:
    return next(one for one in everybody() if one.name == name)


def calls(name: str, now: datetime) -> Consumption:
    customer = named(name)
    by_day: Counter[date] = Counter()
    for one in meters.records(customer, now, customer.telemetry_days):
        if one.meter == "api_calls_day":
            by_day[one.ts.date()] += one.amount
    days = [now.date() - timedelta(days=back) for back in range(56, 0, -1)]
    limit = Limit("api_calls_day", ALLOWED[customer.tier])
    return daily(limit, [by_day[day] for day in days], days[-1], by_day[now.date()])


@pytest.mark.parametrize("now", DATES)
def test_gekko_jumps_and_is_five_days_from_its_limit(now: datetime) -> None:
    found = calls("Gekko Capital", now)
    assert found.share == pytest.approx(0.78, abs=0.005)
    assert found.change == pytest.approx(0.67, abs=0.005)
    assert found.days_to_limit is not None
    assert found.days_to_limit.p50 == 5
    assert states(found) == {"near", "jumping"}


@pytest.mark.parametrize("now", DATES)
def test_cyberdynes_day_is_an_incident_and_no_trend(now: datetime) -> None:
    found = calls("Cyberdyne", now)
    assert found.spike
    assert (found.peak or 0) > 8_000
    assert states(found) == set()


@pytest.mark.parametrize("now", DATES)
def test_acme_is_near_its_limit(now: datetime) -> None:
    assert calls("Acme GmbH", now).share == pytest.approx(0.95, abs=0.005)


def test_massive_dynamic_bursts_on_mondays_at_nine() -> None:
    now = DATES[0]
    by_hour: Counter[tuple[int, int]] = Counter()
    for one in meters.records(named("Massive Dynamic"), now, 28):
        if one.meter == "api_calls_day":
            by_hour[one.ts.weekday(), one.ts.hour] += one.amount
    assert max(by_hour, key=lambda hour: by_hour[hour]) == (0, 9)
    assert states(calls("Massive Dynamic", now)) == set(), "within what it may"


@pytest.mark.parametrize(("name", "members"), [("Hooli", 48), ("Dunder Paper", 2)])
def test_seats_are_reported(name: str, members: int) -> None:
    found = {one.amount for one in meters.records(named(name), DATES[0], 30) if one.meter == "members"}
    assert found == {members}
    assert named(name).seats == {"Hooli": 50, "Dunder Paper": 20}[name]


@pytest.mark.parametrize("now", DATES)
def test_the_seeds_customer_reports_fifty_times(now: datetime) -> None:
    customer = next(one for one in everybody() if one.install_id == DEMO_INSTALL)
    assert len(meters.records(customer, now, 30)) == 50


def test_whatever_is_reported_would_be_taken_from_an_install_too() -> None:
    now = DATES[0]
    for customer in everybody():
        made = meters.records(customer, now, 40)
        sent = [{"id": one.id, "meter": one.meter, "amount": one.amount, "ts": one.ts.isoformat()} for one in made]
        assert check(sent, now=now).refused == (), customer.name
        keys = Counter((one.ts.date(), one.id) for one in made)
        assert max(keys.values(), default=1) == 1, customer.name


def test_a_day_told_again_later_only_grows() -> None:
    customer = named("Globex")
    noon = DATES[0]
    early, late = (_ids(customer, at, noon.date()) for at in (noon, noon + timedelta(hours=20)))
    assert early < late, "what was told already has its id, and so counts once"


def _ids(customer: DemoCustomer, at: datetime, day: date) -> set[str]:
    return {one.id for one in meters.records(customer, at, 1) if one.ts.date() == day}
