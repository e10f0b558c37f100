"""Organizations as the rest of the house reads them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from core.access.actor import Actor
from core.errors import NotFound
from db.models.organizations import brand, domain, organization
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
class Brand:
    """How a customer's console looks to its people; without one of their own, the vendor's colors."""

    display_name: str
    primary_color: str | None
    support_email: str | None
    domains: tuple[str, ...]


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


def brand_of(session: ReadSession, actor: Actor, organization_id: UUID) -> Brand:
    """Return a customer's brand with the host names that show it."""
    owner = organization_by_id(session, actor, organization_id)
    row = session.execute(select(brand).where(brand.c.organization_id == organization_id)).one_or_none()
    hosts = tuple(domains(session, actor, organization_id))
    if row is None:
        return Brand(owner.name, None, None, hosts)
    return Brand(row.display_name, row.primary_color, row.support_email, hosts)


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
