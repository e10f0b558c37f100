"""What was agreed with one customer in place of the list: a price for a tier and period, from and until when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.price_writes import require_amount
from core.billing.reads import price_in_force
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import new_id
from core.money import Money
from core.periods import BillingPeriod
from db.models.organizations import organization
from db.models.prices import custom_price
from db.session import ReadSession, WriteSession

LONGEST_REASON = 1_000
_own = custom_price.c


@dataclass(frozen=True)
class CustomPrice:
    """A price of one customer; `ends_at` None holds until somebody ends it, `customer` is their name."""

    id: UUID
    organization_id: UUID
    customer: str
    tier_id: str
    billing_period: BillingPeriod
    amount: Money
    starts_at: datetime
    ends_at: datetime | None
    reason: str
    by: str


@dataclass(frozen=True)
class AgreedPrice:
    """What a customer is asked for a period; `custom` where it was agreed with them, then `until` when."""

    amount: Money
    custom: bool
    until: datetime | None = None


def agreed_price(
    session: ReadSession, organization_id: UUID, tier_id: str, period: BillingPeriod, currency: str, at: datetime
) -> AgreedPrice:
    """Return what a customer is asked at an instant: their own price where one is in force, else the list's.

    Asks no permission: for what is priced, within the tenancy of the session. InvalidInput where no list has it.
    """
    statement = (
        select(_own.amount_minor, _own.ends_at)
        .where(_list(organization_id, tier_id, period, currency), _own.starts_at <= at)
        .where(or_(_own.ends_at.is_(None), _own.ends_at > at))
        .order_by(_own.starts_at.desc(), _own.id.desc())
        .limit(1)
    )
    row = session.execute(statement).one_or_none()
    if row is not None:
        return AgreedPrice(Money(row.amount_minor, currency), True, row.ends_at)
    return AgreedPrice(price_in_force(session, tier_id, period, currency, at).amount, False)


def custom_prices(
    session: ReadSession,
    actor: Actor,
    *,
    organization_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 200,
) -> tuple[CustomPrice, ...]:
    """Return prices that were agreed with a customer, or with any, the last agreed first; needs `finance:read`.

    `before` is the id of the last one of the page before.
    """
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    statement = (
        select(custom_price, organization.c.name.label("customer"))
        .join(organization, organization.c.id == _own.organization_id)
        .order_by(_own.id.desc())
        .limit(limit)
    )
    if organization_id is not None:
        statement = statement.where(_own.organization_id == organization_id)
    if before is not None:
        statement = statement.where(_own.id < before)
    return tuple(_custom(row) for row in session.execute(statement))


def agree_price(
    session: WriteSession,
    actor: Actor,
    organization_id: UUID,
    tier_id: str,
    period: BillingPeriod,
    amount: Money,
    *,
    reason: str,
    now: datetime,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> UUID:
    """Ask a customer `amount` for a tier from now or `starts_at` on, and return its id; needs `license:update_tier`.

    One of the same list that still runs ends where it begins. What is already subscribed to keeps its price until it is
    changed. Raises Conflict where one begins later already, InvalidInput for a past start or an end before it.
    """
    why = _asked(actor, organization_id, amount, reason)
    begins = starts_at or now
    if begins < now:
        raise InvalidInput("Let it begin now or later: what was asked before stays as it was.", field="from")
    if ends_at is not None and ends_at <= begins:
        raise InvalidInput("Let it end after it begins, or leave the end away.", field="until")
    price_in_force(session, tier_id, period, amount.currency, begins)
    # Of two who agree something with one customer, the second waits here and then finds what the first has written.
    if (
        session.execute(
            select(organization.c.id).where(organization.c.id == organization_id).with_for_update(key_share=True)
        ).one_or_none()
        is None
    ):
        raise NotFound("There is no such customer.")
    mine = _list(organization_id, tier_id, period, amount.currency)
    if session.execute(select(_own.id).where(mine, _own.starts_at > begins).limit(1)).one_or_none() is not None:
        raise Conflict("A price that begins later was agreed already. End that one first.", code="later_price")
    session.execute(
        update(custom_price).where(mine, or_(_own.ends_at.is_(None), _own.ends_at > begins)).values(ends_at=begins)
    )
    made = new_id()
    row = {"tier_id": tier_id, "billing_period": period, "currency": amount.currency, "amount_minor": amount.minor}
    row |= {"id": made, "organization_id": organization_id, "starts_at": begins, "ends_at": ends_at}
    session.execute(insert(custom_price).values(**row, reason=why, by=actor.label, created_at=now))
    told = {"tier": tier_id, "billingPeriod": period, "amountMinor": amount.minor, "currency": amount.currency}
    told |= {"from": begins.isoformat(), "until": ends_at.isoformat() if ends_at else None}
    _record(session, actor, "custom_price.agreed", made, organization_id, why, now, after=told)
    return made


def end_custom_price(session: WriteSession, actor: Actor, custom_price_id: UUID, *, reason: str, now: datetime) -> None:
    """Ask the list's price again from now on; needs `license:update_tier`. Conflict where it has ended already."""
    actor.require_vendor()
    actor.require(Permission.LICENSE_UPDATE_TIER)
    row = session.execute(select(custom_price).where(_own.id == custom_price_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("There is no such price.")
    why = _asked(actor, row.organization_id, Money(row.amount_minor, row.currency), reason)
    if row.ends_at is not None and row.ends_at <= now:
        raise Conflict("This price has ended already.", code="already_ended")
    # One that has not begun ends where it would have begun, so it never held.
    session.execute(update(custom_price).where(_own.id == custom_price_id).values(ends_at=max(now, row.starts_at)))
    before = {"until": row.ends_at.isoformat() if row.ends_at else None}
    _record(session, actor, "custom_price.ended", custom_price_id, row.organization_id, why, now, before=before)


def _asked(actor: Actor, organization_id: UUID, amount: Money, reason: str) -> str:
    actor.require_vendor()
    actor.require(Permission.LICENSE_UPDATE_TIER)
    require_amount(amount)
    why = reason.strip()
    if not why or len(why) > LONGEST_REASON:
        raise InvalidInput(
            f"Say why, in up to {LONGEST_REASON:,} characters: whoever renews it will ask.", field="reason"
        )
    return why


def _list(organization_id: UUID, tier_id: str, period: BillingPeriod, currency: str) -> Any:
    return (
        (_own.organization_id == organization_id)
        & (_own.tier_id == tier_id)
        & (_own.billing_period == period)
        & (_own.currency == currency)
    )


def _custom(row: Row[Any]) -> CustomPrice:
    said = {name: getattr(row, name) for name in CustomPrice.__dataclass_fields__ if name != "amount"}
    return CustomPrice(**said, amount=Money(row.amount_minor, row.currency))


def _record(
    session: WriteSession,
    actor: Actor,
    action: str,
    custom_price_id: UUID,
    organization_id: UUID,
    reason: str,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    target = ("custom_price", str(custom_price_id))
    audit.record(
        session,
        actor,
        action,
        target,
        now=now,
        organization_id=organization_id,
        reason=reason,
        before=before,
        after=after,
    )
