"""Whether a query can be asked of the catalogue, and by whom: the words are known, the parts fit, the actor may."""

from core.access.actor import Actor
from core.errors import InvalidInput
from core.metrics.catalog import METRICS, metric
from core.metrics.fields import ENTITIES, Field
from core.metrics.metric import Metric
from core.metrics.query import Filter, Query


def require(actor: Actor, query: Query) -> None:
    """Raise NotPermitted or InvalidInput unless the actor may ask this and every part of it fits the others."""
    actor.require_vendor()
    if query.intent == "list":
        _list(actor, query)
        return
    if not query.metrics:
        raise InvalidInput("Say which number you want.", field="metrics")
    for metric_id in query.metrics:
        _fits(actor, metric(metric_id), query)


def _fits(actor: Actor, one: Metric, query: Query) -> None:
    actor.require(one.permission)
    for dimension in query.dimensions:
        _split(one, dimension, "dimensions")
    for condition in query.filters:
        if condition.member in METRICS:
            _shown_too(query, condition)
        else:
            _split(one, condition.member, "filters")


def _shown_too(query: Query, condition: Filter) -> None:
    if condition.member not in query.metrics:
        label = metric(condition.member).label
        raise InvalidInput(f"Rows can be narrowed by {label} where {label} is asked for too.", field="filters")


def _split(one: Metric, dimension: str, field: str) -> None:
    if dimension not in one.dimensions:
        known = f"It can be split by {', '.join(one.dimensions)}." if one.dimensions else "It has no parts."
        raise InvalidInput(f"{one.label} is not known by {dimension[:40]}. {known}", field=field, code="no_dimension")


def _list(actor: Actor, query: Query) -> None:
    if query.entity is None:
        raise InvalidInput("Say what you want listed: customers, movements, subscriptions or upsells.", field="entity")
    fields = ENTITIES[query.entity]
    asked = [*query.metrics, *(one.member for one in query.filters), *([query.order.member] if query.order else [])]
    for name in asked:
        known = field_of(fields, query.entity, name)
        if known.permission is not None:
            actor.require(known.permission)


def field_of(fields: dict[str, Field], entity: str, name: str) -> Field:
    """Return a field of an entity, or raise InvalidInput naming those there are."""
    if name not in fields:
        known = ", ".join(fields)
        raise InvalidInput(f"{entity.capitalize()} have no field “{name[:40]}”. They have {known}.", field="filters")
    return fields[name]


def narrowing(query: Query) -> tuple[list[Filter], list[Filter]]:
    """Return the filters on dimensions, and those on the figures themselves ("by tier where MRR is above 1,000")."""
    having = [one for one in query.filters if one.member in METRICS]
    return [one for one in query.filters if one.member not in METRICS], having
