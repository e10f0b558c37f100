"""Customers of an old system, added as of the day on which they signed up there; nobody is told as if they were new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert

from core.access.actor import Actor
from core.access.audit import record
from core.access.permissions import Permission
from core.organizations.writes import checked_name
from db.models.accounts import card_mark
from db.models.organizations import organization
from db.session import WriteSession


@dataclass(frozen=True)
class PastCustomer:
    """A company that has been a customer since `since`; `id` is the one it gets here."""

    id: UUID
    name: str
    since: datetime
    country: str | None = None
    segment: str | None = None
    email: str | None = None


def add_past_customers(
    session: WriteSession, actor: Actor, customers: Sequence[PastCustomer], source: str, *, now: datetime
) -> None:
    """Add customers, each with its first entry in the audit trail; needs `organization:create`."""
    actor.require(Permission.ORGANIZATION_CREATE)
    actor.require_vendor()
    if not customers:
        return
    session.execute(
        insert(organization),
        [
            {
                "id": one.id,
                "name": checked_name(one.name),
                "realm": "customer",
                "country": one.country,
                "segment": one.segment,
                "contact_email": one.email,
                "created_at": one.since,
            }
            for one in customers
        ],
    )
    session.execute(insert(card_mark), [{"organization_id": one.id, "marked_at": now} for one in customers])
    for one in customers:
        after = {"name": one.name, "country": one.country, "segment": one.segment, "source": source}
        target = ("organization", str(one.id))
        record(session, actor, "organization.imported", target, now=now, organization_id=one.id, after=after)
