"""Dunning: which step of the schedule an unpaid invoice is at, and which were taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.finalizing import locked
from core.billing.invoices.states import require_state
from core.errors import InvalidInput
from db.models.invoice_runs import dunning_notice, dunning_step
from db.models.invoices import billing_profile, invoice
from db.session import ReadSession, WriteSession

MOST_STEPS: Final = 12
LONGEST: Final = 2_000
# Who has been late for longer is talked to by a person.
AT_ONCE: Final = 500


@dataclass(frozen=True)
class Step:
    """A mail so many days after an invoice was due; its texts may name {number}, {due}, {days} and {seller}."""

    days: int
    subject: str
    words: str


@dataclass(frozen=True)
class Notice:
    """A step that was taken."""

    invoice_id: UUID
    days: int
    mail_id: UUID | None
    sent_at: datetime


DEFAULT: Final = (
    Step(
        3,
        "Reminder: invoice {number}",
        "Invoice {number} was due {days} days ago, and {due} is still open. Perhaps it was overlooked; please pay it "
        "these days. If it has crossed with your payment, there is nothing left to do.",
    ),
    Step(
        10,
        "Second reminder: invoice {number}",
        "Invoice {number} has been due for {days} days, and {due} is still open. Please pay it within a week, or tell "
        "us what keeps you from it.",
    ),
    Step(
        21,
        "Last reminder: invoice {number}",
        "Invoice {number} has been due for {days} days. Please pay the {due} that are open within seven days; after "
        "that {seller} may suspend the service.",
    ),
)


def steps(session: ReadSession) -> tuple[Step, ...]:
    """Return the schedule, the earliest first; the default until somebody has set one."""
    rows = session.execute(select(dunning_step).order_by(dunning_step.c.days)).all()
    return tuple(Step(row.days, row.subject, row.words) for row in rows) or DEFAULT


def schedule_of(session: ReadSession, actor: Actor) -> tuple[Step, ...]:
    """Return the schedule to a person of the vendor; needs `finance:read`."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    return steps(session)


def set_steps(session: WriteSession, actor: Actor, wanted: Sequence[Step], *, now: datetime) -> None:
    """Replace the schedule from now on; needs `invoice:finalize`. Steps that were taken stay taken."""
    actor.require_vendor()
    actor.require(Permission.INVOICE_FINALIZE)
    if not 0 < len(wanted) <= MOST_STEPS or len({one.days for one in wanted}) < len(wanted):
        raise InvalidInput(f"Give from 1 to {MOST_STEPS} steps, each on a day of its own.", field="steps")
    for one in wanted:
        _check(one)
    before = [one.days for one in steps(session)]
    session.execute(delete(dunning_step))
    session.execute(insert(dunning_step), [vars(one) for one in wanted])
    after = {"days": sorted(one.days for one in wanted)}
    audit.record(session, actor, "dunning.changed", ("dunning", "steps"), now=now, before={"days": before}, after=after)


def pause_invoice(session: WriteSession, actor: Actor, invoice_id: UUID, *, paused: bool, now: datetime) -> None:
    """Ask for an invoice no more, or again; needs `invoice:create`. A customer is paused in its billing profile."""
    actor.require_vendor()
    actor.require(Permission.INVOICE_CREATE)
    [row] = locked(session, actor, [invoice_id])
    require_state(row.state, ("open",), "paused")
    session.execute(update(invoice).where(invoice.c.id == invoice_id).values(dunning_paused=paused))
    action = "invoice.dunning_paused" if paused else "invoice.dunning_resumed"
    target = ("invoice", str(invoice_id))
    audit.record(session, actor, action, target, now=now, organization_id=row.organization_id)


def due_steps(
    session: ReadSession, day: date, known: Sequence[Step], *, most: int = AT_ONCE
) -> list[tuple[UUID, UUID, Step]]:
    """Return (invoice, customer, step) of late open invoices whose latest step is still to be taken.

    Of several steps that have come only the latest is taken: nobody gets two letters on one day. Of more than `most`
    those come first that are late the longest; who was asked is no longer among them.
    """
    c, notice = invoice.c, dunning_notice.c
    paused = select(billing_profile.c.organization_id).where(billing_profile.c.dunning_paused)
    last = select(func.max(notice.days)).where(notice.invoice_id == c.id).scalar_subquery()
    still = [(c.due_on <= day - timedelta(one.days)) & or_(last.is_(None), last < one.days) for one in known]
    statement = (
        select(c.id, c.organization_id, c.due_on)
        .where(c.state == "open", or_(*still))
        .where(c.dunning_paused.is_(False), c.organization_id.not_in(paused))
        .where(c.total_minor > c.paid_minor + c.credited_minor)
        .order_by(c.due_on, c.id)
        .limit(most)
    )
    return [
        (row.id, row.organization_id, max((one for one in known if one.days <= late), key=lambda one: one.days))
        for row in session.execute(statement)
        for late in [(day - row.due_on).days]
    ]


def take_step(session: WriteSession, invoice_id: UUID, organization_id: UUID, step: Step, *, now: datetime) -> bool:
    """Write that a step is taken, and return whether it was this call that took it."""
    row: dict[str, Any] = {"invoice_id": invoice_id, "days": step.days, "organization_id": organization_id}
    written = upsert(dunning_notice).values(row | {"sent_at": now}).on_conflict_do_nothing()
    return session.execute(written.returning(dunning_notice.c.days)).one_or_none() is not None


def note_mail(session: WriteSession, invoice_id: UUID, step: Step, mail_id: UUID | None) -> None:
    """Note which mail a step was."""
    mine = (dunning_notice.c.invoice_id == invoice_id) & (dunning_notice.c.days == step.days)
    session.execute(update(dunning_notice).where(mine).values(mail_id=mail_id))


def notices_of(session: ReadSession, actor: Actor, invoice_id: UUID) -> tuple[Notice, ...]:
    """Return the steps that were taken for an invoice, the earliest first; needs `finance:read`."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    c = dunning_notice.c
    rows = session.execute(select(dunning_notice).where(c.invoice_id == invoice_id).order_by(c.days))
    return tuple(Notice(row.invoice_id, row.days, row.mail_id, row.sent_at) for row in rows)


def said(text: str, *, number: str, due: str, days: int, seller: str) -> str:
    """Return a step's text with what it names."""
    for name, value in (("number", number), ("due", due), ("days", str(days)), ("seller", seller)):
        text = text.replace("{" + name + "}", value)
    return text


def _check(one: Step) -> None:
    if not 0 <= one.days <= 365:
        raise InvalidInput("A step is 0 to 365 days after the day it was due.", field="days")
    if "\n" in one.subject or "\r" in one.subject:
        raise InvalidInput("Write the subject on one line.", field="subject")
    if not one.subject.strip() or not one.words.strip() or len(one.subject) + len(one.words) > LONGEST:
        raise InvalidInput(f"A step has a subject and words, of up to {LONGEST:,} characters.", field="words")
