"""Use that was told by the day: each record counts once, by feature and by day, and makes up no hour and no person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from db.session import WriteSession


@dataclass(frozen=True, slots=True)
class DailyUse:
    """One record of an old system: `events` uses of a feature on a UTC day, of which `errors` failed."""

    install_id: str
    record_id: str
    day: date
    feature: str
    events: int
    errors: int = 0
    seconds: int = 0


# As in statement.py: what is counted is counted from the rows that were new, and every INSERT goes in key order. A
# record of no use is kept, and marks no day as one on which the install was used.
RECORD: Final = """
WITH given AS (
    SELECT * FROM unnest(%(installs)s::text[], %(records)s::text[], %(days)s::date[], %(features)s::text[],
                         %(events)s::bigint[], %(errors)s::bigint[], %(seconds)s::bigint[])
        AS g (install_id, record_id, day, feature, events, errors, seconds)
), kept AS (
    INSERT INTO daily_use (install_id, record_id, day, feature, events, errors, seconds, received_at)
    SELECT install_id, record_id, day, feature, events, errors, seconds, %(now)s
    FROM given ORDER BY install_id COLLATE "C", record_id COLLATE "C"
    ON CONFLICT (install_id, record_id) DO NOTHING
    RETURNING install_id, day, feature, events, errors, seconds
), used AS (
    SELECT * FROM kept WHERE events > 0
), features AS (
    INSERT INTO feature_rollup AS r (install_id, day, feature, events, errors)
    SELECT install_id, day, feature, sum(events), sum(errors) FROM used
    GROUP BY 1, 2, 3 ORDER BY install_id COLLATE "C", day, feature COLLATE "C"
    ON CONFLICT (install_id, day, feature) DO UPDATE SET
        events = r.events + excluded.events, errors = r.errors + excluded.errors
), days AS (
    INSERT INTO day_rollup AS r (install_id, day, events, errors, seconds)
    SELECT install_id, day, sum(events), sum(errors), sum(seconds) FROM used
    GROUP BY 1, 2 ORDER BY install_id COLLATE "C", day
    ON CONFLICT (install_id, day) DO UPDATE SET
        events = r.events + excluded.events, errors = r.errors + excluded.errors,
        seconds = r.seconds + excluded.seconds
), mark AS (
    INSERT INTO dirty_install AS d (install_id, marked_at, last_event_at)
    SELECT install_id, %(now)s, max(day)::timestamp AT TIME ZONE 'UTC' FROM kept
    GROUP BY 1 ORDER BY install_id COLLATE "C"
    ON CONFLICT (install_id) DO UPDATE SET last_event_at = greatest(d.last_event_at, excluded.last_event_at)
)
SELECT count(*) FROM kept
"""


def record_daily_use(session: WriteSession, rows: Iterable[DailyUse], *, now: datetime) -> int:
    """Count use of any number of installs in one statement and return how many records were new."""
    given = list(rows)
    asked = {
        "installs": [row.install_id for row in given],
        "records": [row.record_id for row in given],
        "days": [row.day for row in given],
        "features": [row.feature for row in given],
        "events": [row.events for row in given],
        "errors": [row.errors for row in given],
        "seconds": [row.seconds for row in given],
        "now": now,
    }
    new: int = session.connection.exec_driver_sql(RECORD, asked).scalar_one()
    return new
