"""The founding of an installation that starts empty: its vendor organization and the first owner, by set-up link."""

from datetime import datetime
from uuid import UUID

from core.access.actor import system_actor
from core.access.people import create_person
from core.access.permissions import Role
from core.access.setup import spend_setup_link
from core.errors import InvalidInput
from core.ids import new_id
from core.organizations.reads import vendor_id
from core.organizations.writes import checked_name, create_organization
from db.session import WriteSession


def use_setup_link(
    session: WriteSession, token: str, organization_name: str, name: str, email: str, password: str, *, now: datetime
) -> UUID:
    """Create the vendor's organization (or join the one there is) with its first owner, whose id is returned.

    Raises NotFound for a stale link, Conflict once there is an owner, and InvalidInput, its `field` one of
    `organization`, `name`, `email` and `password`, after which the link still works.
    """
    spend_setup_link(session, token, now=now)
    vendor = vendor_id(session)
    if vendor is None:
        try:
            organization_name = checked_name(organization_name)
        except InvalidInput as wrong:
            raise InvalidInput(wrong.message, field="organization") from wrong
        founder = system_actor(new_id(), label="Set-up")
        vendor = create_organization(session, founder, organization_name, realm="vendor", now=now)
    founder = system_actor(vendor, label="Set-up")
    return create_person(session, founder, vendor, email, name, Role.OWNER, password, now=now)
