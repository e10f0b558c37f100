"""The founding of an installation that starts empty: its vendor organization and the first owner, by set-up link."""

from datetime import datetime
from uuid import UUID

from core.access.actor import system_actor
from core.access.people import create_person
from core.access.permissions import Role
from core.access.setup import has_people, spend_setup_link
from core.errors import InvalidInput
from core.ids import new_id
from core.organizations.reads import vendor_id
from core.organizations.writes import checked_name, create_organization, rename_organization
from db.session import WriteSession


def use_setup_link(
    session: WriteSession, token: str, organization_name: str, name: str, email: str, password: str, *, now: datetime
) -> UUID:
    """Create the vendor's organization with its first owner, whose id is returned; or join the one there is.

    One that nobody is in yet takes the name given. Raises NotFound for a stale link, Conflict once there is an owner,
    and InvalidInput, its `field` one of `organization`, `name`, `email` and `password`, after which the link still
    works.
    """
    spend_setup_link(session, token, now=now)
    vendor = vendor_id(session)
    try:
        organization_name = checked_name(organization_name)
    except InvalidInput as wrong:
        raise InvalidInput(wrong.message, field="organization") from wrong
    founder = system_actor(vendor or new_id(), label="Set-up")
    if vendor is None:
        vendor = create_organization(session, founder, organization_name, realm="vendor", now=now)
        founder = system_actor(vendor, label="Set-up")
    elif not has_people(session, vendor):
        # Made with the test customer, under a name that nobody has chosen.
        rename_organization(session, founder, vendor, organization_name, now=now)
    return create_person(session, founder, vendor, email, name, Role.OWNER, password, now=now)
