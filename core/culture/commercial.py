"""The money facts that health and upsells weigh, read from billing as far as it knows them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.access.actor import Actor
from core.billing import reads as billing
from core.billing.invoices.ageing import PaymentStanding, payment_standing
from core.culture.account import Commercial
from core.culture.upsell_contacts import last_contacts
from core.licensing.reads import License
from core.money import Money
from core.periods import BillingPeriod
from core.support.reads import open_urgent_tickets
from db.session import ReadSession

DEFAULT_CURRENCY = "USD"
DEFAULT_PERIOD: BillingPeriod = "monthly"


def commercial_facts(
    session: ReadSession, actor: Actor, licenses: Sequence[License], now: datetime, prices: Sequence[billing.Price]
) -> dict[str, Commercial]:
    """Return by install what each license is worth now and what each tier would be, at list prices of its period."""
    agreed = billing.active_subscriptions(session, actor, [each.id for each in licenses])
    owners = list({each.organization_id for each in licenses})
    standings = payment_standing(session, owners, now)
    urgent, called = open_urgent_tickets(session, owners, now=now), last_contacts(session, owners, now)
    return {
        each.install_id: replace(
            _worth(each, agreed.get(each.id), prices),
            urgent_tickets=urgent.get(each.organization_id, 0),
            contacted_at=called.get(each.organization_id),
            **_paying(standings.get(each.organization_id)),
        )
        for each in licenses
    }


def _paying(standing: PaymentStanding | None) -> dict[str, Any]:
    """Return what invoices tell of how a customer pays; nothing of one who never had any."""
    if standing is None:
        return {}
    return {"days_late": standing.days_late, "payment_failed": standing.payment_failed}


def _worth(license: License, agreed: billing.Subscription | None, prices: Sequence[billing.Price]) -> Commercial:
    currency = agreed.amount.currency if agreed else DEFAULT_CURRENCY
    period = agreed.billing_period if agreed else DEFAULT_PERIOD
    listed = {p.tier_id: p.mrr for p in prices if p.billing_period == period and p.amount.currency == currency}
    # Who pays nothing owes nothing; what payers owe is told by invoices, where there were any.
    owed = 0 if agreed is None and license.term != "paid" else None
    return Commercial(
        mrr=agreed.mrr if agreed else Money(0, currency),
        list_mrr=listed,
        days_late=owed,
    )
