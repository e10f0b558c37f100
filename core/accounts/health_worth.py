"""Health beside what customers pay: whom to keep first, of those who are worth most."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.customers import AT_RISK_BELOW
from core.accounts.reads import in_force, may_see_customers
from core.finance.reads import exchange_rates
from core.money import Money
from db.models.accounts import customer_card
from db.session import ReadSession

MOST = 500


@dataclass(frozen=True)
class Worth:
    """A paying customer's health and MRR, in the reporting currency at today's rate."""

    organization_id: UUID
    name: str
    install_id: str
    health: float
    mrr: Money

    @property
    def at_risk(self) -> bool:
        """Whether its health lies below 50."""
        return self.health < AT_RISK_BELOW


def health_and_worth(session: ReadSession, actor: Actor, *, now: datetime) -> tuple[Worth, ...]:
    """Return the paying customers in force whose health is known, who pay most first, 500 at most.

    Needs `culture:read`, `customer:read` and `finance:read`.
    """
    may_see_customers(actor)
    actor.require(Permission.CULTURE_READ)
    actor.require(Permission.FINANCE_READ)
    c = customer_card.c
    columns = select(c.organization_id, c.name, c.install_id, c.health, c.mrr_minor, c.currency)
    known = columns.where(*in_force(now), c.health.is_not(None), c.mrr_minor > 0)
    rates, today = exchange_rates(session), now.date()
    return tuple(
        Worth(
            row.organization_id,
            row.name,
            row.install_id,
            float(row.health),
            rates.report([Money(row.mrr_minor, row.currency)], today),
        )
        for row in session.execute(known.order_by(c.by_mrr.desc(), c.organization_id).limit(MOST))
    )
