"""Telemetry written by Calos itself: backfills, the demo and samples, through the same statement as the door's."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, tuple_

from core.telemetry.events import RETENTION_DAYS, Receipt, check
from core.telemetry.partitions import ensure_days
from core.telemetry.reads import VERSION, Mark
from core.telemetry.statement import LATE, outcome, parameters, statement_for, unique_rows
from db.models.telemetry import dirty_install
from db.session import WriteSession


def ingest(
    session: WriteSession,
    install_id: str,
    events: Iterable[object],
    *,
    now: datetime,
    retention_days: int = RETENTION_DAYS,
    late: timedelta = LATE,
) -> Receipt:
    """Check and write any number of events of one install at once; durable when the caller's transaction commits.

    No quota applies; `late` is the age from which an event counts as late. All of them go in one statement (200,000
    events take 70 MB here and in the server), so that a backfill beside a reporting install keeps to the one order of
    locks; split a larger one into transactions.
    """
    checked = check(events, now=now, retention_days=retention_days)
    rows = unique_rows(checked.rows)
    ensure_days(session, (date.fromisoformat(day) for day, _ in rows))
    asked = parameters(install_id, rows, sent=len(checked.rows), refused=checked.reasons(), now=now, late=late)
    done = outcome(tuple(session.connection.exec_driver_sql(statement_for(asked), asked).one()))
    return Receipt(done.accepted, len(checked.rows) - done.accepted, checked.refused)


def clear_dirty(session: WriteSession, marks: Sequence[Mark]) -> int:
    """Take away marks that are still as they were read, and return how many; an event since then keeps its mark.

    Time cannot decide this: a batch received before the profile was computed may commit after it.
    """
    if not marks:
        return 0
    same = tuple_(dirty_install.c.install_id, VERSION).in_([(mark.install_id, mark.version) for mark in marks])
    return session.execute(delete(dirty_install).where(same)).rowcount
