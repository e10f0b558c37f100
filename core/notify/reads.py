"""Mails as the console shows them: what was sent, kept or has failed, and how each one looks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args
from uuid import UUID

from sqlalchemy import Select, func, or_, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput, NotFound
from db.models.notify import mail
from db.session import ReadSession

State = Literal["waiting", "sent", "failed", "kept"]
STATES: Final[tuple[State, ...]] = get_args(State)
MOST: Final = 200


@dataclass(frozen=True)
class MailRow:
    """One mail in the list; `error` is why it was kept or has failed, `next_at` when it is tried again."""

    id: UUID
    organization_id: UUID
    recipient: str
    subject: str
    template: str
    state: State
    attempts: int
    error: str | None
    made_at: datetime
    next_at: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True)
class Mail(MailRow):
    """One mail with its bodies."""

    text: str
    html: str
    from_name: str
    reply_to: str | None


def mails(
    session: ReadSession,
    actor: Actor,
    *,
    state: State | None = None,
    text: str = "",
    before: UUID | None = None,
    limit: int = 50,
) -> tuple[MailRow, ...]:
    """Return mails, newest first, from after the one with id `before`; `text` is part of address or subject.

    Needs `audit:read`, of the vendor: mails hold what was written to whom.
    """
    _may(actor)
    if state is not None and state not in STATES:
        raise InvalidInput(f"A mail is {', '.join(STATES[:-1])} or {STATES[-1]}.", field="state")
    statement = _rows(MailRow)
    if state is not None:
        statement = statement.where(mail.c.state == state)
    if text:
        named = (mail.c.recipient.icontains(text, autoescape=True), mail.c.subject.icontains(text, autoescape=True))
        statement = statement.where(or_(*named))
    if before is not None:
        # Ids are ordered by the time they were made at.
        statement = statement.where(mail.c.id < before)
    found = session.execute(statement.order_by(mail.c.id.desc()).limit(max(1, min(limit, MOST))))
    return tuple(MailRow(**row._mapping) for row in found)


def mail_by_id(session: ReadSession, actor: Actor, mail_id: UUID) -> Mail:
    """Return one mail with its bodies, else raise NotFound."""
    _may(actor)
    row = session.execute(_rows(Mail).where(mail.c.id == mail_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such mail, or it was forgotten after half a year.")
    return Mail(**row._mapping)


def mail_counts(session: ReadSession, actor: Actor) -> dict[State, int]:
    """Return how many mails there are of each state."""
    _may(actor)
    found = session.execute(select(mail.c.state, func.count().label("number")).group_by(mail.c.state))
    counted = {row.state: row.number for row in found}
    return {state: counted.get(state, 0) for state in STATES}


def _rows(of: type[MailRow]) -> Select[Any]:
    return select(*(mail.c[name] for name in of.__dataclass_fields__))


def _may(actor: Actor) -> None:
    actor.require(Permission.AUDIT_READ)
    actor.require_vendor()
