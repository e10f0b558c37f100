"""How a customer is billed: its legal name and address, terms, currency and seller."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.addresses import Address, address_columns, address_from, checked_address
from core.billing.invoices.sellers import MOST_NET_DAYS, Seller, all_sellers
from core.errors import Conflict, InvalidInput, NotFound
from core.money import Money
from db.models.invoices import billing_profile
from db.models.organizations import organization
from db.session import ReadSession, WriteSession


@dataclass(frozen=True)
class BillingProfile:
    """How one customer is billed; `own` is False where all of it is taken from the customer's record.

    `net_days`, `currency` and `seller_id` None: as the seller says, as each subscription says, the vendor's first.
    """

    organization_id: UUID
    address: Address
    net_days: int | None = None
    purchase_order: str | None = None
    currency: str | None = None
    seller_id: UUID | None = None
    dunning_paused: bool = False
    own: bool = True


def profile_of(session: ReadSession, actor: Actor, organization_id: UUID) -> BillingProfile:
    """Return how a customer is billed; needs `finance:read`, and a customer's people see their own."""
    actor.require(Permission.FINANCE_READ)
    actor.require_sight_of(organization_id)
    found = profiles_of(session, [organization_id])
    if organization_id not in found:
        raise NotFound("There is no such customer.")
    return found[organization_id]


def profiles_of(session: ReadSession, organization_ids: Collection[UUID]) -> dict[UUID, BillingProfile]:
    """Return how customers are billed, by their ids, for callers that have asked for a permission."""
    statement = (
        select(
            billing_profile,
            organization.c.id,
            organization.c.name,
            organization.c.country.label("known_country"),
            organization.c.contact_email,
        )
        .select_from(organization)
        .outerjoin(billing_profile, billing_profile.c.organization_id == organization.c.id)
        .where(organization.c.id.in_(organization_ids), organization.c.realm == "customer")
    )
    return {row.id: _profile(row) for row in session.execute(statement)}


def change_profile(session: WriteSession, actor: Actor, changed: BillingProfile, *, now: datetime) -> BillingProfile:
    """Bill a customer so from the next draft on; needs `invoice:create`, and is audited."""
    actor.require_vendor()
    actor.require(Permission.INVOICE_CREATE)
    before = profile_of(session, actor, changed.organization_id)
    address = checked_address(changed.address)
    if changed.net_days is not None and not 0 <= changed.net_days <= MOST_NET_DAYS:
        raise InvalidInput(f"Give from 0 to {MOST_NET_DAYS} days to pay.", field="netDays")
    if changed.currency is not None:
        Money(0, changed.currency)
    if changed.seller_id is not None and changed.seller_id not in {one.id for one in all_sellers(session)}:
        raise InvalidInput("There is no such seller.", field="sellerId")
    made = replace(changed, address=address, own=True, purchase_order=(changed.purchase_order or "").strip() or None)
    row = _row(made, now)
    statement = insert(billing_profile).values(row)
    session.execute(statement.on_conflict_do_update(index_elements=["organization_id"], set_=row))
    audit.record(
        session,
        actor,
        "billing_profile.changed",
        ("billing_profile", str(made.organization_id)),
        now=now,
        organization_id=made.organization_id,
        before=_told(before),
        after=_told(made),
    )
    return made


def seller_for(profile: BillingProfile, known: Collection[Seller]) -> Seller:
    """Return who sells to a customer, or raise Conflict where nobody is set up to."""
    wanted = [one for one in known if profile.seller_id in (None, one.id)]
    if not wanted:
        raise Conflict(
            "Nobody sells yet. Add your company with its address and numbering prefix under invoices, then try again.",
            code="no_seller",
        )
    return wanted[0]


def _profile(row: Row[Any]) -> BillingProfile:
    if row.organization_id is None:
        address = Address(row.name, country=row.known_country or "", email=row.contact_email)
        return BillingProfile(row.id, address, own=False)
    terms = (row.net_days, row.purchase_order, row.currency, row.seller_id, row.dunning_paused)
    return BillingProfile(row.id, address_from(row, row.legal_name), *terms)


def _row(of: BillingProfile, now: datetime) -> dict[str, Any]:
    terms = ("organization_id", "net_days", "purchase_order", "currency", "seller_id", "dunning_paused")
    return {
        **{name: getattr(of, name) for name in terms},
        "legal_name": of.address.name,
        **address_columns(of.address),
        "changed_at": now,
    }


def _told(of: BillingProfile) -> dict[str, Any]:
    return {
        "name": of.address.name,
        "country": of.address.country,
        "vatId": of.address.vat_id,
        "netDays": of.net_days,
        "currency": of.currency,
        "dunningPaused": of.dunning_paused,
    }
