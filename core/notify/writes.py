"""Changes to mails: written in the transaction that causes them, sent after it, kept where there is no mail server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.config import Settings, settings
from core.errors import Conflict, InvalidInput, NotFound, UpstreamFailed
from core.ids import new_id
from core.jobs.queue import defer
from core.notify.addresses import LOOPBACK, checked_recipient, leads_nowhere
from core.notify.brand import MailBrand, house_brand
from core.notify.rendering import render
from core.notify.retries import MAIL, next_try
from core.notify.smtp import Attachment, Letter, Refused, hand_over
from db.models.notify import mail, mail_attachment
from db.session import WriteSession

TASK: Final = "calos.mail"
LONGEST_SUBJECT: Final = 200
KEPT_FOR: Final = timedelta(days=180)
# A mail that still waits so long after its time has lost its job: a worker died again and again, or ours is a mistake.
OVERDUE: Final = timedelta(minutes=10)
GIVEN_UP_AFTER: Final = timedelta(days=4)
NO_SERVER: Final = "No mail server is set (CALOS_SMTP_URL), so it was kept and not sent."
NOWHERE: Final = "The address is of a domain that is reserved for examples, so it was kept and not sent."


@dataclass(frozen=True)
class Sending:
    """What became of one try: `state` as in the table, `error` what the server said."""

    state: str
    error: str | None = None


def send_mail(
    session: WriteSession,
    organization_id: UUID,
    *,
    to: str,
    subject: str,
    template: str,
    values: Mapping[str, Any],
    now: datetime,
    once: str | None = None,
    unsubscribe: str | None = None,
    attachments: Sequence[Attachment] = (),
) -> UUID | None:
    """Write a mail to one address in the caller's transaction and return its id; it is sent after the commit.

    `organization_id` is whose people it goes to. `values` are what `assets/mail/<template>` shows, its `brand` a
    MailBrand (the vendor's own where there is none). With `once`, None is returned where a mail with that key was ever
    written. Without a mail server, and to addresses that nobody can have, the mail is kept, to be read in the console.
    Raises InvalidInput for an address that is none.
    """
    current = settings()
    brand = values.get("brand") or house_brand(current)
    assert isinstance(brand, MailBrand)  # noqa: S101 - a caller of ours
    subject = " ".join(subject.split())[:LONGEST_SUBJECT]
    recipient = checked_recipient(to)
    body = render(template, subject, {**values, "brand": brand, "unsubscribe": unsubscribe})
    kept = _why_kept(current, recipient)
    made = new_id()
    statement = insert(mail).values(
        id=made,
        organization_id=organization_id,
        recipient=recipient,
        subject=subject,
        text=body.text,
        html=body.html,
        template=template,
        from_name=" ".join(brand.sender.split()),
        reply_to=_reply_to(brand),
        unsubscribe=unsubscribe,
        state="kept" if kept else "waiting",
        error=kept,
        once=once,
        made_at=now,
        next_at=None if kept else now,
    )
    if session.execute(statement.on_conflict_do_nothing(index_elements=["once"]).returning(mail.c.id)).first() is None:
        return None
    for one in attachments:
        row = {"id": new_id(), "mail_id": made, "organization_id": organization_id, **vars(one)}
        session.execute(insert(mail_attachment).values(row))
    if not kept:
        _queue(session, made, None)
    return made


def try_to_send(session: WriteSession, mail_id: UUID, *, now: datetime) -> Sending | None:
    """Send a mail that waits and write down what became of it; None where there is nothing (more) to do.

    The row stays locked meanwhile, so that two workers never send it at once. The result commits with the caller's
    transaction: a crash between the server's “taken” and that commit sends it again, under the same Message-ID.
    """
    row = session.execute(select(mail).where(mail.c.id == mail_id).with_for_update()).one_or_none()
    if row is None or row.state != "waiting":
        return None
    found, retry_at = _tried(row, _attached(session, mail_id), now)
    changed = {
        "state": found.state,
        "error": found.error,
        "attempts": row.attempts + 1,
        "next_at": retry_at,
        "sent_at": now if found.state == "sent" else None,
    }
    session.execute(update(mail).where(mail.c.id == mail_id).values(**changed))
    if retry_at is not None:
        _queue(session, mail_id, retry_at)
    return found


def send_again(session: WriteSession, actor: Actor, mail_id: UUID, *, now: datetime) -> None:
    """Send a mail that was kept or has failed; needs `security:manage_policy`, and is audited."""
    actor.require(Permission.SECURITY_MANAGE_POLICY)
    actor.require_vendor()
    row = session.execute(select(mail).where(mail.c.id == mail_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("There is no such mail.")
    if row.state not in {"kept", "failed"}:
        raise Conflict(f"This mail is {row.state}: only one that was kept or has failed can be sent again.")
    why = _why_kept(settings(), row.recipient)
    if why is not None:
        raise InvalidInput(f"It can't be sent. {why}")
    changed = {"state": "waiting", "error": None, "attempts": 0, "next_at": now}
    session.execute(update(mail).where(mail.c.id == mail_id).values(**changed))
    _queue(session, mail_id, None)
    target = ("mail", str(mail_id))
    audit.record(session, actor, "mail.sent_again", target, now=now, organization_id=row.organization_id)


def pick_up(session: WriteSession, *, now: datetime) -> int:
    """Queue anew what waits without a job, give up what waited for days, and return how many were queued."""
    old = mail.c.made_at < now - GIVEN_UP_AFTER
    waits = mail.c.state == "waiting"
    given_up = {"state": "failed", "next_at": None, "error": "It waited for four days; send it again by hand."}
    session.execute(update(mail).where(waits, old, mail.c.next_at < now - OVERDUE).values(**given_up))
    overdue = select(mail.c.id).where(waits, mail.c.next_at < now - OVERDUE).limit(1_000)
    return sum(_queue(session, mail_id, None) for mail_id in session.execute(overdue).scalars().all())


def forget_mails(session: WriteSession, *, now: datetime) -> int:
    """Delete mails older than half a year and return how many: they hold names and addresses."""
    return session.execute(delete(mail).where(mail.c.made_at < now - KEPT_FOR)).rowcount


def _attached(session: WriteSession, mail_id: UUID) -> tuple[Attachment, ...]:
    c = mail_attachment.c
    rows = session.execute(select(c.name, c.media_type, c.content).where(c.mail_id == mail_id).order_by(c.id))
    return tuple(Attachment(row.name, row.media_type, row.content) for row in rows)


def _tried(row: Row[Any], attached: tuple[Attachment, ...], now: datetime) -> tuple[Sending, datetime | None]:
    said = {name: row._mapping[name] for name in Letter.__dataclass_fields__ if name != "attachments"}
    letter = Letter(**said, attachments=attached)
    try:
        hand_over(letter, settings())
    except Refused as refused:
        return Sending("failed", refused.message), None
    except UpstreamFailed as failed:
        again = next_try(MAIL, row.attempts + 1, now)
        return Sending("waiting" if again else "failed", failed.message), again
    return Sending("sent"), None


def _queue(session: WriteSession, mail_id: UUID, at: datetime | None) -> bool:
    return defer(session, TASK, once=f"mail:{mail_id}", at=at, mail_id=str(mail_id)) is not None


def _reply_to(brand: MailBrand) -> str | None:
    try:
        return checked_recipient(brand.support_email)
    except InvalidInput:
        return None


def _why_kept(current: Settings, recipient: str) -> str | None:
    if not current.smtp_url:
        return NO_SERVER
    if leads_nowhere(recipient) and current.smtp_host not in LOOPBACK:
        return NOWHERE
    return None
