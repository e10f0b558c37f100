"""Mailing reports: each period of a schedule once, its mails in the transaction that takes it; and a test of one."""

import io
from datetime import datetime
from typing import Final
from uuid import UUID

from core.access.actor import Actor, system_actor
from core.config import settings
from core.errors import InvalidInput, NotFound, NotPermitted
from core.notify.smtp import Attachment
from core.notify.writes import send_mail
from core.organizations.mail_brand import mail_brand
from core.organizations.viewpoint import viewpoint
from core.periods import midnight, month_of
from core.reports.exporting import BOARD, REPORTS, export, export_board
from core.reports.reads import schedule_by_id
from core.reports.report import Narrowed
from core.reports.schedule_times import Rhythm, days_told, last_due, period_named
from core.reports.writes import Due, lock_due, note_outcome, take_period
from db.session import WriteSession

# Mail servers refuse larger ones.
MOST_BYTES: Final = 10_000_000
# Reports of what happened tell of the period alone; all others of how things stand, or of their months.
_OF_DAYS: Final = frozenset({"since", "until"})
_OF_MONTHS: Final = frozenset({"mrr", "cohorts", "retention", "cash-statement", "unit-economics"})
NOBODY: Final = "Whoever made this schedule may not sign in any more. Change it to make it yours."


def send_due(session: WriteSession, *, now: datetime) -> bool:
    """Send one report whose time has come, and return whether there was one; a period is never sent twice.

    The period, its mails and their attachments are one transaction: a worker killed before it ends has sent nothing,
    and another takes the period anew; after it ended the period is taken.
    """
    due = lock_due(session, now)
    if due is None:
        return False
    period = period_named(due.rhythm, due.due_at)
    if not take_period(session, due, period, now=now):
        return True
    trouble, mails = None, 0
    try:
        actor = _owner(due)
        # What fails halfway leaves no entry that somebody took the report.
        with session.connection.begin_nested():
            file, title = _file(session, actor, due, now)
        for address in due.recipients:
            once = f"report:{due.id}:{period}:{address}"
            mails += _mail(session, due.organization_id, address, title, file, actor.label, now, once=once)
    except (InvalidInput, NotPermitted, NotFound) as refused:
        trouble = refused.message
    note_outcome(session, due, period, mails=mails, trouble=trouble)
    return True


def send_test(session: WriteSession, actor: Actor, schedule_id: UUID, *, now: datetime) -> None:
    """Mail the report as it would be sent now to the actor alone; needs `finance:export` and the report's own."""
    held = schedule_by_id(session, actor, schedule_id)
    at = last_due(held.rhythm, held.day, held.hour, now)
    due = Due(
        held.id,
        actor.organization_id,
        held.report,
        held.file_format,
        held.paper,
        held.rhythm,
        at,
        (actor.label,),
        actor,
    )
    file, title = _file(session, actor, due, now)
    _mail(session, actor.organization_id, actor.label, f"Test: {title}", file, actor.label, now, once=None)


def _owner(due: Due) -> Actor:
    if due.actor is None:
        raise NotPermitted(NOBODY)
    return due.actor


def title_of(report: str) -> str:
    """Return what a report is called."""
    return "Board report" if report == BOARD else REPORTS[report].title


def _file(session: WriteSession, actor: Actor, due: Due, now: datetime) -> tuple[Attachment, str]:
    """Return the file and what the mail is called; InvalidInput where it is larger than mail servers take."""
    seen = viewpoint(session) or now
    first, last = days_told(due.rhythm, min(due.due_at, seen))
    into = io.BytesIO()
    if due.report == BOARD:
        month = month_of(midnight(first))
        made = export_board(session, actor, month, into, now=now, at=seen, paper=due.paper)
        title = f"Board report, {month.start:%B %Y}"
    else:
        narrowed = _narrowed(due.report, due.rhythm, min(due.due_at, seen))
        made = export(session, actor, due.report, due.file_format, narrowed, into, now=now, at=seen, paper=due.paper)
        told = f", {first:%b %-d} to {last:%b %-d, %Y}" if narrowed.since else f", {seen:%b %-d, %Y}"
        title = f"{title_of(due.report)}{told}"
    if into.tell() > MOST_BYTES:
        raise InvalidInput("The file is larger than mail servers take. Choose a shorter rhythm, or export it by hand.")
    return Attachment(made.filename, made.media_type.partition(";")[0], into.getvalue()), title


def _narrowed(report: str, rhythm: Rhythm, due_at: datetime) -> Narrowed:
    if report in _OF_MONTHS or not REPORTS[report].takes >= _OF_DAYS:
        return Narrowed()
    first, last = days_told(rhythm, due_at)
    return Narrowed(since=first, until=last)


def _mail(
    session: WriteSession,
    organization_id: UUID,
    to: str,
    title: str,
    file: Attachment,
    made_by: str,
    now: datetime,
    *,
    once: str | None,
) -> int:
    values = {
        "brand": mail_brand(session, system_actor(organization_id), organization_id),
        "title": title,
        "paragraphs": ["The report is attached. Its figures are those of the books as they stand today."],
        "facts": [("File", file.name)],
        "button": {"label": "Open Calos", "href": settings().origin},
        "reason": f"{made_by} has set up that this report goes to this address.",
    }
    made = send_mail(
        session,
        organization_id,
        to=to,
        subject=title,
        template="notice",
        values=values,
        now=now,
        once=once,
        attachments=(file,),
    )
    return int(made is not None)
