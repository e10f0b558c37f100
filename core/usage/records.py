"""Metered usage as installs report it: each record counts once, whatever is retried, and sums by UTC day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import ARRAY, Text, bindparam, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import JSONB, distinct_on

from core.usage.meters import LEVELS
from db.models.usage import usage_day, usage_record
from db.session import ReadSession, WriteSession


@dataclass(frozen=True)
class UsageRecord:
    """One report: `amount` units of `meter` (api_calls_day, compute_seconds_month, …) used at `ts`.

    Of a level (storage_bytes, members, projects) it is what there was at `ts`.
    """

    id: str
    meter: str
    amount: int
    ts: datetime


# In key order on both levels, so that overlapping batches wait for each other instead of deadlocking. A day of a level
# holds its highest report and any other day its sum: both are the same in whatever order the reports arrive.
_RECORD = text("""
WITH given AS (
    SELECT * FROM jsonb_to_recordset(:records)
        AS r(id text, day date, meter text, amount bigint, ts timestamptz)
), kept AS (
    INSERT INTO usage_record (install_id, day, record_id, meter, amount, ts, received_at)
    SELECT DISTINCT ON (day, id) :install_id, day, id, meter, amount, ts, :now FROM given ORDER BY day, id
    ON CONFLICT DO NOTHING
    RETURNING day, meter, amount, ts
), counted AS (
    INSERT INTO usage_day AS d (install_id, meter, day, amount, records)
    SELECT :install_id, meter, day, CASE WHEN meter = ANY(:levels) THEN max(amount) ELSE sum(amount) END, count(*)
    FROM kept GROUP BY meter, day ORDER BY meter, day
    ON CONFLICT (install_id, meter, day) DO UPDATE SET
        amount = CASE WHEN d.meter = ANY(:levels) THEN greatest(d.amount, EXCLUDED.amount)
                      ELSE least(d.amount::numeric + EXCLUDED.amount, 9000000000000000000)::bigint END,
        records = d.records + EXCLUDED.records
), mark AS (
    INSERT INTO dirty_install AS d (install_id, marked_at, last_event_at)
    SELECT :install_id, :now, least(max(ts), :now) FROM kept HAVING count(*) > 0
    ON CONFLICT (install_id) DO UPDATE SET last_event_at = greatest(d.last_event_at, excluded.last_event_at)
)
SELECT count(*) FROM kept
""").bindparams(bindparam("records", type_=JSONB), bindparam("levels", list(LEVELS), type_=ARRAY(Text)))

Reported = dict[str, dict[date, int]]


def record_usage(session: WriteSession, install_id: str, records: Sequence[UsageRecord], *, now: datetime) -> int:
    """Count usage and return how many records were new; the same id on the same UTC day counts once."""
    rows = [
        {
            "id": one.id,
            "meter": one.meter,
            "amount": one.amount,
            "ts": one.ts.isoformat(),
            "day": one.ts.astimezone(UTC).date().isoformat(),
        }
        for one in records
    ]
    found: int = session.execute(_RECORD, {"install_id": install_id, "now": now, "records": rows}).scalar_one()
    return found


def usage_by_day(
    session: ReadSession, install_ids: Sequence[str], meter: str, start: date, end: date
) -> dict[tuple[str, date], int]:
    """Return the amount by (install, day) for the days from `start` to `end`, both included."""
    statement = select(usage_day.c.install_id, usage_day.c.day, usage_day.c.amount).where(
        usage_day.c.install_id.in_(install_ids), usage_day.c.meter == meter, usage_day.c.day.between(start, end)
    )
    return {(row.install_id, row.day): row.amount for row in session.execute(statement)}


def reported(session: ReadSession, install_ids: Sequence[str], start: date, end: date) -> dict[str, Reported]:
    """Return by install and meter what was reported of each day from `start` to `end`, both included, oldest first."""
    c = usage_day.c
    columns = select(c.install_id, c.meter, c.day, c.amount)
    statement = columns.where(c.install_id.in_(install_ids), c.day.between(start, end))
    found: dict[str, Reported] = {install_id: {} for install_id in install_ids}
    for row in session.execute(statement.order_by(c.install_id, c.meter, c.day)):
        found[row.install_id].setdefault(row.meter, {})[row.day] = row.amount
    return found


def latest_levels(session: ReadSession, install_id: str, days: dict[str, date], until: datetime) -> dict[str, int]:
    """Return the last report of each level by `until`; `days` says on which day each was reported last."""
    if not days:
        return {}
    c = usage_record.c
    last = tuple_(c.day, c.meter).in_([(day, meter) for meter, day in days.items()])
    statement = (
        select(c.meter, c.amount)
        .where(c.install_id == install_id, last, c.ts <= until)
        .ext(distinct_on(c.meter))
        .order_by(c.meter, c.ts.desc(), c.record_id.desc())
    )
    return {row.meter: row.amount for row in session.execute(statement)}


def records_at(
    session: ReadSession, install_id: str, meter: str, start: datetime, end: datetime
) -> list[tuple[datetime, int]]:
    """Return when an install reported how much of a meter, from `start` until before `end`, oldest first."""
    c = usage_record.c
    days = c.day.between(start.astimezone(UTC).date(), end.astimezone(UTC).date())
    statement = select(c.ts, c.amount).where(c.install_id == install_id, days, c.meter == meter)
    found = session.execute(statement.where(c.ts >= start, c.ts < end).order_by(c.ts))
    return [(row.ts, row.amount) for row in found]


def records_counted(session: ReadSession, install_id: str, start: date, end: date, *, meter: str | None = None) -> int:
    """Return how many usage records an install reported from `start` to `end`, both included."""
    statement = select(func.coalesce(func.sum(usage_day.c.records), 0)).where(
        usage_day.c.install_id == install_id, usage_day.c.day.between(start, end)
    )
    if meter is not None:
        statement = statement.where(usage_day.c.meter == meter)
    return int(session.execute(statement).scalar_one())
