"""Who gets the list of upsells by mail: subscriptions, the mails that are due, and one on demand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor, ActorKind, system_actor
from core.access.permissions import ROLE_PERMISSIONS, Permission, Role
from core.accounts.upsell_digest import Digest, make_digest
from core.config import settings
from core.errors import InvalidInput, NotPermitted
from core.notify.unsubscribe import unsubscribe_link
from core.notify.writes import send_mail
from core.organizations.mail_brand import mail_brand
from core.organizations.viewpoint import viewpoint
from db.models.access import person
from db.models.notify import digest_subscription
from db.session import ReadSession, WriteSession

Rhythm = Literal["weekly", "daily"]
RHYTHMS: Final[Mapping[Rhythm, str]] = {"weekly": "Monday mornings", "daily": "Every morning with news"}
KIND: Final = "upsells"
TEMPLATE: Final = "digest"
# Mails are made from this hour (UTC) on.
HOUR: Final = 6
MONDAY: Final = 0


@dataclass(frozen=True)
class Subscription:
    """How often somebody gets the digest, since when, and when the last one was made."""

    rhythm: Rhythm
    since: datetime
    last_at: datetime | None


def subscription(session: ReadSession, actor: Actor) -> Subscription | None:
    """Return the actor's own subscription, or None."""
    _may(actor)
    row = session.execute(_row_of(UUID(actor.id))).one_or_none()
    return None if row is None else Subscription(row.rhythm, row.since, row.last_at)


def subscribe(session: WriteSession, actor: Actor, rhythm: Rhythm | None, *, now: datetime) -> None:
    """Send the actor the digest in this rhythm from now on, or (None) no longer."""
    _may(actor)
    if rhythm is not None and rhythm not in RHYTHMS:
        raise InvalidInput("Get it weekly or daily.", field="rhythm")
    before = subscription(session, actor)
    if rhythm is None:
        session.execute(delete(digest_subscription).where(digest_subscription.c.person_id == UUID(actor.id)))
    else:
        values = {"organization_id": actor.organization_id, "rhythm": rhythm, "since": now}
        made = insert(digest_subscription).values(person_id=UUID(actor.id), **values)
        changed = {"rhythm": rhythm}
        session.execute(made.on_conflict_do_update(index_elements=["person_id"], set_=changed))
    _audited(session, actor, before.rhythm if before else None, rhythm, now)


def unsubscribe(session: WriteSession, person_id: UUID, *, now: datetime) -> None:
    """End a subscription by the link in a mail; ending one that has ended does nothing."""
    row = session.execute(_row_of(person_id)).one_or_none()
    if row is not None:
        session.execute(delete(digest_subscription).where(digest_subscription.c.person_id == person_id))
        _audited(session, _as_actor(row), row.rhythm, None, now)


def preview(session: ReadSession, actor: Actor, *, now: datetime) -> Digest:
    """Return the actor's digest as it would be sent now."""
    _may(actor)
    held = subscription(session, actor)
    return make_digest(session, actor, since=_since(held, now), now=viewpoint(session) or now)


def send_now(session: WriteSession, actor: Actor, *, now: datetime) -> UUID | None:
    """Mail the actor their digest at once, whether or not they are subscribed, and return the mail's id."""
    found = preview(session, actor, now=now)
    return _mail(session, actor, found, now, once=None)


def send_due(session: WriteSession, *, now: datetime) -> int:
    """Write the digests that are due, and return how many: one a person and period, whoever else does the same.

    Weekly ones on Mondays from 06:00 UTC, or later in the week where Calos was off; daily ones only where something is
    new or a limit comes soon.
    """
    sent = 0
    for row in session.execute(_subscribers().with_for_update(of=digest_subscription, skip_locked=True)).all():
        began = period_start(row.rhythm, now)
        if began is None or max(row.last_at or row.since, row.since) >= began:
            continue
        sent += _send_one(session, row, began, now)
    return sent


def period_start(rhythm: Rhythm, now: datetime) -> datetime | None:
    """Return when the period began whose digest is due at `now`; None before its hour on the first day."""
    at = now.astimezone(UTC)
    today = at.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    first = today - timedelta(days=at.weekday() - MONDAY if rhythm == "weekly" else 0)
    return first if at >= first else None


def _send_one(session: WriteSession, row: Row[Any], began: datetime, now: datetime) -> int:
    actor = _as_actor(row)
    mine = digest_subscription.c.person_id == row.person_id
    session.execute(update(digest_subscription).where(mine).values(last_at=now))
    try:
        found = make_digest(session, actor, since=row.last_at or row.since, now=viewpoint(session) or now)
    except NotPermitted:
        # Their role no longer shows upsells; should it again, so do the mails.
        return 0
    worth_it = found.opportunities if row.rhythm == "weekly" else found.new
    if not worth_it and not found.soon:
        return 0
    once = f"digest:{KIND}:{row.person_id}:{began.date()}:{row.rhythm}"
    return int(_mail(session, actor, found, now, once=once) is not None)


def _mail(session: WriteSession, actor: Actor, found: Digest, now: datetime, *, once: str | None) -> UUID | None:
    vendor = system_actor(actor.organization_id)
    return send_mail(
        session,
        actor.organization_id,
        to=actor.label,
        subject=found.subject,
        template=TEMPLATE,
        values={**found.values, "brand": mail_brand(session, vendor, actor.organization_id)},
        now=now,
        once=once,
        unsubscribe=unsubscribe_link(settings(), KIND, UUID(actor.id)),
    )


def _since(held: Subscription | None, now: datetime) -> datetime:
    return (held.last_at or held.since) if held else now - timedelta(days=7)


def _may(actor: Actor) -> None:
    actor.require(Permission.CULTURE_READ)
    actor.require_vendor()
    if actor.kind is not ActorKind.USER:
        raise NotPermitted("Digests are for people: sign in as one.")


def _subscribers() -> Any:
    columns = (digest_subscription, person.c.email, person.c.role)
    joined = select(*columns).join(person, person.c.id == digest_subscription.c.person_id)
    return joined.where(person.c.disabled_at.is_(None)).order_by(digest_subscription.c.person_id)


def _row_of(person_id: UUID) -> Any:
    return _subscribers().where(digest_subscription.c.person_id == person_id)


def _as_actor(row: Row[Any]) -> Actor:
    """Return the subscriber as the actor they are once signed in; only the vendor's people subscribe."""
    allowed = ROLE_PERMISSIONS[Role(row.role)]
    return Actor(ActorKind.USER, str(row.person_id), row.email, row.organization_id, "vendor", allowed, role=row.role)


def _audited(session: WriteSession, actor: Actor, before: str | None, after: str | None, now: datetime) -> None:
    told = ({"rhythm": before}, {"rhythm": after})
    target = ("person", actor.id)
    if before != after:
        audit.record(session, actor, "digest.changed", target, now=now, before=told[0], after=told[1])
