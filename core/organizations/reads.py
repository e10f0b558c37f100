"""Organizations as the rest of the house reads them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.access.actor import Actor
from core.errors import NotFound
from db.models.organizations import domain, organization
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
