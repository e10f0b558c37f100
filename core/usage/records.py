"""Metered usage as installs report it: each record counts once, whatever is retried, and sums by UTC day."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import JSONB

from db.models.usage import usage_day
from db.session import ReadSession, WriteSession


@dataclass(frozen=True)
class UsageRecord:
    """One report: `amount` units of `meter` (api_calls_day, compute_seconds_month, …) used at `ts`."""

    id: str
    meter: str
    amount: int
    ts: datetime


# In key order on both levels, so that overlapping batches wait for each other instead of deadlocking.
_RECORD = text("""
WITH given AS (
    SELECT * FROM jsonb_to_recordset(:records)
        AS r(id text, day date, meter text, amount bigint, ts timestamptz)
), kept AS (
    INSERT INTO usage_record (install_id, day, record_id, meter, amount, ts, received_at)
    SELECT DISTINCT ON (day, id) :install_id, day, id, meter, amount, ts, :now FROM given ORDER BY day, id
    ON CONFLICT DO NOTHING
    RETURNING day, meter, amount
), counted AS (
    INSERT INTO usage_day AS d (install_id, meter, day, amount, records)
    SELECT :install_id, meter, day, sum(amount), count(*) FROM kept GROUP BY meter, day ORDER BY meter, day
    ON CONFLICT (install_id, meter, day)
        DO UPDATE SET amount = d.amount + EXCLUDED.amount, records = d.records + EXCLUDED.records
)
SELECT count(*) FROM kept
""").bindparams(bindparam("records", type_=JSONB))


def record_usage(session: WriteSession, install_id: str, records: Sequence[UsageRecord], *, now: datetime) -> int:
    """Count usage and return how many records were new; the same id on the same UTC day counts once."""
    rows = [
        {**asdict(one), "ts": one.ts.isoformat(), "day": one.ts.astimezone(UTC).date().isoformat()} for one in records
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


def records_counted(session: ReadSession, install_id: str, start: date, end: date) -> int:
    """Return how many usage records an install reported from `start` to `end`, both included."""
    statement = select(func.coalesce(func.sum(usage_day.c.records), 0)).where(
        usage_day.c.install_id == install_id, usage_day.c.day.between(start, end)
    )
    return int(session.execute(statement).scalar_one())
