"""Percentage charges: a share of what each event moved, and a fixed fee an event."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.billing.charges_tiers import (
    ZERO,
    ChargeLine,
    Tier,
    line,
    require_price,
    require_tiers,
    require_units,
    said,
    stretches,
)
from core.errors import InvalidInput

_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Percentage:
    """`rate` percent of the units and `fixed` an event, each event no less than `least` and no more than `most`.

    Free are the first `free_events` events up to `free_units` units together, whichever ends first; of an event that
    crosses the free units the rest is charged.
    """

    rate: Decimal
    fixed: Decimal = ZERO
    free_units: Decimal | None = None
    free_events: int | None = None
    least: Decimal | None = None
    most: Decimal | None = None

    def __post_init__(self) -> None:
        require_price(self.rate, "rate")
        require_price(self.fixed, "fixed")
        for name in ("free_units", "least", "most"):
            value: Decimal | None = getattr(self, name)
            if value is not None:
                require_price(value, {"free_units": "freeUnits"}.get(name, name))
        if self.free_events is not None and self.free_events < 0:
            raise InvalidInput("Free events are counted from 0 up.", field="freeEvents")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise InvalidInput("The least an event costs is no more than the most.", field="least")

    @property
    def by_event(self) -> bool:
        """Whether it needs to know each event, rather than only what they add up to."""
        return any((self.fixed, self.free_events is not None, self.least is not None, self.most is not None))


@dataclass(frozen=True)
class GraduatedPercentage:
    """Tiers of which `price` is percent of the units in them, and `flat` a fee once they are reached."""

    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        require_tiers(self.tiers)


def percentage(charge: Percentage, units: Decimal, events: Sequence[Decimal] = ()) -> tuple[ChargeLine, ...]:
    """Return the share of the units that are not free and the fees of the events that aren't.

    `events` hold the units of each event in the order they came, and add up to `units`; where the charge has nothing
    that is counted by event, they may be left out.
    """
    require_units(units)
    for event in events:
        require_units(event)
    if events and sum(events, ZERO) != units:
        raise InvalidInput("The events' units don't add up to the units.", field="events")
    if charge.by_event and units and not events:
        raise InvalidInput("This charge is counted by event: give the units of each.", field="events")
    paid = _paid(charge, events or ((units,) if units else ()))
    if charge.least is not None or charge.most is not None:
        return _bounded(charge, paid)
    moved = sum(paid, ZERO)
    found = [line(f"{said(charge.rate)}% of the amount", moved, charge.rate / _HUNDRED)] if moved else []
    if charge.fixed and paid:
        found.append(line("Fee for each event", Decimal(len(paid)), charge.fixed))
    return tuple(found)


def graduated_percentage(charge: GraduatedPercentage, units: Decimal) -> tuple[ChargeLine, ...]:
    """Return a line for each tier with units in it, and its flat fee; no units still pay the first tier's fee."""
    require_units(units)
    found = []
    for stretch in stretches(charge.tiers):
        inside, tier = stretch.holds(units), stretch.tier
        if inside:
            found.append(line(f"{said(tier.price)}% of {stretch.text.lower()}", inside, tier.price / _HUNDRED))
        if tier.flat and (inside or stretch.above == 0):
            found.append(line(f"Flat fee: {stretch.text.lower()}", Decimal(1), tier.flat))
    return tuple(found)


def _paid(charge: Percentage, events: Sequence[Decimal]) -> list[Decimal]:
    """Return the units charged of each event that is not free."""
    if charge.free_units is None and charge.free_events is None:
        return list(events)
    most = len(events) if charge.free_events is None else charge.free_events
    left = charge.free_units
    paid = []
    for at, event in enumerate(events):
        free = ZERO if at >= most else event if left is None else min(event, left)
        if left is not None:
            left -= free
        if free < event or at >= most:
            paid.append(event - free)
    return paid


def _bounded(charge: Percentage, paid: Sequence[Decimal]) -> tuple[ChargeLine, ...]:
    """Events at their own price, between the least and the most: a line for each price that came up."""
    prices = [_within(charge, event * charge.rate / _HUNDRED + charge.fixed) for event in paid]
    if not prices:
        return ()
    text = f"{said(charge.rate)}% of each event"
    if charge.fixed:
        text += f" and {said(charge.fixed)}"
    bounds = [
        f"{word} {said(value)}" for word, value in (("at least", charge.least), ("at most", charge.most)) if value
    ]
    text = f"{text}, {', '.join(bounds)}"
    return tuple(line(text, Decimal(prices.count(price)), price) for price in dict.fromkeys(prices))


def _within(charge: Percentage, price: Decimal) -> Decimal:
    at_least = price if charge.least is None else max(price, charge.least)
    return at_least if charge.most is None else min(at_least, charge.most)
