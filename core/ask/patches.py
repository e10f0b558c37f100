"""A query changed in one part, the rest made to fit it: what editing a chip does."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

from core.ask.time_grammar import read_time
from core.metrics.catalog import METRICS, metric
from core.metrics.query import Comparison, Filter, Grain, Intent, Query, Span

PRESETS: Final = (
    *("this week", "last week", "this month", "last month", "this quarter", "last quarter", "last 6 months"),
    *("last 12 months", "this year", "last year"),
)
_STEPPED: Final[frozenset[Intent]] = frozenset({"trend"})


def spans(today: date) -> dict[str, Span]:
    """Return spans that one can choose, by how one says them."""
    found = {words: read_time(words.split(), 0, today) for words in PRESETS}
    return {words: time.span for words, time in found.items() if time is not None and time.span is not None}


def with_metric(query: Query, metric_id: str) -> Query:
    """Ask for another number: what it can't be split by or narrowed to falls away."""
    known = metric(metric_id)
    order = query.order
    if order is not None and order.member in METRICS:
        order = order.model_copy(update={"member": metric_id})
    filters = tuple(one for one in query.filters if one.member in known.dimensions)
    changed = _with(query, metrics=(metric_id,), order=order, filters=filters)
    return with_dimensions(changed, [one for one in query.dimensions if one in known.dimensions])


def with_dimensions(query: Query, dimensions: Sequence[str]) -> Query:
    """Split by other dimensions, or by none; a trend is split by one at most."""
    kept = tuple(dimensions)[: 1 if query.intent in _STEPPED else 2]
    if query.intent in {"trend", "compare", "drivers"}:
        return _with(query, dimensions=kept)
    if not kept:
        return _with(query, intent="value", dimensions=(), order=None, limit=None)
    if query.intent == "top" and len(kept) == 1:
        return _with(query, dimensions=kept)
    return _with(query, intent="breakdown", dimensions=kept, limit=None)


def over_time(query: Query, grain: Grain | None) -> Query:
    """Ask for steps of time, or (None) for the whole span as one."""
    if grain is not None:
        return _with(query, intent="trend", grain=grain, dimensions=query.dimensions[:1], compare=None, order=None)
    return with_dimensions(_with(query, intent="value", grain=None), query.dimensions)


def with_span(query: Query, span: Span | None) -> Query:
    """Ask for another time, or (None) for the one that the number is usually asked for."""
    return _with(query, span=span)


def with_comparison(query: Query, compare: Comparison | None) -> Query:
    """Set beside another time, or (None) no longer."""
    if compare is not None:
        return _with(query, intent="drivers" if query.intent == "drivers" else "compare", compare=compare, grain=None)
    if query.intent == "drivers":
        return _with(query, compare=None)
    return with_dimensions(_with(query, intent="value", compare=None), query.dimensions)


def without_filter(query: Query, position: int) -> Query:
    """Narrow no longer by one of the filters."""
    return _with(query, filters=tuple(_others(query.filters, position)))


def with_values(query: Query, position: int, values: Sequence[str]) -> Query:
    """Narrow to other values; to none at all, the filter goes."""
    if not values:
        return without_filter(query, position)
    one = query.filters[position]
    ops = {"eq": "in", "ne": "not_in"} if len(values) > 1 else {"in": "eq", "not_in": "ne"}
    changed = one.model_copy(update={"values": tuple(values), "op": ops.get(one.op, one.op)})
    filters = [changed if each is one else each for each in query.filters]
    return _with(query, filters=tuple(filters))


def with_limit(query: Query, limit: int) -> Query:
    """Cut after more or fewer rows."""
    return _with(query, limit=limit)


def _others(filters: Sequence[Filter], position: int) -> Iterator[Filter]:
    yield from (one for at, one in enumerate(filters) if at != position)


def _with(query: Query, **changed: Any) -> Query:
    """Return a copy whose parts are checked, as those of a query that came from elsewhere."""
    return Query.model_validate({**query.model_dump(), **{name: _plain(value) for name, value in changed.items()}})


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_plain(each) for each in value)
    return value.model_dump() if hasattr(value, "model_dump") else value
