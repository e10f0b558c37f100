"""New prices on the lists, each from a day to come, so that what was asked when is never altered."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.reads import Price, price_in_force
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.ids import new_id
from core.money import Money
from core.periods import BillingPeriod, midnight
from db.models.billing import price
from db.session import WriteSession

LARGEST: Final = 10**12  # minor units
_FARTHEST: Final = timedelta(days=3 * 366)


def require_pricing(actor: Actor) -> None:
    """Raise NotPermitted unless the actor may set what everybody is asked: `finance:manage_costs`, admins and owners.

    What one customer is asked is `license:update_tier`, as it is where a license is issued at a price of its own.
    """
    actor.require_vendor()
    if not actor.may(Permission.FINANCE_MANAGE_COSTS):
        raise NotPermitted(
            f"Your role ({actor.role or actor.kind.value}) may not set prices for everybody. "
            f"Ask an owner or admin for the permission “{Permission.FINANCE_MANAGE_COSTS.value}”."
        )


def add_price(
    session: WriteSession,
    actor: Actor,
    tier_id: str,
    period: BillingPeriod,
    amount: Money,
    first: date,
    *,
    now: datetime,
) -> Price:
    """Ask `amount` for a tier from a UTC day on; the day is tomorrow or later. Audited.

    New subscriptions and changes of tier are priced by it; what was agreed before stays. InvalidInput for a list that
    does not exist, Conflict where the list has a price from that day already.
    """
    require_pricing(actor)
    require_amount(amount)
    require_to_come(first, now)
    before = price_in_force(session, tier_id, period, amount.currency, midnight(first))
    if before.amount == amount:
        raise InvalidInput(f"{amount} is the price already. Give another one.", field="amount", code="nothing_changed")
    made = Price(tier_id, period, amount, midnight(first))
    row: dict[str, object] = {"tier_id": tier_id, "billing_period": period, "currency": amount.currency}
    row |= {"id": new_id(), "amount_minor": amount.minor, "valid_from": made.valid_from}
    added = insert(price).values(row).on_conflict_do_nothing().returning(price.c.id)
    if session.execute(added).one_or_none() is None:
        raise Conflict(
            f"This list has a price from {first:%-d %B %Y} already. Take that one back, or choose another day.",
            code="price_on_day",
        )
    told = {"from": first.isoformat(), "amountMinor": amount.minor}
    _record(session, actor, "price.added", made, now, before={"amountMinor": before.amount.minor}, after=told)
    return made


def withdraw_price(
    session: WriteSession,
    actor: Actor,
    tier_id: str,
    period: BillingPeriod,
    currency: str,
    first: date,
    *,
    now: datetime,
) -> None:
    """Take back a price that has not begun; NotFound where there is none from that day. Audited."""
    require_pricing(actor)
    require_to_come(first, now)
    mine = (price.c.tier_id == tier_id) & (price.c.billing_period == period) & (price.c.currency == currency)
    gone = delete(price).where(mine, price.c.valid_from == midnight(first)).returning(price.c.amount_minor)
    amount = session.execute(gone).scalar_one_or_none()
    if amount is None:
        raise NotFound(f"This list has no price from {first:%-d %B %Y}.")
    was = Price(tier_id, period, Money(amount, currency), midnight(first))
    told = {"from": first.isoformat(), "amountMinor": amount}
    _record(session, actor, "price.withdrawn", was, now, before=told)


def require_amount(amount: Money) -> None:
    """Raise InvalidInput for an amount below zero, or beyond what anybody asks."""
    if not 0 <= amount.minor <= LARGEST:
        raise InvalidInput("A price is nothing or more, and no more than ten figures.", field="amount")


def require_to_come(first: date, now: datetime) -> None:
    """Raise InvalidInput unless a UTC day is tomorrow or later, and within three years."""
    today = now.astimezone(UTC).date()
    if not today < first <= today + _FARTHEST:
        raise InvalidInput(
            "Let it begin tomorrow or later, within three years: what was asked until today stays as it was.",
            field="from",
            code="not_to_come",
        )


def _record(
    session: WriteSession,
    actor: Actor,
    action: str,
    of: Price,
    now: datetime,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    target = ("price", f"{of.tier_id}/{of.billing_period}/{of.amount.currency}")
    audit.record(session, actor, action, target, now=now, before=before, after=after)
