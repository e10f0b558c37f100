"""Figures of the catalogue as people read them: values in their unit, and tiles that say what they are."""

from collections.abc import Sequence
from typing import Final

from core.finance.exchange import REPORTING
from core.metrics.answered import ColumnUnit, Figure
from core.metrics.metric import Metric, Undefined, Value
from pages.parts import format as say
from pages.parts.cards import Change, Definition, Direction, Drill, Tile

_WHOLE_MONEY_FROM: Final = 100_000


def shown(value: Value | None, unit: ColumnUnit, *, sign: bool = False) -> str:
    """A value in its unit; money in full below 1,000, else in whole units; undefined is a dash."""
    if value is None or isinstance(value, Undefined):
        return say.DASH
    if unit == "money":
        minor = say.rounded(value)
        return say.money(minor, REPORTING, whole=abs(minor) >= _WHOLE_MONEY_FROM or minor % 100 == 0, sign=sign)
    if unit == "share":
        return say.percent(value, sign=sign)
    if unit == "ratio":
        return f"{say.decimal(value, sign=sign)}×"
    if unit == "months":
        return f"{say.decimal(value, sign=sign)}\u00a0months"
    if unit == "minutes":
        return say.duration(60 * float(value))
    return say.decimal(value, digits=0, sign=sign) if unit == "score" else say.integer(value, sign=sign)


def definition(metric: Metric) -> Definition:
    """What a metric means, for the popover behind its number."""
    return Definition(metric.definition, f"{metric.label} = {metric.formula}", metric.policy)


def tile(
    figure: Figure,
    *,
    drill: Drill | None = None,
    change: Change | None = None,
    note: str = "",
    value: str | None = None,
    key: str | None = None,
) -> Tile:
    """A tile of a figure: its value, its change against the span before, its series, its definition and its rows."""
    metric = figure.metric
    undefined = figure.value.reason if isinstance(figure.value, Undefined) else ""
    return Tile(
        key or metric.id,
        metric.label,
        value or shown(figure.value, metric.unit),
        change=change or changed(figure),
        trend=trend(figure.trend),
        definition=definition(metric),
        drill=drill,
        note=note or undefined or ("" if figure.span.label == "now" else figure.span.label),
    )


def changed(figure: Figure) -> Change | None:
    """How a figure moved against the span before, in its own unit; shares in percentage points."""
    now, before = figure.value, figure.before
    if now is None or before is None or isinstance(now, Undefined) or isinstance(before, Undefined):
        return None
    step = now - before
    direction: Direction = "flat" if not step else "up" if step > 0 else "down"
    good = None if not step or figure.metric.good is None else direction == figure.metric.good
    words = shown(step, figure.metric.unit, sign=True)
    if figure.metric.unit == "share":
        words = f"{say.decimal(step * 100, sign=True)}\u00a0pp"
    return Change(words, direction, figure.before_span.label if figure.before_span else "", good)


def trend(values: Sequence[Value]) -> tuple[float, ...]:
    """A series for a sparkline; what is undefined is left out."""
    return tuple(float(value) for value in values if not isinstance(value, Undefined))
