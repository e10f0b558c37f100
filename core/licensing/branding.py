"""The brand of an install: what the customer's own software shows its people."""

from sqlalchemy import select

from core.errors import NotFound
from core.organizations.brands import Brand
from core.organizations.reads import brand_of_organization
from db.models.licensing import license as licenses
from db.session import ReadSession


def brand_of_install(session: ReadSession, install_id: str) -> Brand | None:
    """Return the brand of the customer that an install is of, None for the vendor's; NotFound for no such install."""
    found = session.execute(select(licenses.c.organization_id).where(licenses.c.install_id == install_id))
    organization_id = found.scalar_one_or_none()
    if organization_id is None:
        raise NotFound("There is no license with this install id. Check it for a typing mistake.")
    return brand_of_organization(session, organization_id)
