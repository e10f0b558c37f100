"""Whom a license is for: the customer behind a person's or an organization's id or an e-mail, made where new."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from core.access.actor import Actor
from core.access.directory import person_by_email, person_by_id
from core.access.people import checked_email
from core.accounts.requests import LicenseRequest, name_from_email
from core.errors import InvalidInput, NotFound
from core.organizations.reads import Organization, customer_by_contact, name_taken, organization_by_id
from core.organizations.writes import create_organization
from db.session import ReadSession, WriteSession


def holder(session: WriteSession, actor: Actor, request: LicenseRequest, now: datetime) -> tuple[Organization, bool]:
    """Return whom a license is for, and whether they are new; NotFound for an id that is nobody's."""
    if "@" not in request.user_id:
        return known_holder(session, actor, request.user_id, now), False
    email = checked_email(request.user_id)
    # Two requests at once for one unknown address must not make two customers.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"customer {email}", 0))))
    known = _customer_of_email(session, actor, email, now)
    return (known, False) if known is not None else (_new_customer(session, actor, request, email, now), True)


def known_holder(session: ReadSession, actor: Actor, user_id: str, now: datetime) -> Organization:
    """Return the customer that the id of a person or an organization, or an e-mail, stands for, or raise NotFound."""
    if "@" in user_id:
        known = _customer_of_email(session, actor, checked_email(user_id), now)
        if known is None:
            raise NotFound(f"No customer goes by {user_id[:80]}. Add them first, or give another address.")
        return known
    try:
        named = UUID(user_id)
    except ValueError as wrong:
        raise InvalidInput("Give the id of a person or an organization, or an e-mail.", field="userId") from wrong
    try:
        return _only_customers(organization_by_id(session, actor, named))
    except NotFound:
        somebody = person_by_id(session, actor, named, now=now)
        return _only_customers(organization_by_id(session, actor, somebody.organization_id))


def _customer_of_email(session: ReadSession, actor: Actor, email: str, now: datetime) -> Organization | None:
    try:
        somebody = person_by_email(session, actor, email, now=now)
        return _only_customers(organization_by_id(session, actor, somebody.organization_id))
    except NotFound:
        return customer_by_contact(session, actor, email)


def _new_customer(
    session: WriteSession, actor: Actor, request: LicenseRequest, email: str, now: datetime
) -> Organization:
    name = request.name or name_from_email(email)
    if request.name is None and name_taken(session, actor, name):
        name = f"{name} ({email})"
    made = create_organization(session, actor, name, now=now, contact_email=email, country=request.country)
    return organization_by_id(session, actor, made)


def _only_customers(found: Organization) -> Organization:
    if found.realm != "customer":
        raise InvalidInput(
            "That is our own organization or staff; licenses are for customers. Give a customer's.", field="userId"
        )
    return found
