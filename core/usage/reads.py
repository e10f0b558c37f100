"""Consumption as it is read: reported usage where an install reports it, else what its telemetry counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from core.access.actor import Actor
from core.access.permissions import Permission
from core.licensing.reads import License, license_by_install, tier_by_id
from core.telemetry.counting import people
from core.telemetry.reads import daily_api_calls
from core.usage.consumption import DAYS, Consumption, carried, daily, level, momentary, monthly, standing, unmetered
from core.usage.limits import Limit, Override, in_force
from core.usage.meters import LEVELS, METERS
from core.usage.moments import Moments, Step, moments
from core.usage.records import Reported, latest_levels, reported
from db.models.licensing import license as licenses
from db.models.limits import limit_override
from db.models.organizations import organization
from db.session import ReadSession

# Eight weeks, so that each weekday was seen often enough for a forecast.
HISTORY_DAYS = 56
MOST = 500


@dataclass(frozen=True)
class Seen:
    """What an install has reported of the last 56 days and today, and the latest report of each level."""

    install_id: str
    now: datetime
    days: Reported
    levels: dict[str, int]
    counted: Mapping[date, int] | None = None

    @property
    def today(self) -> date:
        """The UTC day that is not over yet."""
        return self.now.astimezone(UTC).date()

    @property
    def yesterday(self) -> date:
        """The last whole day."""
        return self.today - timedelta(days=1)


def consumption(
    session: ReadSession,
    install_id: str,
    limits: Sequence[Limit],
    *,
    members: int,
    now: datetime,
    counted: Mapping[date, int] | None = None,
    days: Reported | None = None,
) -> tuple[Consumption, ...]:
    """Return what an install uses of each limit (telemetry plane); `members` are the distinct people of 28 days.

    `counted` are the API calls of its events by day, `days` what `reported_lately` tells of it, where the caller has
    read them already.
    """
    found = reported_lately(session, [install_id], now)[install_id] if days is None else days
    seen = replace(_seen(session, install_id, now, found), counted=counted)
    return tuple(_of(session, seen, limit, members) for limit in limits)


def see(session: ReadSession, install_id: str, now: datetime, days: int = HISTORY_DAYS) -> Seen:
    """Return what an install has reported (telemetry plane)."""
    return _seen(session, install_id, now, reported_lately(session, [install_id], now, days)[install_id])


def reported_lately(
    session: ReadSession, install_ids: Sequence[str], now: datetime, days: int = HISTORY_DAYS
) -> dict[str, Reported]:
    """Return by install what it has reported by meter and day (telemetry plane)."""
    today = now.astimezone(UTC).date()
    return reported(session, install_ids, today - timedelta(days=days), today)


def _seen(session: ReadSession, install_id: str, now: datetime, found: Reported) -> Seen:
    last = {meter: max(found[meter]) for meter in LEVELS if meter in found}
    return Seen(install_id, now, found, latest_levels(session, install_id, last, now))


def api_calls(
    session: ReadSession, install_id: str, now: datetime, days: int = HISTORY_DAYS, seen: Seen | None = None
) -> dict[date, int]:
    """Return API calls by UTC day, today included, from the first day with any in the last `days`.

    Metered records count calls where an install sends them; else events of type api_call are counted, never both.
    """
    end = now.astimezone(UTC).date()
    start = end - timedelta(days=days)
    found = dict((seen or see(session, install_id, now, days)).days.get("api_calls_day", {}))
    if not found and seen is not None and seen.counted is not None:
        found = {day: calls for day, calls in seen.counted.items() if start <= day <= end}
    elif not found:
        counted = daily_api_calls(session, install_id, start, end)
        found = dict(zip(counted["day"].tolist(), counted["api_calls"].tolist(), strict=True))
    first = min(found, default=end)
    return {day: found.get(day, 0) for day in (first + timedelta(days=i) for i in range((end - first).days + 1))}


def calls_in(session: ReadSession, seen: Seen, step: Step) -> Moments:
    """Return the calls of the last hours or minutes."""
    return moments(session, seen.install_id, step, seen.now, reports="api_calls_day" in seen.days)


def people_seen(session: ReadSession, install_id: str, now: datetime) -> int:
    """Return the distinct users of 28 days (telemetry plane)."""
    today = now.astimezone(UTC).date()
    return people(session, install_id, today - timedelta(days=DAYS - 1), today)


def gauges(
    control: ReadSession, telemetry: ReadSession, actor: Actor, install_id: str, *, now: datetime
) -> tuple[Consumption, ...]:
    """Return every meter of an install, also those that nothing limits; NotFound for another tenant's install."""
    held = {limit.meter: limit for limit in limits_of(control, actor, install_id, now=now)}
    every = [held.get(meter) or Limit(meter, None, "none") for meter in METERS]
    return consumption(telemetry, install_id, every, members=people_seen(telemetry, install_id, now), now=now)


def limits_of(control: ReadSession, actor: Actor, install_id: str, *, now: datetime) -> tuple[Limit, ...]:
    """Return the limits in force for an install and where each comes from; needs `usage:read`."""
    actor.require(Permission.USAGE_READ)
    return limits_in_force(control, license_by_install(control, actor, install_id, now=now), now)


def limits_in_force(control: ReadSession, held: License, at: datetime) -> tuple[Limit, ...]:
    """Return the limits of a license at an instant, by the tier and the seats that it has now."""
    return in_force(tier_by_id(control, held.tier_id).limits, held.max_seats, overrides_in_force(control, held.id, at))


def overrides_in_force(control: ReadSession, license_id: UUID, at: datetime) -> tuple[Override, ...]:
    """Return what is agreed with a license at an instant: one row a meter, the newest where there are several."""
    return overrides_of_licenses(control, [license_id], at)[license_id]


def overrides_of_licenses(
    control: ReadSession, license_ids: Sequence[UUID], at: datetime
) -> dict[UUID, tuple[Override, ...]]:
    """Return the same for each of several licenses."""
    c = limit_override.c
    mine = c.license_id.in_(license_ids)
    statement = _overrides().where(mine, c.starts_at <= at, or_(c.ends_at.is_(None), c.ends_at > at))
    one_a_meter = statement.ext(distinct_on(c.license_id, c.meter))
    found: dict[UUID, tuple[Override, ...]] = dict.fromkeys(license_ids, ())
    for row in control.execute(one_a_meter.order_by(c.license_id, c.meter, c.starts_at.desc(), c.id.desc())):
        found[row.license_id] += (Override(**row._mapping),)
    return found


def overrides(
    control: ReadSession, actor: Actor, *, now: datetime, ended: bool = False, install_id: str | None = None
) -> tuple[Override, ...]:
    """Return agreed limits in force or to come, those that end first in front; with `ended` those that are over.

    A customer's people see their own, without what staff wrote about them.
    """
    actor.require(Permission.USAGE_READ)
    c = limit_override.c
    over = c.ends_at <= now
    statement = _overrides().where(over if ended else or_(c.ends_at.is_(None), c.ends_at > now))
    if install_id is not None:
        statement = statement.where(licenses.c.install_id == install_id)
    if actor.realm != "vendor":
        statement = statement.where(c.organization_id == actor.organization_id)
    order = c.ends_at.desc() if ended else c.ends_at.asc().nulls_last()
    found = control.execute(statement.order_by(order, c.id).limit(MOST))
    told = {} if actor.realm == "vendor" else {"reason": "", "by": ""}
    return tuple(Override(**{**row._mapping, **told}) for row in found)


def _overrides() -> Select[Any]:
    computed = {"organization", "install_id", "tier_id"}
    columns = [limit_override.c[name] for name in Override.__dataclass_fields__ if name not in computed]
    return (
        select(*columns, organization.c.name.label("organization"), licenses.c.install_id, licenses.c.tier_id)
        .join(licenses, licenses.c.id == limit_override.c.license_id)
        .join(organization, organization.c.id == limit_override.c.organization_id)
    )


def _of(session: ReadSession, seen: Seen, limit: Limit, members: int) -> Consumption:
    window = METERS[limit.meter].window
    if window == "day":
        by_day = api_calls(session, seen.install_id, seen.now, seen=seen)
        today = by_day.pop(seen.today, 0)
        return daily(limit, list(by_day.values()), seen.yesterday, today)
    if window in {"hour", "minute"}:
        found = calls_in(session, seen, "hour" if window == "hour" else "minute")
        return momentary(limit, [calls for _, calls in found.points], found.reason)
    reports = seen.days.get(limit.meter)
    if not reports:
        return standing(limit, members, members) if limit.meter == "members" else unmetered(limit)
    if window == "month":
        return monthly(limit, sums_by_day(reports, seen.yesterday), seen.yesterday, reports.get(seen.today, 0))
    first = min(reports)
    whole = carried(reports, first, seen.yesterday) if first <= seen.yesterday else []
    return level(limit, whole, seen.yesterday, seen.levels.get(limit.meter, reports[max(reports)]))


def sums_by_day(reports: dict[date, int], last: date) -> list[int]:
    """Return the amount of each day from the first with any to `last`."""
    first = min(reports)
    return [reports.get(first + timedelta(days=step), 0) for step in range((last - first).days + 1)]
