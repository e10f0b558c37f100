"""Dimension values as people read them, and the words of a filter as ids."""

from collections.abc import Collection, Mapping

import pandas as pd
from babel import Locale

from core.accounts.listing import Condition, list_where
from core.billing.reads import products
from core.errors import InvalidInput
from core.licensing.reads import tiers
from core.metrics.fields import DIMENSIONS
from core.metrics.metric import Metric
from core.metrics.query import Filter
from core.metrics.sources import Sight, facts
from core.periods import Period

_COUNTRIES: Mapping[str, str] = Locale("en").territories
_NONE = "not known"


def labels(sight: Sight, dimension: str, values: Collection[object]) -> dict[object, str]:
    """Return the label of each value of a dimension."""
    if dimension == "tier":
        named = {one.id: one.label for one in tiers(sight.control)}
        return {value: named.get(str(value), str(value)) if _known(value) else _NONE for value in values}
    if dimension == "product":
        named = products(sight.control)
        return {value: named.get(str(value), str(value)) if _known(value) else _NONE for value in values}
    if dimension == "country":
        return {value: _COUNTRIES.get(str(value), str(value)) if _known(value) else _NONE for value in values}
    if dimension in {"status", "cost_kind"}:
        return {value: str(value).capitalize() if _known(value) else _NONE for value in values}
    return {value: str(value) if _known(value) else _NONE for value in values}


def where_of(sight: Sight, metric: Metric, period: Period, filters: Collection[Filter]) -> dict[str, list[str]]:
    """Return filters as the values each dimension may have; what is excluded is taken from all there are."""
    made: dict[str, list[str]] = {}
    for one in filters:
        values = _ids(sight, one)
        if one.op in {"ne", "not_in"}:
            found = facts(sight, metric.source, [period], [one.member], {})
            key = "organization_id" if one.member == "customer" else one.member
            values = [str(value) for value in found[key] if str(value) not in values] if len(found) else []
        elif one.op not in {"eq", "in"}:
            raise InvalidInput(f"{DIMENSIONS[one.member].label} can be one of some values, or not.", field="filters")
        made[one.member] = [value for value in values if one.member not in made or value in made[one.member]]
    return made


def _ids(sight: Sight, one: Filter) -> list[str]:
    if one.member != "customer":
        return list(one.values)
    named = [value for value in one.values if not _is_id(value)]
    if not named:
        return list(one.values)
    found = customers_named(sight, named)
    return [value for value in one.values if _is_id(value)] + found


def customers_named(sight: Sight, names: Collection[str]) -> list[str]:
    """Return the ids of customers by their exact names."""
    condition = Condition("name", "in", tuple(names))
    frame: pd.DataFrame = list_where(sight.control, sight.actor, [condition], now=sight.as_of, limit=50)
    return [str(value) for value in frame["organization_id"]]


def _is_id(value: str) -> bool:
    return len(value) == 36 and value.count("-") == 4


def _known(value: object) -> bool:
    return value != "" and not pd.isna(value)  # type: ignore[call-overload]  # one value, not an array
