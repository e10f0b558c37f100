"""Organizations as the rest of the house reads them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from core.access.actor import Actor
from core.errors import NotFound
from core.organizations.brands import Brand
from core.organizations.host_names import is_name, normalized
from core.organizations.logos import Logo
from db.models.organizations import brand, domain, logo, organization
from db.session import ReadSession


@dataclass(frozen=True)
class Organization:
    """A company: the vendor itself or one of its customers."""

    id: UUID
    name: str
    realm: str
    country: str | None
    segment: str | None
    contact_email: str | None
    owner_email: str | None
    notes: str
    demo: bool
    created_at: datetime


@dataclass(frozen=True)
class OwnBrand:
    """What a customer has of its own of a brand, with the host names that show it; None is the vendor's."""

    display_name: str
    primary_color: str | None
    support_email: str | None
    domains: tuple[str, ...]
    support_url: str | None = None
    from_name: str | None = None
    logo: str | None = None


_BRANDS = select(brand, logo.c.digest).outerjoin(logo, logo.c.organization_id == brand.c.organization_id)
_COLUMNS = tuple(organization.c[name] for name in Organization.__dataclass_fields__)


def vendor_id(session: ReadSession) -> UUID | None:
    """Return the vendor's organization, or None before set-up."""
    found: UUID | None = session.execute(
        select(organization.c.id).where(organization.c.realm == "vendor").limit(1)
    ).scalar_one_or_none()
    return found


def organization_by_id(session: ReadSession, actor: Actor, organization_id: UUID) -> Organization:
    """Return an organization that the actor may see, else raise NotFound."""
    actor.require_sight_of(organization_id)
    row = session.execute(select(*_COLUMNS).where(organization.c.id == organization_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such organization, or you may not see it.")
    return Organization(**row._mapping)


def domains(session: ReadSession, actor: Actor, organization_id: UUID) -> list[str]:
    """Return the host names that show an organization's brand, sorted."""
    actor.require_sight_of(organization_id)
    statement = select(domain.c.host).where(domain.c.organization_id == organization_id).order_by(domain.c.host)
    return list(session.execute(statement).scalars())


def own_brand(session: ReadSession, actor: Actor, organization_id: UUID) -> OwnBrand:
    """Return a customer's brand with the host names that show it."""
    owner = organization_by_id(session, actor, organization_id)
    row = session.execute(_BRANDS.where(brand.c.organization_id == organization_id)).one_or_none()
    hosts = tuple(domains(session, actor, organization_id))
    if row is None:
        return OwnBrand(owner.name, None, None, hosts)
    return OwnBrand(
        row.display_name, row.primary_color, row.support_email, hosts, row.support_url, row.from_name, row.digest
    )


def brand_of_organization(session: ReadSession, organization_id: UUID) -> Brand | None:
    """Return the brand that everybody may see of an organization; None where it has none of its own."""
    return _brand(session.execute(_BRANDS.where(brand.c.organization_id == organization_id)).one_or_none())


def brand_at(session: ReadSession, host: str) -> Brand | None:
    """Return the brand that a host name shows, in whatever form the host was sent; None where it is nobody's."""
    name = normalized(host)
    if not is_name(name):
        return None
    statement = _BRANDS.join(domain, domain.c.organization_id == brand.c.organization_id).where(domain.c.host == name)
    return _brand(session.execute(statement).one_or_none())


def logo_by_digest(session: ReadSession, digest: str) -> Logo | None:
    """Return a logo by what it is; the same picture of two brands is the same."""
    row = session.execute(select(logo.c.media_type, logo.c.content).where(logo.c.digest == digest).limit(1)).first()
    return Logo(row.media_type, row.content, digest) if row else None


def _brand(row: Row[Any] | None) -> Brand | None:
    if row is None:
        return None
    sender = row.from_name or row.display_name
    return Brand(row.display_name, row.primary_color, row.support_email, row.support_url, sender, row.digest)


def customer_by_contact(session: ReadSession, actor: Actor, email: str) -> Organization | None:
    """Return the customer whose contact has this e-mail (in lower case), the oldest of several, or None."""
    actor.require_vendor()
    statement = (
        select(*_COLUMNS)
        .where(organization.c.realm == "customer", func.lower(organization.c.contact_email) == email)
        .order_by(organization.c.created_at, organization.c.id)
        .limit(1)
    )
    row = session.execute(statement).one_or_none()
    return Organization(**row._mapping) if row else None


def name_taken(session: ReadSession, actor: Actor, name: str) -> bool:
    """Whether an organization goes by this name, in whatever case."""
    actor.require_vendor()
    statement = select(organization.c.id).where(func.lower(organization.c.name) == name.lower()).limit(1)
    return session.execute(statement).first() is not None


def names(session: ReadSession, actor: Actor) -> dict[UUID, str]:
    """Return the name of every organization that the actor may see, by id."""
    statement = select(organization.c.id, organization.c.name)
    if actor.realm != "vendor":
        statement = statement.where(organization.c.id == actor.organization_id)
    return {row.id: row.name for row in session.execute(statement)}
