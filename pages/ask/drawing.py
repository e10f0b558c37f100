"""An answer as a picture: the chart that the rule chose, from the rows of the answer."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.ask.chart_rule import MOST_BARS, ChartChoice
from core.ask.reply import Reply
from core.ask.values import step
from core.finance.exchange import REPORTING
from core.metrics.answered import Answered, ColumnUnit
from core.metrics.catalog import METRICS
from core.metrics.metric import Metric
from pages.parts import charts, filters, measures
from pages.parts.cards import Change, Tile, tiles
from pages.parts.charts import units

_HEIGHT: Final = 300


def show(reply: Reply) -> Answered | None:
    """Draw the answer, or nothing where the rows are the answer; answers the rows to list below."""
    found, chart = reply.found, reply.chart
    if found is None or chart is None or chart.kind == "table":
        return found
    if chart.kind == "number":
        _numbers(found)
        return None
    if found.query.intent == "drivers":
        return _drivers(found)
    drawn = {"line": _line, "columns": _columns}.get(chart.kind, _bars)(found, chart)
    if reply.whole is None:
        charts.show(drawn, f"ask-{reply.receipt_id}")
    else:
        left, right = st.columns([1, 3], vertical_alignment="center")
        with left:
            _numbers(reply.whole)
        with right:
            charts.show(drawn, f"ask-{reply.receipt_id}")
    if chart.note:
        st.caption(chart.note)
    return found


def _numbers(found: Answered) -> None:
    row = found.frame.iloc[0].to_dict()
    tiles([_tile(METRICS[one], row, found) for one in found.query.metrics])


def _tile(metric: Metric, row: dict[Any, Any], found: Answered) -> Tile:
    value = row.get(metric.id, row.get("now"))
    change = row.get(f"{metric.id}_change")
    moved = None
    if change is not None and not pd.isna(change):
        against = next(one.label for one in found.columns if one.role == "before").rpartition(", ")[2]
        words = measures.shown(change, metric.unit, sign=True)
        direction = "up" if change > 0 else "down" if change < 0 else "flat"
        good = None if not change or metric.good is None else direction == metric.good
        moved = Change(words, direction, against, good)  # type: ignore[arg-type]  # one of the three words
    note = found.undefined or ("" if found.span is None or found.span.label == "now" else found.span.label)
    return Tile(
        f"ask-{metric.id}",
        metric.label,
        measures.shown(value, metric.unit),
        change=moved,
        definition=measures.definition(metric),
        note=note,
    )


def _line(found: Answered, chart: ChartChoice) -> charts.Chart:
    frame = found.frame
    if chart.keep and chart.series:
        frame = frame[frame[chart.series].isin(chart.keep)]
    metric = METRICS[found.query.metrics[0]]
    return charts.line(
        frame,
        x="step",
        y=metric.id,
        series=chart.series,
        title=chart.title,
        unit=unit_of(metric),
        from_zero=metric.unit != "share",
        colors=_tiers(frame, chart.series),
        height=_HEIGHT,
    )


def _tiers(frame: pd.DataFrame, series: str | None) -> dict[str, str] | None:
    """Tiers carry their colors everywhere."""
    colors = charts.tier_colors()
    return dict(colors) if series == "tier" and set(frame[series]) <= set(colors) else None


def _columns(found: Answered, chart: ChartChoice) -> charts.Chart:
    """A few steps of time side by side."""
    metric = METRICS[found.query.metrics[0]]
    frame = found.frame.dropna(subset=[metric.id])
    named = frame.assign(step=[step(each, found.query.grain or "month") for each in frame["step"]])
    unit = unit_of(metric)
    return charts.bar(named, label="step", value=metric.id, title=chart.title, unit=unit, height=_HEIGHT)


def _bars(found: Answered, chart: ChartChoice) -> charts.Chart:
    metric = METRICS[found.query.metrics[0]]
    frame = found.frame.dropna(subset=[metric.id])
    shown = frame if chart.series else frame.head(MOST_BARS)
    return charts.bar(
        shown,
        label=chart.x or "",
        value=metric.id,
        series=chart.series,
        title=chart.title,
        unit=unit_of(metric),
        horizontal=True,
        colors=_tiers(shown, chart.series),
    )


def _drivers(found: Answered) -> Answered | None:
    """From what it was to what it is, by the cause one chooses, the strongest one first; answers the rows of it."""
    causes = list(dict.fromkeys(found.frame["cause"].iloc[1:]))
    if not causes:
        return None
    cause = filters.one_of("By", causes, key="cause", show=lambda each: f"By {str(each).lower()}")
    cause = cause if cause in causes else causes[0]
    metric = METRICS[found.query.metrics[0]]
    rows = found.frame[found.frame["cause"] == cause]
    if metric.kind == "ratio":
        charts.show(_effects(rows, metric, cause), f"ask-drivers-{cause}")
    else:
        charts.show(_steps(found, rows, metric, cause), f"ask-drivers-{cause}")
    columns = tuple(replace(one, label=cause) if one.name == "value" else one for one in found.columns)
    shown = pd.concat([rows, found.frame.head(1).assign(value="Total")], ignore_index=True)
    return replace(found, frame=shown, columns=tuple(one for one in columns if one.name != "cause"))


def _effects(rows: pd.DataFrame, metric: Metric, cause: str) -> charts.Chart:
    title = f"Change of {metric.label} by {cause.lower()}"
    return charts.bar(rows, label="value", value="change", title=title, unit=unit_of(metric), horizontal=True)


def _steps(found: Answered, rows: pd.DataFrame, metric: Metric, cause: str) -> charts.Chart:
    whole = found.frame.iloc[0]
    before = next(one.label for one in found.columns if one.role == "before").rpartition(", ")[2]
    now = found.span.label if found.span else "Now"
    steps = [(name, "change", change) for name, change in zip(rows["value"], rows["change"], strict=True)]
    # What the shown parts leave unsaid, where a dimension does not cover everything.
    rest = Decimal(whole["change"]) - sum((Decimal(change) for _, _, change in steps), start=Decimal(0))
    steps += [("Not assigned", "change", rest)] if rest else []
    all_steps = [(_capital(before), "total", whole["before"]), *steps, (_capital(now), "total", whole["now"])]
    return charts.waterfall(
        pd.DataFrame(all_steps, columns=["step", "kind", "value"]),
        label="step",
        value="value",
        kind="kind",
        title=f"{metric.label} by {cause.lower()}",
        unit=unit_of(metric),
        growth_is_good=metric.good != "down",
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def unit_of(metric: Metric) -> units.Unit:
    """The unit of a metric's axis."""
    made: dict[ColumnUnit, units.Unit] = {
        "money": units.money(REPORTING),
        "share": units.percent(""),
        "count": units.count(metric.label.lower()),
        "ratio": units.number("times"),
        "months": units.number("months"),
        "score": units.number("points", digits=0),
        "minutes": units.number("minutes", digits=0),
    }
    return made[metric.unit]
