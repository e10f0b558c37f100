"""Reports that are mailed on a schedule, as they are read: what, when, to whom, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import NotFound
from core.reports.paper import Paper
from core.reports.schedule_times import Rhythm
from db.models.access import person
from db.models.reports import report_schedule, report_sending
from db.session import ReadSession


@dataclass(frozen=True)
class Schedule:
    """A report that is mailed again and again; `trouble` is why the last one was not, `made_by` whose it is."""

    id: UUID
    report: str
    file_format: str
    paper: Paper
    rhythm: Rhythm
    day: int
    hour: int
    recipients: tuple[str, ...]
    paused: bool
    trouble: str | None
    made_by: str
    next_at: datetime


@dataclass(frozen=True)
class Sent:
    """A period that was sent, with how many mails, or why with none."""

    period: str
    mails: int
    trouble: str | None
    sent_at: datetime


def schedules(session: ReadSession, actor: Actor) -> tuple[Schedule, ...]:
    """Return every schedule, what comes next first; needs `finance:export`."""
    rows = session.execute(_joined(actor).order_by(report_schedule.c.next_at, report_schedule.c.id))
    return tuple(map(_schedule, rows))


def schedule_by_id(session: ReadSession, actor: Actor, schedule_id: UUID) -> Schedule:
    """Return one, or raise NotFound; needs `finance:export`."""
    row = session.execute(_joined(actor).where(report_schedule.c.id == schedule_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such schedule; somebody may have removed it.")
    return _schedule(row)


def sent(session: ReadSession, actor: Actor, schedule_id: UUID, *, limit: int = 24) -> tuple[Sent, ...]:
    """Return the periods that were sent, the newest first; needs `finance:export`."""
    may_schedule(actor)
    c = report_sending.c
    rows = session.execute(
        select(report_sending).where(c.schedule_id == schedule_id).order_by(c.sent_at.desc()).limit(limit)
    )
    return tuple(Sent(row.period, row.mails, row.trouble, row.sent_at) for row in rows)


def staff(session: ReadSession, actor: Actor) -> tuple[str, ...]:
    """Return the addresses of the vendor's people who may sign in; needs `finance:export`."""
    may_schedule(actor)
    c = person.c
    mine = select(c.email).where(c.organization_id == actor.organization_id, c.disabled_at.is_(None))
    return tuple(session.execute(mine.order_by(c.email)).scalars())


def may_schedule(actor: Actor) -> None:
    """Raise NotPermitted for who may not send figures out of the house."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_EXPORT)


def _joined(actor: Actor) -> Any:
    may_schedule(actor)
    return select(report_schedule, person.c.email).join(person, person.c.id == report_schedule.c.person_id)


def _schedule(row: Row[Any]) -> Schedule:
    same: dict[str, Any] = {
        name: row._mapping[name] for name in Schedule.__dataclass_fields__ if name not in {"recipients", "made_by"}
    }
    return Schedule(**same, recipients=tuple(row.recipients), made_by=row.email)
