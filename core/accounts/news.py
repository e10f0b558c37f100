"""What is new of customers and licenses: who fell in health, what was issued and what was revoked."""

from datetime import datetime

from sqlalchemy import and_, func, select

from core.access.actor import Actor
from core.accounts.customers import Customer, LicenseNews
from core.accounts.reads import as_customer, columns, may_see_customers
from db.models.accounts import customer_card
from db.models.licensing import license as licenses
from db.models.organizations import organization
from db.session import ReadSession


def health_fallen(
    session: ReadSession, actor: Actor, least: int, *, now: datetime, limit: int = 10
) -> tuple[int, tuple[Customer, ...]]:
    """Return how many customers' health fell by `least` points or more within a week, and who fell furthest."""
    may_see_customers(actor)
    drop = customer_card.c.health_week_ago - customer_card.c.health
    fell = and_(drop >= least, customer_card.c.revoked_at.is_(None))
    total = session.execute(select(func.count()).select_from(customer_card).where(fell)).scalar_one()
    furthest = select(*columns(now)).where(fell).order_by(drop.desc(), customer_card.c.organization_id).limit(limit)
    return total, tuple(as_customer(row, actor) for row in session.execute(furthest))


def license_news(session: ReadSession, actor: Actor, since: datetime, *, now: datetime) -> tuple[LicenseNews, ...]:
    """Return what was issued or revoked after `since`, newest first."""
    may_see_customers(actor)
    found = []
    for word, at in (("issued", licenses.c.issued_at), ("revoked", licenses.c.revoked_at)):
        statement = (
            select(
                licenses.c.organization_id,
                organization.c.name.label("organization"),
                licenses.c.install_id,
                licenses.c.tier_id,
                at.label("at"),
            )
            .join(organization, organization.c.id == licenses.c.organization_id)
            .where(at > since, at <= now)
        )
        found += [LicenseNews(what=word, **row._mapping) for row in session.execute(statement)]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))
