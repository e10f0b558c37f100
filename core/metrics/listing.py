"""Rows of an entity that meet conditions: customers, movements, subscriptions, upsells."""

from collections.abc import Callable, Mapping
from typing import Final

import pandas as pd

from core.access.permissions import Permission
from core.accounts.listing import Condition, list_where
from core.culture.reads import MOST, Upsell, upsells
from core.finance.reads import exchange_rates
from core.metrics.answered import Answered, Column
from core.metrics.fields import ENTITIES
from core.metrics.labels import labels
from core.metrics.narrowing import narrowed
from core.metrics.query import Entity, Query
from core.metrics.sources import Sight
from core.money import Money

_USUAL: Final[Mapping[Entity, tuple[str, ...]]] = {
    "customers": ("name", "tier", "status", "mrr", "health", "usage_30d", "last_seen"),
    "movements": ("at", "customer", "kind", "tier", "change"),
    "subscriptions": ("customer", "tier", "interval", "mrr", "since"),
    "upsells": ("customer", "priority", "offer", "expected", "days_left", "sentence"),
}
_MOST: Final = 50


def listed(sight: Sight, query: Query) -> Answered:
    """Return the rows of a list, with the fields it asks for beside the usual ones."""
    entity = query.entity or "customers"
    limit = query.limit or _MOST
    found = _READERS[entity](sight, query, limit + 1)
    fields = ENTITIES[entity]
    asked = [*query.metrics, *(one.member for one in query.filters), *([query.order.member] if query.order else [])]
    may = sight.actor.may(Permission.FINANCE_READ)
    shown = [
        one
        for one in dict.fromkeys((*_USUAL[entity], *asked))
        if one in found.columns and (may or fields[one].permission is None)
    ]
    keys = [one for one in ("organization_id", "install_id") if one in found.columns]
    frame = found.head(limit)[[*shown, *keys]].reset_index(drop=True)
    for one in {"tier", "country", "status"} & set(shown):
        named = labels(sight, one, set(frame[one]))
        frame = frame.assign(**{one: [named[value] for value in frame[one]]})
    columns = tuple(
        Column(one, fields[one].label, fields[one].unit, "metric" if fields[one].unit != "text" else "dimension")
        for one in shown
    )
    return Answered(
        query=query,
        columns=(*columns, *(Column(one, one, "text", "key") for one in keys)),
        frame=frame,
        span=query.span,
        as_of=sight.as_of,
        truncated=len(found) > limit,
    )


def _customers(sight: Sight, query: Query, limit: int) -> pd.DataFrame:
    conditions = [Condition(one.member, one.op, one.values) for one in query.filters]
    order, descending = ("name", False) if query.order is None else (query.order.member, query.order.descending)
    return list_where(
        sight.control,
        sight.actor,
        conditions,
        now=sight.as_of,
        order=order,
        descending=descending,
        limit=limit,
    )


def _upsells(sight: Sight, query: Query, limit: int) -> pd.DataFrame:
    found = upsells(sight.control, sight.actor, now=sight.as_of, limit=MOST)
    rows = [
        {
            "customer": one.organization,
            "priority": one.priority,
            "rule": one.rule,
            "offer": one.offer_label,
            "expected": _reported(sight, one),
            "days_left": one.days_left,
            "sentence": one.sentence,
            "organization_id": str(one.organization_id),
            "install_id": one.install_id,
        }
        for one in found
    ]
    return narrowed(pd.DataFrame(rows, dtype=object), query, limit)


def _reported(sight: Sight, one: Upsell) -> int | None:
    if one.expected_value_minor is None or one.currency is None:
        return None
    amount = Money(one.expected_value_minor, one.currency)
    return exchange_rates(sight.control).report([amount], sight.as_of.date()).minor


_READERS: Final[Mapping[Entity, Callable[[Sight, Query, int], pd.DataFrame]]] = {
    "customers": _customers,
    "upsells": _upsells,
}
