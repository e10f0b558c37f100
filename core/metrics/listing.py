"""Rows of an entity that meet conditions: customers, movements, subscriptions, upsells."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import pandas as pd

from core.access.permissions import Permission
from core.accounts.listing import Condition, list_where
from core.culture.upsell_reads import MOST, Upsell, upsells
from core.finance.drill import movement_rows, subscription_rows
from core.finance.reads import exchange_rates
from core.metrics.answered import Answered, Column
from core.metrics.fields import ENTITIES
from core.metrics.labels import labels
from core.metrics.narrowing import day_bound, narrowed
from core.metrics.query import MOST_ROWS, Entity, Query
from core.metrics.sources import Sight
from core.metrics.spans import default_span, end_of, period_of
from core.money import Money
from core.periods import Period

_USUAL: Final[Mapping[Entity, tuple[str, ...]]] = {
    "customers": ("name", "tier", "status", "mrr", "health", "usage_30d", "last_seen"),
    "movements": ("at", "customer", "kind", "tier", "change"),
    "subscriptions": ("customer", "tier", "interval", "mrr", "since"),
    "upsells": ("customer", "priority", "offer", "expected", "days_left", "sentence"),
}
_MOST: Final = 50
_AT: Final = ENTITIES["movements"]["at"]
_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)


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


def _movements(sight: Sight, query: Query, limit: int) -> pd.DataFrame:
    found = movement_rows(sight.control, sight.actor, _time(sight, query), as_of=sight.as_of, limit=MOST_ROWS).rows
    rows = [
        {
            "at": one.at,
            "customer": one.customer,
            "kind": one.kind,
            "tier": one.tier_id,
            "change": one.reported.minor,
            "organization_id": str(one.organization_id),
        }
        for one in found
    ]
    return narrowed(pd.DataFrame(rows, dtype=object), query, limit)


def _time(sight: Sight, query: Query) -> Period:
    """Return the time whose movements are listed: the query's, what it says of their date, or this month."""
    if query.span is not None:
        return period_of(query.span)
    bounds = {one.op: day_bound(one.values[0], _AT) for one in query.filters if one.member == _AT.id and one.values}
    if not bounds:
        return period_of(default_span("this_month", sight.as_of))
    start = bounds.get("gte") or bounds.get("gt") or _BEGINNING
    return Period(start, bounds.get("lt") or bounds.get("lte") or sight.as_of)


def _subscriptions(sight: Sight, query: Query, limit: int) -> pd.DataFrame:
    at = end_of(query.span, sight.as_of) if query.span else sight.as_of
    found = subscription_rows(sight.control, sight.actor, at=at, limit=MOST_ROWS).rows
    rows = [
        {
            "customer": one.customer,
            "tier": one.tier_id,
            "interval": one.billing_period,
            "mrr": one.reported.minor,
            "since": one.started_at,
            "organization_id": str(one.organization_id),
        }
        for one in found
    ]
    return narrowed(pd.DataFrame(rows, dtype=object), query, limit)


_READERS: Final[Mapping[Entity, Callable[[Sight, Query, int], pd.DataFrame]]] = {
    "customers": _customers,
    "movements": _movements,
    "subscriptions": _subscriptions,
    "upsells": _upsells,
}
