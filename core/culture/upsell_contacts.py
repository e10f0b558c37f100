"""That somebody talked with a customer: noted by hand, shown on the list, a reason to leave them alone for a while."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, insert, select

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import new_id
from core.organizations.marks import mark_card
from db.models.culture import contact, upsell
from db.session import ReadSession, WriteSession

LONGEST_NOTE: Final = 2_000
MOST: Final = 200


@dataclass(frozen=True)
class Contact:
    """One call, mail or meeting: when, by whom (an e-mail), and what was said."""

    organization_id: UUID
    upsell_id: UUID | None
    at: datetime
    by: str
    note: str


def record_contact(session: WriteSession, actor: Actor, upsell_id: UUID, words: str, *, now: datetime) -> None:
    """Note that the customer was called about an open opportunity, by the actor; nothing else is offered for 30 days.

    Needs `customer:update`; audited. The opportunity itself stays open, whatever the profile says next.
    """
    actor.require(Permission.CULTURE_READ)
    actor.require(Permission.CUSTOMER_UPDATE)
    actor.require_vendor()
    words = words.strip()
    if len(words) > LONGEST_NOTE:
        raise InvalidInput(f"Keep what was said to {LONGEST_NOTE:,} characters; it has {len(words):,}.", field="note")
    about = select(upsell.c.organization_id, upsell.c.state).where(upsell.c.id == upsell_id)
    row = session.execute(about).one_or_none()
    if row is None:
        raise NotFound("There is no such opportunity.")
    if row.state != "open":
        raise Conflict("This opportunity is closed. Only about an open one a call can be noted.")
    values = {"organization_id": row.organization_id, "upsell_id": upsell_id, "at": now, "by": actor.label}
    session.execute(insert(contact).values(id=new_id(), note=words, **values))
    target, after = ("upsell", str(upsell_id)), {"note": words or None}
    audit.record(session, actor, "upsell.contacted", target, now=now, organization_id=row.organization_id, after=after)
    mark_card(session, row.organization_id, now)


def last_contacts(session: ReadSession, organization_ids: Sequence[UUID], now: datetime) -> dict[UUID, datetime]:
    """Return when somebody last talked with each customer, up to `now`; for the rules, so asks no permission."""
    c = contact.c
    statement = select(c.organization_id, func.max(c.at).label("at")).where(
        c.organization_id.in_(organization_ids), c.at <= now
    )
    return {row.organization_id: row.at for row in session.execute(statement.group_by(c.organization_id))}


def talked_about(session: ReadSession, install_ids: Sequence[str], now: datetime) -> dict[str, set[tuple[str, str]]]:
    """Return by install kind and subject of its open opportunities that somebody called about; for the rules."""
    c = upsell.c
    statement = (
        select(c.install_id, c.kind, c.subject)
        .join(contact, contact.c.upsell_id == c.id)
        .where(c.install_id.in_(install_ids), c.state == "open", contact.c.at <= now)
    )
    found: dict[str, set[tuple[str, str]]] = {}
    for row in session.execute(statement):
        found.setdefault(row.install_id, set()).add((row.kind, row.subject))
    return found


def contacts_about(session: ReadSession, actor: Actor, upsell_ids: Sequence[UUID]) -> dict[UUID, tuple[Contact, ...]]:
    """Return the contacts about some opportunities by their id, the newest first; needs `culture:read`."""
    actor.require(Permission.CULTURE_READ)
    actor.require_vendor()
    columns = [contact.c[name] for name in Contact.__dataclass_fields__]
    statement = select(*columns).where(contact.c.upsell_id.in_(upsell_ids)).order_by(contact.c.at.desc())
    found: dict[UUID, list[Contact]] = {}
    for row in session.execute(statement):
        found.setdefault(row.upsell_id, []).append(Contact(**row._mapping))
    return {upsell_id: tuple(rows) for upsell_id, rows in found.items()}
