"""Filters of a query from what a question chose and bounded, with numbers in the units that the catalogue takes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from core.ask.slots import Bound, Chosen, Slots
from core.metrics.catalog import METRICS
from core.metrics.fields import DIMENSIONS, ENTITIES
from core.metrics.query import Entity, Filter, Operator

# What a bound on a number of the catalogue is a bound on, row by row.
FIELDS: Final[Mapping[Entity, Mapping[str, str]]] = {
    "customers": {
        **{"mrr": "mrr", "average_health": "health", "events": "usage_30d", "limit_share": "limit_share"},
        **{"open_upsells": "upsells", "at_risk_mrr": "mrr"},
    },
    "upsells": {"expected": "expected", "upsell_value": "expected", "mrr": "expected"},
    "subscriptions": {"mrr": "mrr"},
    "movements": {"mrr": "change"},
}
_MOST_FILTERS: Final = 12
_MOST_VALUES: Final = 50
_MOST_NUMBER: Final = 10**12
_UPPER: Final = frozenset({"open_upsells", "upsell_value"})


@dataclass
class Narrowed:
    """Filters, what they took for granted, and why one of them can't be made."""

    filters: list[Filter] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    misfit: str = ""


def of_metrics(slots: Slots, metrics: Iterable[str]) -> Narrowed:
    """Return the filters for numbers: on dimensions that each of them has, and bounds on the numbers themselves."""
    made, asked = Narrowed(), tuple(metrics)
    for member, op, values in _grouped(slots.chosen):
        for metric_id in asked:
            one = METRICS[metric_id]
            if member not in one.dimensions:
                known = ", ".join(DIMENSIONS[each].label.lower() for each in one.dimensions)
                made.misfit = f"{one.label} is not known by {DIMENSIONS[member].label.lower()}. " + (
                    f"It can be narrowed by {known}." if known else "It can't be narrowed to a part."
                )
        if member == "priority":
            values = _priorities(values, upper=bool(_UPPER & set(asked)))
        made.filters += _filter(made, member, op, values)
    for bound in slots.bounds:
        if bound.member not in METRICS:
            made.misfit = "It is not clear what the number is compared with."
            continue
        _bounded(made, bound, bound.member, METRICS[bound.member].unit)
    return _bearable(made)


def of_rows(slots: Slots, entity: Entity) -> Narrowed:
    """Return the filters for rows of an entity: on its fields."""
    made, fields = Narrowed(), ENTITIES[entity]
    for member, op, values in _grouped(slots.chosen):
        name = "name" if member == "customer" and entity == "customers" else member
        if name not in fields:
            made.misfit = f"{entity.capitalize()} are not known by {DIMENSIONS[member].label.lower()}."
            continue
        kept = _priorities(values, upper=True) if member == "priority" else values
        made.filters += _filter(made, name, op, kept)
    for bound in slots.bounds:
        name = FIELDS[entity].get(bound.member, "")
        if name not in fields:
            known = METRICS[bound.member].label if bound.member in METRICS else "that number"
            made.misfit = f"{entity.capitalize()} can't be narrowed by {known}."
            continue
        _bounded(made, bound, name, fields[name].unit)
    return _bearable(made)


def _filter(made: Narrowed, member: str, op: Operator, values: tuple[str, ...]) -> list[Filter]:
    if len(values) > _MOST_VALUES:
        made.misfit = f"Those are too many values at once. Ask with {_MOST_VALUES} or fewer."
        return []
    return [Filter(member=member, op=op, values=values)]


def _bearable(made: Narrowed) -> Narrowed:
    """Hold filters to what a query takes."""
    if len(made.filters) > _MOST_FILTERS:
        made.misfit, made.filters = "Those are too many conditions at once. Ask with fewer.", []
    return made


def _grouped(chosen: Iterable[Chosen]) -> list[tuple[str, Operator, tuple[str, ...]]]:
    """Return chosen values by dimension, those left out apart."""
    groups: dict[tuple[str, bool], list[str]] = {}
    for one in chosen:
        values = groups.setdefault((one.member, one.left_out), [])
        if one.value not in values:
            values.append(one.value)
    ops: dict[tuple[bool, bool], Operator] = {
        (False, True): "eq",
        (False, False): "in",
        (True, True): "ne",
        (True, False): "not_in",
    }
    return [(member, ops[out, len(values) == 1], tuple(values)) for (member, out), values in groups.items()]


def _priorities(values: Iterable[str], *, upper: bool) -> tuple[str, ...]:
    return tuple(value.upper() if upper else value.lower() for value in values)


def _bounded(made: Narrowed, bound: Bound, name: str, unit: str) -> None:
    number = bound.number
    if number >= _MOST_NUMBER:
        made.misfit = f"{plainly(number)} is more than anything here can be."
        return
    if unit == "share":
        if bound.unit == "%" or number > Decimal("1.5"):
            number /= 100
        if bound.unit != "%" and number != bound.number:
            made.assumptions.append(f"{bound.number} is read as {bound.number}%.")
    elif unit == "money" and bound.unit not in {"", "money"}:
        made.misfit = "Amounts are in dollars here: give the bound in dollars."
    elif (unit == "money" and bound.unit == "%") or (unit not in {"money", "score"} and bound.unit):
        made.misfit = f"{bound.number}{bound.unit} does not fit what it is compared with."
    made.filters.append(Filter(member=name, op=bound.op, values=(plainly(number),)))


def plainly(number: Decimal) -> str:
    """Return a number without exponent or trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
