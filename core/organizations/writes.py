"""Changes to organizations: added, renamed, given a domain."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update

from core.access import audit
from core.access.actor import Actor, Realm
from core.access.names import readable_name
from core.access.permissions import Permission
from core.errors import InvalidInput, NotFound
from core.ids import new_id
from db.models.organizations import domain, organization
from db.session import WriteSession

LONGEST_NAME = 200


def create_organization(
    session: WriteSession,
    actor: Actor,
    name: str,
    *,
    now: datetime,
    realm: Realm = "customer",
    country: str | None = None,
    segment: str | None = None,
    contact_email: str | None = None,
    owner_email: str | None = None,
    demo: bool = False,
) -> UUID:
    """Add an organization and return its id; the actor needs `organization:create` or to issue a license to it."""
    if not (actor.may(Permission.ORGANIZATION_CREATE) or actor.may(Permission.LICENSE_CREATE)):
        actor.require(Permission.ORGANIZATION_CREATE)
    actor.require_vendor()
    name = checked_name(name)
    made = new_id()
    session.execute(
        insert(organization).values(
            id=made,
            name=name,
            realm=realm,
            country=country,
            segment=segment,
            contact_email=contact_email,
            owner_email=owner_email,
            demo=demo,
            created_at=now,
        )
    )
    after = {"name": name, "country": country, "segment": segment, "contactEmail": contact_email}
    audit.record(
        session, actor, "organization.created", ("organization", str(made)), now=now, organization_id=made, after=after
    )
    return made


def rename_organization(
    session: WriteSession, actor: Actor, organization_id: UUID, name: str, *, now: datetime
) -> None:
    """Give an organization another name; nothing happens where it has that name."""
    actor.require(Permission.ORGANIZATION_UPDATE)
    actor.require_sight_of(organization_id)
    name = checked_name(name)
    mine = organization.c.id == organization_id
    before = session.execute(select(organization.c.name).where(mine).with_for_update()).scalar_one()
    if name == before:
        return
    session.execute(update(organization).where(mine).values(name=name))
    target = ("organization", str(organization_id))
    audit.record(
        session,
        actor,
        "organization.renamed",
        target,
        now=now,
        organization_id=organization_id,
        before={"name": before},
        after={"name": name},
    )


def add_domain(session: WriteSession, actor: Actor, organization_id: UUID, host: str, *, now: datetime) -> None:
    """Map a host name to an organization's brand."""
    actor.require(Permission.CUSTOMER_UPDATE)
    actor.require_sight_of(organization_id)
    session.execute(insert(domain).values(host=host.lower(), organization_id=organization_id, added_at=now))
    target = ("organization", str(organization_id))
    audit.record(session, actor, "domain.added", target, now=now, organization_id=organization_id, after={"host": host})


def write_note(session: WriteSession, actor: Actor, organization_id: UUID, notes: str, *, now: datetime) -> None:
    """Replace the notes that staff keep about a customer."""
    actor.require(Permission.CUSTOMER_UPDATE)
    actor.require_vendor()
    changed = session.execute(
        update(organization).where(organization.c.id == organization_id).values(notes=notes[:20_000])
    )
    if changed.rowcount == 0:
        raise NotFound("There is no such customer.")
    target = ("organization", str(organization_id))
    audit.record(session, actor, "customer.note_written", target, now=now, organization_id=organization_id)


def checked_name(name: str) -> str:
    """Return the name trimmed, or raise InvalidInput."""
    name = readable_name(name)
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInput(f"Give the organization a name of 1 to {LONGEST_NAME} characters.", field="name")
    return name
