"""Partitions of the event table, one a UTC day: made before they are needed, dropped when retention is over."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final

from core.telemetry.events import oldest_day
from db.session import WriteSession

# The app's login owns no table: the two functions belong to the owner (see the migration) and refuse odd days.
ENSURE: Final = "SELECT ensure_event_partition(%(day)s::date)"
DROP: Final = "SELECT drop_event_partitions(%(before)s::date)"
DAYS_AHEAD: Final = 7


def ensure_days(session: WriteSession, days: Iterable[date]) -> int:
    """Make the partitions that are missing among `days` and return how many were made."""
    made = [session.connection.exec_driver_sql(ENSURE, {"day": day}).scalar_one() for day in sorted(set(days))]
    return sum(made)


def ensure_partitions(session: WriteSession, *, now: datetime, ahead: int = DAYS_AHEAD) -> int:
    """Make today's partition and those of the next `ahead` days; a daily job, so that no event waits for one."""
    today = now.astimezone(UTC).date()
    return ensure_days(session, (today + timedelta(days=step) for step in range(ahead + 1)))


def drop_old_partitions(session: WriteSession, *, now: datetime, retention_days: int) -> int:
    """Drop the raw events of days past retention and return how many days went; roll-ups stay."""
    before = oldest_day(now, retention_days)
    dropped: int = session.connection.exec_driver_sql(DROP, {"before": before}).scalar_one()
    return dropped
