"""Changes to organizations: added, renamed, given a brand and the host names that show it."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor, Realm
from core.access.names import readable_name
from core.access.permissions import Permission
from core.config import settings
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import new_id
from core.organizations import brands, host_names, logos
from core.organizations.brands import BrandDraft
from db.models.organizations import brand, domain, logo, organization
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
    _record(session, actor, "organization.renamed", organization_id, now, before={"name": before}, after={"name": name})


def add_domain(session: WriteSession, actor: Actor, organization_id: UUID, host: str, *, now: datetime) -> str:
    """Let a host name show an organization's brand and return it as it is kept; Conflict where it is taken."""
    actor.require(Permission.CUSTOMER_UPDATE)
    actor.require_vendor()
    name = host_names.checked(host)
    if name == host_names.normalized(urlsplit(settings().origin).netloc):
        raise Conflict(f"{name} is the address of this server itself. Give one of the customer's.", code="host_taken")
    values = {"host": name, "organization_id": organization_id, "added_at": now}
    added = insert(domain).values(values).on_conflict_do_nothing().returning(domain.c.host)
    if session.execute(added).scalar_one_or_none() is None:
        raise Conflict(f"{name} shows a brand already. Take it away there first.", code="host_taken")
    _record(session, actor, "domain.added", organization_id, now, after={"host": name})
    return name


def remove_domain(session: WriteSession, actor: Actor, organization_id: UUID, host: str, *, now: datetime) -> None:
    """Let a host name show the vendor's brand again; NotFound where it is not the organization's."""
    actor.require(Permission.CUSTOMER_UPDATE)
    actor.require_vendor()
    name = host_names.normalized(host)
    mine = (domain.c.host == name) & (domain.c.organization_id == organization_id)
    if session.execute(delete(domain).where(mine)).rowcount == 0:
        raise NotFound(f"{name[:80]} is none of this customer's host names.")
    _record(session, actor, "domain.removed", organization_id, now, before={"host": name})


def set_brand(
    session: WriteSession,
    actor: Actor,
    organization_id: UUID,
    draft: BrandDraft,
    *,
    now: datetime,
    picture: bytes | None = None,
    without_logo: bool = False,
) -> None:
    """Give an organization a brand, or another; the logo stays unless a `picture` comes or it is taken away."""
    actor.require(Permission.CUSTOMER_UPDATE)
    actor.require_vendor()
    kept = brands.checked(draft)
    made = logos.checked(picture) if picture is not None else None
    values = {
        "display_name": kept.name,
        "primary_color": kept.primary_color,
        "support_email": kept.support_email,
        "support_url": kept.support_url,
        "from_name": kept.from_name,
    }
    mine = brand.c.organization_id == organization_id
    before = session.execute(select(*(brand.c[name] for name in values)).where(mine).with_for_update()).one_or_none()
    fresh = insert(brand).values(organization_id=organization_id, **values)
    session.execute(fresh.on_conflict_do_update(index_elements=[brand.c.organization_id], set_=values))
    if made is not None or without_logo:
        session.execute(delete(logo).where(logo.c.organization_id == organization_id))
    told: dict[str, object] = dict(values)
    if made is not None:
        picture_of = {"digest": made.digest, "media_type": made.media_type, "content": made.content}
        session.execute(insert(logo).values(organization_id=organization_id, **picture_of))
        told["logo"] = made.digest
    elif without_logo:
        told["logo"] = None
    was = dict(before._mapping) if before else None
    _record(session, actor, "brand.set", organization_id, now, before=was, after=told)


def _record(
    session: WriteSession,
    actor: Actor,
    action: str,
    organization_id: UUID,
    now: datetime,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    audit.record(
        session,
        actor,
        action,
        ("organization", str(organization_id)),
        now=now,
        organization_id=organization_id,
        before=before,
        after=after,
    )


def write_note(session: WriteSession, actor: Actor, organization_id: UUID, notes: str, *, now: datetime) -> None:
    """Replace the notes that staff keep about a customer."""
    actor.require(Permission.CUSTOMER_UPDATE)
    actor.require_vendor()
    changed = session.execute(
        update(organization).where(organization.c.id == organization_id).values(notes=notes[:20_000])
    )
    if changed.rowcount == 0:
        raise NotFound("There is no such customer.")
    _record(session, actor, "customer.note_written", organization_id, now)


def checked_name(name: str) -> str:
    """Return the name trimmed, or raise InvalidInput."""
    name = readable_name(name)
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInput(f"Give the organization a name of 1 to {LONGEST_NAME} characters.", field="name")
    return name
