"""A query as chips: each part of it in words, so that a person sees how the question was read and can change it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from babel import Locale

from core.ask import values
from core.metrics.catalog import METRICS
from core.metrics.fields import DIMENSIONS, ENTITIES, Field
from core.metrics.query import Filter, Operator, Query, Span

ChipKind = Literal["metric", "entity", "dimension", "filter", "time", "grain", "compare", "order", "limit"]
_OPERATORS: Final[Mapping[Operator, str]] = {
    "eq": "is",
    "ne": "is not",
    "in": "is",
    "not_in": "is not",
    "gt": "above",
    "gte": "at least",
    "lt": "below",
    "lte": "at most",
    "contains": "contains",
    "is_null": "is not known",
    "not_null": "is known",
}
_DAYS: Final[Mapping[Operator, str]] = {"gt": "after", "gte": "from", "lt": "before", "lte": "until"}
_COUNTRIES: Final[Mapping[str, str]] = Locale("en").territories
COMPARISONS: Final = {"previous_period": "the time before", "same_period_last_year": "a year before"}


@dataclass(frozen=True)
class Chip:
    """One part of a query; `member` is its id in the catalogue, where it has one."""

    kind: ChipKind
    label: str
    member: str = ""


def chips(query: Query, span: Span | None = None) -> tuple[Chip, ...]:
    """Return the parts of a query in the order in which one says them; `span` is the one it was answered for."""
    return tuple(_chips(query, query.span or span))


def _chips(query: Query, span: Span | None) -> Iterator[Chip]:
    if query.entity is not None:
        yield Chip("entity", query.entity.capitalize(), query.entity)
    else:
        for one in query.metrics:
            yield Chip("metric", METRICS[one].label, one)
    for one in query.dimensions:
        yield Chip("dimension", f"by {DIMENSIONS[one].label.lower()}", one)
    for condition in query.filters:
        yield Chip("filter", condition_words(condition, query), condition.member)
    if span is not None:
        yield Chip("time", span.label)
    if query.grain is not None:
        yield Chip("grain", f"by {query.grain}", query.grain)
    if query.compare is not None:
        yield Chip("compare", f"against {COMPARISONS[query.compare]}", query.compare)
    if query.order is not None:
        known = member_of(query.order.member, query)
        yield Chip("order", f"{known.label}, {'highest' if query.order.descending else 'lowest'} first", known.id)
    if query.limit is not None:
        yield Chip("limit", f"first {query.limit}")


def member_of(name: str, query: Query) -> Field:
    """Return what a filter or an order names: a field of the entity, a dimension or a metric."""
    if query.entity is not None and name in ENTITIES[query.entity]:
        return ENTITIES[query.entity][name]
    if name in DIMENSIONS:
        return DIMENSIONS[name]
    known = METRICS[name]
    return Field(name, known.label, known.unit if known.unit in {"money", "share", "score"} else "count")


def condition_words(one: Filter, query: Query) -> str:
    """Return a filter in words: "health below 50", "tier is Pro or Enterprise"."""
    known = member_of(one.member, query)
    if known.id in {"at_risk", "near_limit"} and one.op in {"eq", "in"}:
        return known.label if one.values == ("yes",) else f"not {known.label[:1].lower()}{known.label[1:]}"
    said = [value_words(value, known) for value in one.values]
    verb = (_DAYS if known.unit == "day" else {}).get(one.op) or _OPERATORS[one.op]
    return f"{known.label} {verb} {' or '.join(said)}".strip()


def value_words(value: str, known: Field) -> str:
    """Return a filter's value as people write it; numbers stand in major units, days are ISO dates."""
    if known.unit == "day":
        try:
            return values.day(date.fromisoformat(value))
        except ValueError:
            return value
    if known.id == "country":
        return _COUNTRIES.get(value, value)
    if known.unit == "text":
        return value.replace("_", " ").capitalize() if value.islower() and known.choice else value
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    return values.said(number * 100 if known.unit == "money" else number, known.unit)


def days_of(span: Span) -> str:
    """Return the days of a span: "Jul 1, 2026 to Sep 30, 2026", or the one day it is."""
    last = span.end - timedelta(days=1)
    return values.day(span.start) if last <= span.start else f"{values.day(span.start)} to {values.day(last)}"
