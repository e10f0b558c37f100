"""Changes to schedules of reports: added, changed, paused, removed, and each period taken once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.access import audit
from core.access.actor import Actor, ActorKind
from core.access.permissions import ROLE_PERMISSIONS, Role
from core.errors import InvalidInput, NotPermitted
from core.ids import new_id
from core.notify.addresses import checked_recipient
from core.reports.exporting import BOARD, FORMATS, report_named
from core.reports.paper import Paper
from core.reports.reads import may_schedule, schedule_by_id, staff
from core.reports.schedule_times import LAST_DAY, RHYTHMS, Rhythm, last_due, next_due
from db.models.access import person
from db.models.reports import report_schedule, report_sending
from db.session import WriteSession

MOST_RECIPIENTS: Final = 20
MOST_SCHEDULES: Final = 100


@dataclass(frozen=True)
class NewSchedule:
    """What is to be sent; `outside` says that addresses which are no colleague's are meant."""

    report: str
    file_format: str
    rhythm: Rhythm
    day: int
    hour: int
    recipients: tuple[str, ...]
    outside: bool = False
    paper: Paper = "a4"


@dataclass(frozen=True)
class Due:
    """A schedule whose time has come, and as whom its report is made; None where that person may not any more."""

    id: UUID
    organization_id: UUID
    report: str
    file_format: str
    paper: Paper
    rhythm: Rhythm
    due_at: datetime
    recipients: tuple[str, ...]
    actor: Actor | None


def add_schedule(session: WriteSession, actor: Actor, wanted: NewSchedule, *, now: datetime) -> UUID:
    """Add a schedule and return its id; from then on it is made as the actor. Needs `finance:export`."""
    values = _checked(session, actor, wanted)
    owner = {"person_id": _person(actor), "organization_id": actor.organization_id, "made_at": now}
    held = session.execute(select(report_schedule.c.id).limit(MOST_SCHEDULES)).all()
    if len(held) == MOST_SCHEDULES:
        raise InvalidInput(f"There are {MOST_SCHEDULES} schedules already. Remove one that nobody reads.")
    made = new_id()
    following = next_due(wanted.rhythm, wanted.day, wanted.hour, now)
    row = values | owner | {"id": made, "next_at": following}
    session.execute(insert(report_schedule).values(row))
    _record(session, actor, "added", made, now=now, after=_said(values))
    return made


def change_schedule(
    session: WriteSession, actor: Actor, schedule_id: UUID, wanted: NewSchedule, *, now: datetime
) -> None:
    """Change everything of a schedule; it is the actor's from then on, who may see what it sends."""
    before = schedule_by_id(session, actor, schedule_id)
    values = _checked(session, actor, wanted)
    following = next_due(wanted.rhythm, wanted.day, wanted.hour, now)
    changed = values | {"person_id": _person(actor), "next_at": following, "trouble": None}
    session.execute(update(report_schedule).where(report_schedule.c.id == schedule_id).values(changed))
    earlier = {name: getattr(before, name) for name in values}
    _record(session, actor, "changed", schedule_id, now=now, before=_said(earlier), after=_said(values))


def pause_schedule(session: WriteSession, actor: Actor, schedule_id: UUID, *, paused: bool, now: datetime) -> None:
    """Send it no more, or again from its next time on; what was missed meanwhile is not sent."""
    held = schedule_by_id(session, actor, schedule_id)
    following = next_due(held.rhythm, held.day, held.hour, now)
    changed = {"paused": paused, "next_at": following, "trouble": None}
    session.execute(update(report_schedule).where(report_schedule.c.id == schedule_id).values(changed))
    _record(session, actor, "paused" if paused else "resumed", schedule_id, now=now)


def remove_schedule(session: WriteSession, actor: Actor, schedule_id: UUID, *, reason: str, now: datetime) -> None:
    """Remove it with its log."""
    before = schedule_by_id(session, actor, schedule_id)
    if not reason.strip():
        raise InvalidInput("Say why; it stands in the audit trail.", field="reason")
    session.execute(delete(report_schedule).where(report_schedule.c.id == schedule_id))
    told = {"report": before.report, "recipients": list(before.recipients)}
    _record(session, actor, "removed", schedule_id, now=now, before=told, reason=reason.strip())


def lock_due(session: WriteSession, now: datetime) -> Due | None:
    """Return a schedule whose time has come, its row locked until the transaction ends, or None.

    Of several times that went by while nothing ran only the last one counts.
    """
    c = report_schedule.c
    columns = (report_schedule, person.c.email, person.c.role, person.c.disabled_at)
    due = (
        select(*columns)
        .join(person, person.c.id == c.person_id)
        .where(c.paused.is_(False), c.next_at <= now)
        .order_by(c.next_at, c.id)
        .limit(1)
        .with_for_update(of=report_schedule, skip_locked=True)
    )
    row = session.execute(due).one_or_none()
    if row is None:
        return None
    at = last_due(row.rhythm, row.day, row.hour, now)
    plain = ("id", "organization_id", "report", "file_format", "paper", "rhythm")
    known: dict[str, Any] = {name: row._mapping[name] for name in plain}
    return Due(**known, due_at=at, recipients=_still_meant(session, row), actor=_as_actor(row))


def take_period(session: WriteSession, due: Due, period: str, *, now: datetime) -> bool:
    """Write that a period is taken and when the next is due; False where it was taken before."""
    c = report_schedule.c
    row = session.execute(select(c.rhythm, c.day, c.hour).where(c.id == due.id)).one()
    following = {"next_at": next_due(row.rhythm, row.day, row.hour, now)}
    session.execute(update(report_schedule).where(c.id == due.id).values(following))
    taken = {"schedule_id": due.id, "period": period, "organization_id": due.organization_id, "mails": 0}
    made = upsert(report_sending).values(taken | {"sent_at": now}).on_conflict_do_nothing()
    return session.execute(made.returning(report_sending.c.period)).one_or_none() is not None


def note_outcome(session: WriteSession, due: Due, period: str, *, mails: int, trouble: str | None) -> None:
    """Note what became of a period that was taken."""
    mine = (report_sending.c.schedule_id == due.id) & (report_sending.c.period == period)
    session.execute(update(report_sending).where(mine).values(mails=mails, trouble=trouble))
    session.execute(update(report_schedule).where(report_schedule.c.id == due.id).values(trouble=trouble))


def _checked(session: WriteSession, actor: Actor, wanted: NewSchedule) -> dict[str, Any]:
    may_schedule(actor)
    if wanted.report == BOARD:
        if wanted.file_format != "pdf":
            raise InvalidInput("The board report is a page: send it as PDF.", field="format")
    else:
        report = report_named(wanted.report)
        actor.require(report.permission)
        actor.require(report.export)
    if wanted.file_format not in FORMATS:
        raise InvalidInput(f"There is no such format. Take one of: {', '.join(FORMATS)}.", field="format")
    if wanted.rhythm not in RHYTHMS or not 1 <= wanted.day <= LAST_DAY[wanted.rhythm]:
        raise InvalidInput("Send it weekly on a day from 1 (Monday) to 7, or monthly from 1 to 28.", field="day")
    if not 0 <= wanted.hour <= 23:
        raise InvalidInput("An hour is 0 to 23, UTC.", field="hour")
    recipients = _recipients(wanted.recipients, staff(session, actor), outside=wanted.outside)
    plain = ("report", "file_format", "paper", "rhythm", "day", "hour")
    return {name: getattr(wanted, name) for name in plain} | {"recipients": recipients}


def _recipients(given: Collection[str], colleagues: Collection[str], *, outside: bool) -> list[str]:
    found = list(dict.fromkeys(checked_recipient(one) for one in given))
    if not 0 < len(found) <= MOST_RECIPIENTS:
        raise InvalidInput(f"Name from 1 to {MOST_RECIPIENTS} recipients.", field="recipients")
    strangers = [one for one in found if one not in colleagues]
    if strangers and not outside:
        raise InvalidInput(
            f"{strangers[0]} is nobody of yours. Confirm that figures may go to addresses outside, or leave it out.",
            field="recipients",
            code="outside_recipient",
        )
    return found


def _still_meant(session: WriteSession, row: Row[Any]) -> tuple[str, ...]:
    """Return the recipients without colleagues who may not sign in any more."""
    c = person.c
    gone = select(c.email).where(c.email.in_(row.recipients), c.disabled_at.is_not(None))
    without = set(session.execute(gone).scalars())
    return tuple(one for one in row.recipients if one not in without)


def _person(actor: Actor) -> UUID:
    if actor.kind is not ActorKind.USER:
        raise NotPermitted("A report is mailed as a person sees it: sign in as one.")
    return UUID(actor.id)


def _as_actor(row: Row[Any]) -> Actor | None:
    if row.disabled_at is not None:
        return None
    allowed = ROLE_PERMISSIONS[Role(row.role)]
    return Actor(ActorKind.USER, str(row.person_id), row.email, row.organization_id, "vendor", allowed, role=row.role)


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple | list) else value for name, value in values.items()}


def _record(session: WriteSession, actor: Actor, what: str, schedule_id: UUID, **more: Any) -> None:
    audit.record(session, actor, f"report_schedule.{what}", ("report_schedule", str(schedule_id)), **more)
