"""A number of the catalogue over months: what a tile says of the last of them, against the one before."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from core.metrics.answered import Figure
from core.metrics.catalog import metric
from core.metrics.metric import Sums
from core.metrics.query import Span
from core.periods import Period, months_until
from pages.parts import links, measures
from pages.parts.cards import Change, Drill, Tile

_SHOWN: Final = 13
# The sums that a number is made of, for the month that they end with.
Sight = Callable[[Period], Sums]


def rate(metric_id: str, sight: Sight, last: Period, *, label: str, drill: Drill | None) -> Tile:
    """A rate of the last month, its change against the month before, and a year of it."""
    figure = _figure(metric_id, sight, last)
    return replace(shaped(measures.tile(figure, drill=drill)), label=label)


def level(
    metric_id: str, sight: Sight, last: Period, *, change: Change | None, drill: Drill | None, note: str = ""
) -> Tile:
    """Where something stands in the last month, with a year of it; what its change is, the caller says."""
    figure = replace(_figure(metric_id, sight, last), before=None)
    return shaped(measures.tile(figure, change=change, drill=drill, note=note))


def shaped(tile: Tile) -> Tile:
    """A tile whose definition leads to the choices by which it is made."""
    if tile.definition is None:
        return tile
    return replace(tile, definition=replace(tile.definition, choices=links.to("policy")))


def _figure(metric_id: str, sight: Sight, last: Period) -> Figure:
    one, months = metric(metric_id), months_until(last.start, _SHOWN)
    values = tuple(one.of(sight(each)) for each in months)
    span, before = _span(last, "now"), _span(months[-2], f"vs {months[-2].start:%b}")
    return Figure(one, values[-1], values[-2], span, before, values)


def _span(month: Period, label: str) -> Span:
    return Span(start=month.start.date(), end=month.end.date(), label=label)
