"""What usage costs on each tier, from when on: charges by meter and currency as rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.charges import Charge
from core.billing.charges_stored import as_json, charge_of
from core.billing.price_writes import require_pricing, require_to_come
from core.billing.reads import price_in_force
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import new_id
from core.money import Money
from core.periods import midnight
from core.usage.meters import METERS
from db.models.prices import usage_price
from db.session import ReadSession, WriteSession

LONGEST_LABEL: Final = 80
_own = usage_price.c
_KEY = (_own.tier_id, _own.meter, _own.currency)


@dataclass(frozen=True)
class UsagePrice:
    """What a meter costs on a tier from `valid_from` on; `charge` None where it costs nothing from then on.

    With `beyond_limit` only units above the limit in force are charged.
    """

    id: UUID
    tier_id: str
    meter: str
    currency: str
    label: str
    beyond_limit: bool
    charge: Charge | None
    valid_from: datetime
    by: str

    def billable(self, used: Decimal, limit: int | None) -> Decimal:
        """Return the units to charge of those used, `limit` None being UNLIMITED: nothing lies beyond it."""
        if not self.beyond_limit:
            return used
        return Decimal(0) if limit is None else max(used - limit, Decimal(0))


def charges_of(session: ReadSession, tier_id: str, at: datetime, currency: str | None = None) -> tuple[UsagePrice, ...]:
    """Return what usage costs on a tier at an instant, in one currency or in each; asks no permission.

    Amounts of their lines are in major units of the currency, exact.
    """
    return tuple(one for one in _in_force(session, at, tier_id, currency) if one.charge is not None)


def usage_prices(session: ReadSession, actor: Actor, at: datetime) -> tuple[UsagePrice, ...]:
    """Return what usage costs on every tier at an instant, by tier, meter and currency; needs `finance:read`."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    return tuple(one for one in _in_force(session, at) if one.charge is not None)


def usage_price_named(
    session: ReadSession, actor: Actor, tier_id: str, meter: str, currency: str, at: datetime
) -> tuple[UsagePrice, Charge]:
    """Return what a meter costs on a tier at an instant, and its charge; NotFound where it costs nothing."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    for one in charges_of(session, tier_id, at, currency):
        if one.meter == meter and one.charge is not None:
            return one, one.charge
    raise NotFound(f"Nothing is charged for {meter[:80]} on {tier_id[:80]} in {currency}.")


def usage_price_versions(session: ReadSession, actor: Actor) -> tuple[UsagePrice, ...]:
    """Return every version, by tier, meter and currency, the newest first; needs `finance:read`."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    rows = session.execute(select(usage_price).order_by(*_KEY, _own.valid_from.desc()))
    return tuple(_usage_price(row) for row in rows)


def set_usage_price(
    session: WriteSession,
    actor: Actor,
    tier_id: str,
    meter: str,
    currency: str,
    first: date,
    definition: Mapping[str, Any] | None,
    *,
    now: datetime,
    label: str | None = None,
    beyond_limit: bool = True,
) -> UUID:
    """Charge a meter on a tier from a UTC day on, tomorrow or later, and return the version's id. Audited.

    `definition` is as `charge_of` reads it, None ends the charge. InvalidInput, naming the field, for what is no
    charge; Conflict where a version begins on that day already.
    """
    require_pricing(actor)
    require_to_come(first, now)
    Money(0, currency)
    # The price list says which tiers and currencies there are.
    price_in_force(session, tier_id, "monthly", currency, now)
    if meter not in METERS:
        raise InvalidInput(f"There is no meter “{meter[:80]}”. Give one of: {', '.join(METERS)}.", field="meter")
    charge = None if definition is None else charge_of(definition)
    named = (label or "").strip() or METERS[meter].label + (" beyond the limit" if beyond_limit else "")
    if len(named) > LONGEST_LABEL:
        raise InvalidInput(f"Name it in up to {LONGEST_LABEL} characters.", field="label")
    made, stored = new_id(), None if charge is None else as_json(charge)
    row = {"tier_id": tier_id, "meter": meter, "currency": currency, "label": named, "beyond_limit": beyond_limit}
    row |= {"id": made, "definition": stored, "valid_from": midnight(first), "by": actor.label, "created_at": now}
    added = insert(usage_price).values(row).on_conflict_do_nothing().returning(_own.id)
    if session.execute(added).one_or_none() is None:
        raise Conflict(
            f"What this costs from {first:%-d %B %Y} was set already. Choose another day.", code="price_on_day"
        )
    told = {"from": first.isoformat(), "label": named, "beyondLimit": beyond_limit, "charge": stored}
    target = ("usage_price", f"{tier_id}/{meter}/{currency}")
    audit.record(session, actor, "usage_price.set", target, now=now, after=told)
    return made


def _in_force(
    session: ReadSession, at: datetime, tier_id: str | None = None, currency: str | None = None
) -> list[UsagePrice]:
    statement = select(usage_price).where(_own.valid_from <= at)
    if tier_id is not None:
        statement = statement.where(_own.tier_id == tier_id)
    if currency is not None:
        statement = statement.where(_own.currency == currency)
    newest = statement.ext(distinct_on(*_KEY)).order_by(*_KEY, _own.valid_from.desc())
    return [_usage_price(row) for row in session.execute(newest)]


def _usage_price(row: Row[Any]) -> UsagePrice:
    said = {name: getattr(row, name) for name in UsagePrice.__dataclass_fields__ if name != "charge"}
    return UsagePrice(**said, charge=None if row.definition is None else charge_of(row.definition))
