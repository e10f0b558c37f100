"""Who a customer of Stripe's is here, and what taking Stripe's objects into our books needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from core.access.actor import Actor
from core.billing.stripe.reads import customers_linked, kept
from core.billing.stripe.writes import became
from core.ids import new_id
from core.imports.reads import is_demo
from core.organizations.past_customers import PastCustomer, add_past_customers
from core.organizations.reads import customer_by_contact, names
from db.session import ReadSession, WriteSession

SOURCE: Final = "Stripe"


@dataclass(frozen=True)
class Taking:
    """Who acts, when it happened by Stripe's word, and now."""

    session: WriteSession
    actor: Actor
    at: datetime
    now: datetime


def may_take(session: ReadSession) -> bool:
    """Whether Stripe's customers belong here: not into the demo world, unless somebody has put one there on purpose."""
    return not is_demo(session) or customers_linked(session) > 0


def take_customer(taking: Taking, customer_id: str) -> UUID | None:
    """Return whom a customer of Stripe's is here: known already, named in its metadata, found by e-mail, or added.

    None for one that was deleted before it was ever taken in.
    """
    found = kept(taking.session, "customer", customer_id)
    if found is None or found.organization_id is not None or found.deleted:
        return found.organization_id if found else None
    organization_id = _same(taking, found.payload) or _added(taking, found.payload)
    became(taking.session, "customer", customer_id, organization_id=organization_id, our_id=organization_id)
    return organization_id


def _same(taking: Taking, customer: Mapping[str, Any]) -> UUID | None:
    named = (customer.get("metadata") or {}).get("organization_id")
    known = {str(one): one for one in names(taking.session, taking.actor)} if named else {}
    if named in known and known[named] != taking.actor.organization_id:
        return known[named]
    email = _email(customer)
    found = customer_by_contact(taking.session, taking.actor, email) if email else None
    return found.id if found else None


def _added(taking: Taking, customer: Mapping[str, Any]) -> UUID:
    made = new_id()
    said = next(str(one) for one in (customer.get("name"), _email(customer), customer["id"]) if str(one or "").strip())
    since = datetime.fromtimestamp(customer["created"], UTC)
    country = (customer.get("address") or {}).get("country")
    new = PastCustomer(made, said[:200], since, country, None, _email(customer))
    add_past_customers(taking.session, taking.actor, [new], SOURCE, now=taking.now)
    return made


def _email(customer: Mapping[str, Any]) -> str | None:
    return str(customer.get("email") or "").strip().lower() or None
