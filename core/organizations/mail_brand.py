"""The brand that mails to an organization's people wear: its own where it has one, else the vendor's."""

from uuid import UUID

from core.access.actor import Actor
from core.config import settings
from core.notify.brand import MailBrand, house_brand
from core.organizations.mail_logo import for_mail
from core.organizations.reads import brand_of_organization, logo_by_digest, organization_by_id, vendor_id
from db.session import ReadSession


def mail_brand(session: ReadSession, actor: Actor, organization_id: UUID) -> MailBrand:
    """Return the brand of mails to the people of an organization that the actor may see."""
    actor.require_sight_of(organization_id)
    current, own = settings(), brand_of_organization(session, organization_id)
    if own is not None:
        help_at = own.support_email or current.support_email
        picture = logo_by_digest(session, own.logo) if own.logo else None
        logo = for_mail(picture) if picture else None
        return MailBrand(own.name, help_at, color=own.primary_color, logo=logo, from_name=own.from_name)
    vendor = vendor_id(session)
    if vendor is None or actor.realm != "vendor":
        return house_brand(current)
    return house_brand(current, organization_by_id(session, actor, vendor).name)
