"""What a CRM is told of a customer: the company with its health, and the deal that an upsell would be."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import Row, select

from core.access.actor import Actor, system_actor
from core.accounts.customers import Customer
from core.accounts.reads import customers_by_id
from core.billing.reads import price_in_force
from core.config import settings
from core.errors import InvalidInput
from core.licensing.reads import tiers
from core.money import Money
from core.organizations.reads import domains, vendor_id
from db.models.culture import upsell
from db.models.notify import happening
from db.session import ReadSession

# What a deal of these kinds adds is the difference of two list prices; the others have none.
_PRICED: Final = frozenset({"tier", "convert"})
_MONTHS: Final = 12

Facts = Callable[[ReadSession, str, str, UUID], Mapping[str, Any] | None]


def facts_at(now: datetime) -> Facts:
    """Return the function that gives a CRM's gateway the facts of a customer, as they are at `now`."""

    def facts(session: ReadSession, event: str, subject: str, organization_id: UUID) -> Mapping[str, Any] | None:
        return crm_facts(session, event, subject, organization_id, now=now)

    return facts


def crm_facts(
    session: ReadSession, event: str, subject: str, organization_id: UUID, *, now: datetime
) -> Mapping[str, Any] | None:
    """Return `{company, deal}` of what happened, the deal None where it is no upsell's; None where they are gone.

    Amounts are major units as decimal text, in the currency beside them.
    """
    vendor = vendor_id(session)
    if vendor is None:
        return None
    actor = system_actor(vendor)
    found = customers_by_id(session, actor, [organization_id], now=now).get(organization_id)
    if found is None:
        return None
    facts: dict[str, Any] = {"company": _company(session, actor, found), "deal": None}
    if event.startswith("upsell."):
        row = session.execute(select(upsell).where(upsell.c.id == UUID(subject))).one_or_none()
        if row is None:
            return None
        facts["deal"] = _deal(session, found, row, now)
        # A deal that was closed for it, and that is told of as found once more.
        closed = (happening.c.subject == subject) & (happening.c.type == "upsell.closed")
        facts["deal"]["reopened"] = session.execute(select(happening.c.id).where(closed).limit(1)).first() is not None
    return facts


def customer_url(install_id: str) -> str:
    """Return the address of a customer's page in the console."""
    return f"{settings().origin}/customer?install_id={quote(install_id)}"


def _company(session: ReadSession, actor: Actor, found: Customer) -> dict[str, Any]:
    labels = {tier.id: tier.label for tier in tiers(session)}
    hosts = domains(session, actor, found.organization_id)
    return {
        "id": str(found.organization_id),
        "name": found.name,
        "domain": hosts[0] if hosts else None,
        "health": None if found.health is None else round(found.health),
        "band": found.band,
        "tier": labels.get(found.tier_id, found.tier_id),
        "upsells": found.upsells,
        "url": customer_url(found.install_id),
    }


def _deal(session: ReadSession, found: Customer, row: Row[Any], now: datetime) -> dict[str, Any]:
    gain = _gain(session, found, row, now)
    expected = None if row.expected_value_minor is None else Money(row.expected_value_minor, row.currency)
    state, why = row.state, row.sentence
    if state == "gone":
        # Gone, because they have it by now: sold, whoever sold it.
        state = "won" if row.kind in _PRICED and found.tier_id == row.offer else "gone"
        why = f"No longer found. It was: {row.sentence}"
    return {
        "id": str(row.id),
        "name": f"{found.name}: {row.offer_label}",
        "state": state,
        "amount": None if gain is None else str(gain.major()),
        "expected": None if expected is None else str(expected.major()),
        "currency": gain.currency if gain else expected.currency if expected else None,
        "priority": row.priority,
        "rule": row.rule,
        "why": why,
    }


def _gain(session: ReadSession, found: Customer, row: Row[Any], now: datetime) -> Money | None:
    """Return what the offer adds in a year at list price; a CRM weighs it by its own stages."""
    if row.kind not in _PRICED or found.mrr is None:
        return None
    try:
        offered = price_in_force(session, row.offer, "monthly", found.mrr.currency, now).mrr
    except InvalidInput:
        return None
    gain = offered.minor - found.mrr.minor
    return Money(gain * _MONTHS, found.mrr.currency) if gain > 0 else None
