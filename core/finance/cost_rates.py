"""What a unit of metered usage costs us: rates by kind, product and meter, each in force from a day on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import Conflict, InvalidInput, NotFound
from core.finance.entries import COST_KINDS, EARLIEST, LARGEST, CostKind
from core.finance.flows import exchange_rates, product_order
from core.ids import new_id
from core.money import exponent
from core.usage.meters import LEVELS, METERS
from db.models.costs import cost_rate
from db.session import ReadSession, WriteSession

# Meters that a provider's bill could follow: what has a day of its own.
PRICED: Final = tuple(meter.id for meter in METERS.values() if meter.window in {"day", "month", "now"})
DIGITS: Final = 12


@dataclass(frozen=True)
class CostRate:
    """`unit_price` major units of `currency` for `per` units of `meter`; of a level, for a month of them.

    In force on days from `from_on` to `until_on`, both included, as long as no later one of its kind, product and meter
    has begun. Its costs are booked under `kind` and `product_id`.
    """

    id: UUID
    kind: CostKind
    product_id: str | None
    meter: str
    unit_price: Decimal
    per: int
    currency: str
    from_on: date
    until_on: date | None
    made_by: str = ""

    @property
    def names(self) -> tuple[str, str | None, str]:
        """What only one rate is in force for on a day."""
        return self.kind, self.product_id, self.meter


@dataclass(frozen=True)
class NewRate:
    """A rate as it is asked for."""

    kind: CostKind
    meter: str
    unit_price: Decimal
    currency: str
    from_on: date
    per: int = 1
    product_id: str | None = None
    until_on: date | None = None


def rate_on(rates: Sequence[CostRate], day: date) -> CostRate | None:
    """Return which of some rates of one kind, product and meter is in force on a day."""
    begun = [one for one in rates if one.from_on <= day]
    last = max(begun, key=lambda one: one.from_on, default=None)
    return None if last is None or (last.until_on is not None and day > last.until_on) else last


def cost_of(rates: Sequence[CostRate], used: Mapping[date, int], days: int) -> dict[UUID, Decimal]:
    """Return by rate what a month's usage costs, in minor units and not rounded.

    `used` is what each day of the month had of the meter that the rates are of, `days` how many days the month has: a
    level costs its price for a month in which it was there every day.
    """
    found: dict[UUID, Decimal] = {}
    for day, amount in used.items():
        one = rate_on(rates, day)
        if one is not None and amount:
            share = Decimal(amount) / (one.per * (days if one.meter in LEVELS else 1))
            price = (one.unit_price * share).scaleb(exponent(one.currency))
            found[one.id] = found.get(one.id, Decimal(0)) + price
    return found


def cost_rates(session: ReadSession, actor: Actor) -> tuple[CostRate, ...]:
    """Return every rate, those of one kind, product and meter together, oldest first; needs `finance:read`."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    c = cost_rate.c
    statement = select(cost_rate).order_by(c.kind, c.product_id, c.meter, c.from_on)
    return tuple(_rate(row) for row in session.execute(statement))


def add_rate(session: WriteSession, actor: Actor, asked: NewRate, *, now: datetime) -> CostRate:
    """Put a rate in force from its day on and return it; needs `finance:manage_costs`.

    What is booked already stays as it is. InvalidInput for what cannot be, Conflict where one begins that day already.
    """
    _may_manage(actor)
    _check(session, asked)
    made = CostRate(
        *(new_id(), asked.kind, asked.product_id, asked.meter, asked.unit_price, asked.per, asked.currency),
        *(asked.from_on, asked.until_on, actor.label),
    )
    same = [one for one in cost_rates(session, actor) if one.names == made.names and one.from_on == made.from_on]
    if same:
        raise Conflict(
            "A rate of this kind, product and meter begins on that day already. End that one, or choose another day."
        )
    row = {**vars(made), "organization_id": actor.organization_id, "made_at": now}
    session.execute(insert(cost_rate).values(row))
    audit.record(session, actor, "cost_rate.added", ("cost_rate", str(made.id)), now=now, after=told(made))
    return made


def end_rate(session: WriteSession, actor: Actor, rate_id: UUID, *, last_day: date, now: datetime) -> None:
    """Let a rate be in force for the last time on a day; needs `finance:manage_costs`."""
    _may_manage(actor)
    row = session.execute(select(cost_rate).where(cost_rate.c.id == rate_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("There is no such rate.")
    if last_day < row.from_on:
        raise InvalidInput(f"It begins on {row.from_on}: give that day or a later one.", field="until")
    session.execute(update(cost_rate).where(cost_rate.c.id == rate_id).values(until_on=last_day))
    before = {"until": row.until_on and row.until_on.isoformat()}
    target, after = ("cost_rate", str(rate_id)), {"until": last_day.isoformat()}
    audit.record(session, actor, "cost_rate.ended", target, now=now, before=before, after=after)


def price_given(text: str) -> Decimal:
    """Return a unit price that a person typed, in major units (0.023), exactly; InvalidInput otherwise."""
    try:
        price = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or price != round(price, DIGITS):
        raise InvalidInput(f"Give the price as a number with at most {DIGITS} decimals, such as 0.023.", field="price")
    return price


def told(one: CostRate) -> dict[str, str | int | None]:
    """Return a rate as the audit trail and the wire say it."""
    return {
        "kind": one.kind,
        "productId": one.product_id,
        "meter": one.meter,
        "unitPrice": f"{one.unit_price.normalize():f}",
        "per": one.per,
        "currency": one.currency,
        "from": one.from_on.isoformat(),
        "until": None if one.until_on is None else one.until_on.isoformat(),
    }


def _check(session: ReadSession, asked: NewRate) -> None:
    known = product_order(session)
    for value, words, field, what in (
        (asked.kind, COST_KINDS, "kind", "kind of cost"),
        (asked.meter, PRICED, "meter", "meter that a cost can follow"),
        (asked.product_id or "", ("", *known), "productId", "product"),
    ):
        if value not in words:
            raise InvalidInput(
                f"“{value[:40]}” is no {what}. Give one of: {', '.join(each for each in words if each)}.", field=field
            )
    if not 0 < asked.unit_price <= LARGEST or asked.unit_price != round(asked.unit_price, DIGITS):
        raise InvalidInput(f"Give a price above zero with at most {DIGITS} decimals.", field="unitPrice")
    if not 0 < asked.per <= LARGEST:
        raise InvalidInput(
            "Say for how many units the price is: 1, 1,000, or 1,000,000,000 for a gigabyte.", field="per"
        )
    if asked.from_on < EARLIEST or (asked.until_on is not None and asked.until_on < asked.from_on):
        raise InvalidInput(f"Give a first day from {EARLIEST} on, and a last day that is not before it.", field="from")
    # A rate of exchange must exist now, while a person is there to name one.
    exchange_rates(session).on(asked.currency, asked.from_on)


def _may_manage(actor: Actor) -> None:
    actor.require_vendor()
    actor.require(Permission.FINANCE_MANAGE_COSTS)


def _rate(row: Row[tuple[object, ...]]) -> CostRate:
    return CostRate(**{name: getattr(row, name) for name in CostRate.__dataclass_fields__})
