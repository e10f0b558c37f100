"""Usage of all customers as sums, for the catalogue of metrics: API calls and events by period and dimension."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import ARRAY, BigInteger, Column, Date, DateTime, Select, Table, Text, cast, func, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.periods import Period
from db.models.licensing import license as licenses
from db.models.organizations import organization
from db.models.telemetry import day_rollup, hour_rollup
from db.models.usage import usage_day
from db.session import ReadSession

DIMENSIONS: Final = ("customer", "tier", "country", "segment")
MEASURES: Final = ("api_calls", "events")
_KEYS: Final = {
    "customer": "organization_id",
    "tier": "tier",
    "country": "country",
    "segment": "segment",
}


def usage_facts(
    control: ReadSession,
    telemetry: ReadSession,
    actor: Actor,
    periods: Sequence[Period],
    *,
    by: Sequence[str] = (),
    where: Mapping[str, Collection[str]] | None = None,
    as_of: datetime,
) -> pd.DataFrame:
    """Return API calls and events by (period, values of `by`), for vendor staff with `usage:read`.

    Tier, country and segment are those of today. An install that reports its calls within a period is believed in it;
    of any other the events of type api_call are counted, never both.
    """
    actor.require(Permission.USAGE_READ)
    actor.require_vendor()
    for name in (*by, *(where or {})):
        if name not in DIMENSIONS:
            raise InvalidInput(f"Usage is not split by “{name[:40]}”. Use one of: {', '.join(DIMENSIONS)}.")
    holders = _holders(control, where or {})
    names = ["period", *(["customer", "organization_id"] if "customer" in by else [])]
    names += [name for name in by if name != "customer"]
    begun = [period for period in periods if period.start <= as_of]
    if holders.empty or not begun:
        return _typed(pd.DataFrame(columns=[*names, *MEASURES]))
    used = _used(telemetry, holders["install_id"].tolist(), begun, as_of)
    joined = used.merge(holders, on="install_id")
    return _typed(joined.groupby(names, sort=True, dropna=False)[list(MEASURES)].sum().reset_index())


def _holders(control: ReadSession, where: Mapping[str, Collection[str]]) -> pd.DataFrame:
    """Return each install with the customer it belongs to."""
    columns = {
        "organization_id": cast(organization.c.id, Text),
        "tier": licenses.c.tier_id,
        "country": organization.c.country,
        "segment": organization.c.segment,
    }
    statement = (
        select(
            licenses.c.install_id,
            organization.c.name.label("customer"),
            *(column.label(name) for name, column in columns.items()),
        )
        .join(organization, organization.c.id == licenses.c.organization_id)
        .where(organization.c.realm == "customer")
    )
    for name, values in where.items():
        statement = statement.where(columns[_KEYS[name]].in_(list(values)))
    found = control.execute(statement)
    return pd.DataFrame([tuple(row) for row in found], columns=list(found.keys()))


def _used(telemetry: ReadSession, installs: list[str], periods: Sequence[Period], as_of: datetime) -> pd.DataFrame:
    """Return install_id, period, api_calls and events, a row each where there was any."""
    hours = _sums(telemetry, hour_rollup, hour_rollup.c.hour, ("events", "api_calls"), installs, periods, as_of)
    days = _sums(telemetry, day_rollup, day_rollup.c.day, ("events",), installs, periods, as_of)
    told = _sums(telemetry, usage_day, usage_day.c.day, ("amount",), installs, periods, as_of, meter="api_calls_day")
    keys = ["install_id", "period"]
    both = hours.merge(days, on=keys, how="outer", suffixes=("", "_by_day")).merge(told, on=keys, how="outer")
    counted = both["amount"].fillna(both["api_calls"]).fillna(0).astype("int64")
    events = (both["events"].fillna(0) + both["events_by_day"].fillna(0)).astype("int64")
    return both[keys].assign(api_calls=counted, events=events)


def _sums(
    telemetry: ReadSession,
    table: Table,
    at: Column[Any],
    measures: Sequence[str],
    installs: list[str],
    periods: Sequence[Period],
    as_of: datetime,
    *,
    meter: str | None = None,
) -> pd.DataFrame:
    daily = isinstance(at.type, Date)
    kind = Date() if daily else DateTime(timezone=True)
    starts = [period.start.astimezone(UTC).date() if daily else period.start for period in periods]
    # A day that `as_of` lies in counts as far as it goes.
    ends = [min(period.end, as_of) for period in periods]
    bounds = func.unnest(
        cast([period.start for period in periods], ARRAY(DateTime(timezone=True))),
        cast(starts, ARRAY(kind)),
        cast([_after(end) if daily else end for end in ends], ARRAY(kind)),
    )
    span = bounds.table_valued("period", "first", "after", name="span").render_derived()
    statement: Select[Any] = (
        select(
            table.c.install_id,
            span.c.period,
            *(cast(func.sum(table.c[name]), BigInteger).label(name) for name in measures),
        )
        .join(span, (at >= span.c.first) & (at < span.c.after))
        .where(table.c.install_id == func.any(cast(installs, ARRAY(Text))))
        .group_by(table.c.install_id, span.c.period)
    )
    if meter is not None:
        statement = statement.where(table.c.meter == meter)
    found = telemetry.execute(statement)
    return pd.DataFrame([tuple(row) for row in found], columns=list(found.keys()))


def _after(end: datetime) -> Any:
    """Return the first UTC day that no longer counts."""
    at = end.astimezone(UTC)
    day = at.date()
    return day if at == at.replace(hour=0, minute=0, second=0, microsecond=0) else day.fromordinal(day.toordinal() + 1)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    moments = pd.to_datetime(frame["period"], utc=True).dt.tz_localize(None).astype("datetime64[us]")
    return frame.assign(period=moments, **{name: frame[name].astype("int64") for name in MEASURES})
