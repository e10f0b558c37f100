"""What the demo's installs report beside telemetry: calls, storage, bandwidth, compute, people and projects."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from core.access.actor import Actor
from core.demo.behavior import Behavior, calls_on, days_back
from core.demo.customers import DEMO_INSTALL, DemoCustomer
from core.usage.reads import overrides
from core.usage.records import UsageRecord
from core.usage.writes import OverrideRequest, add_override, end_override
from db.session import WriteSession

GB: Final = 10**9
# A report every four hours, so that today grows as it goes; who bursts reports every hour.
HOURS_A_REPORT: Final = 4
HOURLY: Final = frozenset({"Massive Dynamic"})
BURST_HOUR, BURST_SHARE = 9, 0.3


@dataclass(frozen=True)
class Metered:
    """What is reported: storage today in bytes and its growth a week, bandwidth and compute a working day, levels."""

    storage: float
    weekly: float = 0.01
    bandwidth: float = 0.0
    compute: float = 0.0
    projects: int = 0
    members: int = 0


# Who stands near or over a limit by anything but calls, and levels that a story names.
STORIES: Final = {
    "Northwind Markets": Metered(31 * GB, 0.012, 9 * GB, 5_200, projects=7),
    "Globex": Metered(430 * GB, 0.015, 120 * GB, 64_000, projects=38),
    "Tyrell": Metered(310 * GB, 0.006, 90 * GB, 41_000, projects=26),
    "Hooli": Metered(38 * GB, 0.02, 14 * GB, 21_000, projects=11, members=48),
    "Dunder Paper": Metered(0.8 * GB, 0.0, 0.1 * GB, 120, projects=1, members=2),
    "Gekko Capital": Metered(3.1 * GB, 0.03, 1.4 * GB, 3_300, projects=2),
    "Massive Dynamic": Metered(44 * GB, 0.01, 12 * GB, 26_000, projects=9),
    "Kestrel Media": Metered(1.12 * GB, 0.035, 0.09 * GB, 400),
    "Echo Audio": Metered(9.1 * GB, 0.042, 1.1 * GB, 2_100, projects=3),
    # Their dashboards are embedded in busy pages: every month goes some way beyond what Enterprise includes.
    "Prism Analytics": Metered(540 * GB, 0.004, 620 * GB, 52_000, projects=41),
    "Violet Fashion": Metered(2.4 * GB, 0.01, 0.6 * GB, 900, projects=5),
}
# Rough sizes of everybody else by tier, as fractions of what the tier allows.
ALLOWED: Final = {
    "basic": (10 * GB, 100 * GB, 5),
    "pro": (100 * GB, 1_000 * GB, 20),
    "enterprise": (10**12, 10**13, 100),
}


def records(customer: DemoCustomer, now: datetime, days: int) -> list[UsageRecord]:
    """Return what the install has reported of the last `days` days by `now`; the same day is told the same way twice.

    Of the last two days at least: what was left of yesterday when Calos was stopped is told today.
    """
    if customer.install_id == DEMO_INSTALL:
        return _as_the_seed_says(now)
    made: list[UsageRecord] = []
    shape = _shape(customer)
    told = metered(customer)
    for ago, day in days_back(now.astimezone(UTC).date(), max(days, 2)):
        if ago < customer.behavior.silent:
            continue
        calls = calls_on(customer.name, customer.behavior, day, ago)
        made += _calls(customer.name, shape, day, calls)
        if told is not None:
            made += _levels(customer.name, customer.behavior, told, day, ago)
    return [one for one in made if one.ts <= now]


def metered(customer: DemoCustomer) -> Metered | None:
    """Return what a customer reports beside calls: its story, or some of what its tier allows; Free reports nothing."""
    if customer.name in STORIES:
        return STORIES[customer.name]
    gone = customer.churned_months_ago is not None or customer.trial_lost_days_ago is not None
    if customer.tier not in ALLOWED or not customer.behavior.calls or gone:
        return None
    storage, bandwidth, projects = ALLOWED[customer.tier]
    dice = random.Random(f"{customer.name}:meters")  # noqa: S311 - a story, not a secret
    return Metered(
        storage=storage * dice.uniform(0.03, 0.3),
        weekly=dice.uniform(0.0, 0.02),
        bandwidth=bandwidth / 22 * dice.uniform(0.02, 0.25),
        compute=dice.uniform(300, 1_500) * (1 + customer.behavior.people),
        projects=max(1, round(projects * dice.uniform(0.1, 0.6))),
    )


def agree(session: WriteSession, actor: Actor, install_of: dict[str, str], *, now: datetime) -> None:
    """Let limits have been agreed with a few customers, once: two are in force, one has ended."""
    if overrides(session, actor, now=now):
        return
    day = timedelta(days=1)
    for name, meter, highest, reason, began, ends in (
        ("Pied Piper", "api_calls_day", 150_000, "Launch campaign of their mobile app; agreed with sales.", 12, 33),
        ("Globex", "storage_bytes", 2_000 * GB, "Part of the renewal: two terabytes until the next term.", 75, None),
    ):
        if name in install_of:
            ends_at = None if ends is None else _midnight(now + ends * day)
            asked = OverrideRequest(install_of[name], meter, highest, reason, ends_at)
            add_override(session, actor, asked, now=now - began * day)
    if "Umbrella Logistics" in install_of:
        asked = OverrideRequest(install_of["Umbrella Logistics"], "projects", 30, "Migration of their old depots.")
        add_override(session, actor, asked, now=now - 64 * day)
        over = "The migration is done; 12 projects are left."
        end_override(session, actor, asked.install_id, asked.meter, reason=over, now=now - 9 * day)


def _as_the_seed_says(now: datetime) -> list[UsageRecord]:
    """50 usage records over the last 30 days, five every three days."""
    made = []
    for _, day in days_back(now.astimezone(UTC).date(), 31):
        for number in range(1 if day.toordinal() % 3 == 0 else 2):
            at = datetime.combine(day, time(9 + 6 * number), UTC)
            amount = 120 + 37 * ((day.toordinal() * 5 + number) % 11)
            if now - timedelta(days=30) < at <= now:
                made.append(UsageRecord(f"demo-{day:%Y%m%d}-{number}", "api_calls_day", amount, at))
    return made


def _calls(name: str, shape: list[float], day: date, calls: int) -> Iterator[UsageRecord]:
    """Yield the day's calls report by report; rounding up the running total keeps their sum exact."""
    weights = shape
    if name in HOURLY and day.weekday() == 0:
        weights = [(1 - BURST_SHARE) * weight for weight in shape]
        weights[BURST_HOUR] += BURST_SHARE
    step = 1 if name in HOURLY else HOURS_A_REPORT
    before = 0
    for end in range(step, 25, step):
        total = calls if end == 24 else round(calls * sum(weights[:end]))
        at = datetime.combine(day, time(end - 1, 59, 59), UTC)
        if total > before or name in HOURLY:
            yield UsageRecord(f"{day:%Y%m%d}-{end:02d}", "api_calls_day", total - before, at)
        before = total


def _levels(name: str, behavior: Behavior, told: Metered, day: date, ago: int) -> Iterator[UsageRecord]:
    dice = random.Random(f"{name}:meters:{day}")  # noqa: S311 - a story, not a secret
    busy = (1.0 if day.weekday() in behavior.days else 0.25) * dice.lognormvariate(0, 0.12)
    amounts = {
        "storage_bytes": told.storage * (1 + told.weekly) ** (-ago / 7) * dice.uniform(0.988, 1.012),
        "bandwidth_bytes_month": told.bandwidth * busy,
        "compute_seconds_month": told.compute * busy,
        # The newest project is some weeks old.
        "projects": max(1, told.projects - (ago > 40)) if told.projects else 0,
        "members": told.members,
    }
    for meter, amount in amounts.items():
        if amount:
            # Nightly, before anybody works.
            at = datetime.combine(day, time(0, 15), UTC)
            yield UsageRecord(f"{day:%Y%m%d}-{meter}", meter, round(amount), at)


def _shape(customer: DemoCustomer) -> list[float]:
    """Return the share of a day's calls in each UTC hour."""
    start, end = customer.behavior.hours
    length = (end - start) % 24 or 24
    midnight = datetime(2026, 1, 5, tzinfo=UTC)
    local = [(midnight + timedelta(hours=hour)).astimezone(ZoneInfo(customer.behavior.zone)).hour for hour in range(24)]
    weights = [1.0 if (hour - start) % 24 < length else 0.12 for hour in local]
    return [weight / sum(weights) for weight in weights]


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(UTC).date(), time(0), UTC)
