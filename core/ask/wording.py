"""The sentence of an answer, by template: every number in it is a cell of the answer, none comes from a model."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

import pandas as pd

from core.ask import chips, values
from core.ask.chart_rule import dimensions
from core.metrics.answered import Answered
from core.metrics.catalog import METRICS
from core.metrics.fields import ENTITIES
from core.metrics.metric import Metric
from core.metrics.query import Query, Span

_PLURAL: Final = frozenset(
    {
        "costs",
        "customers",
        "active_customers",
        "at_risk_customers",
        "near_limit_customers",
        "trials",
        "paying_customers",
    }
    | {"new_customers", "churned_customers", "active_licenses", "api_calls", "events", "open_upsells", "tickets"}
)
# Words at the beginning of a span's label that need no "in" before them.
_UNPREPARED: Final = frozenset(
    {"this", "last", "next", "since", "until", "before", "after", "as", "now", "today", "yesterday", "between", "from"}
    | {"the", "through", "to", "till", "over", "up", "on", "by", "a", "an", "in", "at", "all"}
)
_NAMED: Final = 3
_FEW: Final = 4
_DRIVERS: Final = 2


def sentence(found: Answered, whole: Answered | None = None) -> str:
    """Return what an answer says, in one or two sentences; `whole` is the one figure of a trend's whole span."""
    query = found.query
    if query.intent == "list":
        return _list(found)
    if found.undefined is not None:
        one = METRICS[query.metrics[0]]
        return f"{one.label} {_be(one)} not defined{_when(found.span)}: {found.undefined}."
    if found.frame.empty:
        return f"There is nothing to count{_when(found.span)}."
    if query.intent == "drivers":
        return _drivers(found)
    if query.intent == "trend":
        return _trend(found, whole)
    return _groups(found) if query.dimensions else _values(found)


def _values(found: Answered) -> str:
    row = found.frame.iloc[0].to_dict()
    parts = [_value(METRICS[one], row, found.span, _earlier(found)) for one in found.query.metrics]
    return " ".join(parts)


def _earlier(found: Answered) -> str:
    """Return how the time that is compared with is said, empty where there is none."""
    return next((each.label.rpartition(", ")[2] for each in found.columns if each.role == "before"), "")


def _value(one: Metric, row: Mapping[Any, Any], span: Span | None, earlier: str) -> str:
    value = row.get(one.id)
    if values.is_missing(value):
        return f"{one.label} {_be(one)} not defined{_when(span)}."
    past = span is not None and not span.partial
    if one.kind == "flow":
        verb = "were" if one.id in _PLURAL else "was"
    else:
        verb = ("were" if one.id in _PLURAL else "was") if past else _be(one)
    size = values.said(value, one.unit)
    said = f"{one.label}{_when(span)}: {size}" if _counted(one) else f"{one.label} {verb} {size}{_when(span)}"
    before, change = row.get(f"{one.id}_before"), row.get(f"{one.id}_change")
    if values.is_missing(change):
        return f"{said}."
    return f"{said}, {_moved(one, change)} {values.said(before, one.unit)} {earlier}.".replace(" .", ".")


def _moved(one: Metric, change: Any) -> str:
    """Say how far and which way: "up $120 from", "unchanged from"."""
    if not change:
        return "unchanged from"
    size = f"{values.said(abs(change) * 100, 'ratio')[:-1]} points" if one.unit == "share" else None
    return f"{'up' if change > 0 else 'down'} {size or values.said(abs(change), one.unit)} from"


def _groups(found: Answered) -> str:
    one = METRICS[found.query.metrics[0]]
    by = dimensions(found)
    rows = found.frame.dropna(subset=[one.id]).to_dict("records")
    if not rows:
        return f"{one.label} {_be(one)} not defined for any {by[0].label.lower()}{_when(found.span)}."
    first, *others = rows[:_NAMED]
    size = values.said(first[one.id], one.unit)
    if not others:
        return f"{one.label}{_when(found.span)}: only {_name(first, by)} with {size}."
    lowest = found.query.order is not None and found.query.order.member == one.id and not found.query.order.descending
    rest = values.listing([f"{_name(row, by)} with {values.said(row[one.id], one.unit)}" for row in others])
    if one.unit == "count":
        head = f"{_name(first, by)} has the {'fewest' if lowest else 'most'} {_lower(one.label)}{_when(found.span)}"
        return f"{head}: {size}, then {rest}."
    rank = "lowest" if lowest else "highest"
    return f"{one.label}{_when(found.span)} {_be(one)} {rank} for {_name(first, by)} with {size}, then {rest}."


def _name(row: Mapping[Any, Any], by: list[Any]) -> str:
    return ", ".join(str(row[column.name]) for column in by)


def _trend(found: Answered, whole: Answered | None) -> str:
    one = METRICS[found.query.metrics[0]]
    rows = found.frame.dropna(subset=[one.id])
    if rows.empty:
        return f"{one.label} {_be(one)} not defined{_when(found.span)}."
    if dimensions(found):
        return _latest(found, one, rows)
    records = rows.to_dict("records")
    few = 1 < len(records) <= _FEW and (whole is not None or one.kind == "ratio")
    course = _points(found, one, records) if few or len(records) == 1 else _course(found, one, records)
    if whole is None:
        return f"{one.label} was {course}." if few or len(records) == 1 else course
    head = _values(whole)
    return f"{head.removesuffix('.')}: {course}." if few and not _counted(one) else f"{head} {_sentence(course)}"


def _sentence(words: str) -> str:
    return words if words.endswith(".") else f"By step: {words}."


def _points(found: Answered, one: Metric, records: list[dict[Any, Any]]) -> str:
    return values.listing([_point(found, one, row) for row in records], most=_FEW)


def _latest(found: Answered, one: Metric, rows: pd.DataFrame) -> str:
    by, latest = dimensions(found), rows[rows["step"] == rows["step"].max()]
    ranked = sorted(latest.to_dict("records"), key=lambda row: -row[one.id])
    named = [f"{_name(row, by)} with {values.said(row[one.id], one.unit)}" for row in ranked[:_NAMED]]
    return f"{one.label} in {_step(found, latest.iloc[0]['step'])} is highest for {values.listing(named)}."


def _course(found: Answered, one: Metric, records: list[dict[Any, Any]]) -> str:
    first, last = records[0], records[-1]
    highest = max(records, key=lambda row: row[one.id])
    peak = "" if highest in (first, last) else f", with its highest {_point(found, one, highest)}"
    went = _direction(first[one.id], last[one.id])
    verb = "went" if one.kind == "ratio" else went
    return f"{one.label} {verb} from {_point(found, one, first)} to {_point(found, one, last)}{peak}."


def _direction(first: Any, last: Any) -> str:
    return "rose" if last > first else "fell" if last < first else "went"


def _point(found: Answered, one: Metric, row: Mapping[Any, Any]) -> str:
    return f"{values.said(row[one.id], one.unit)} in {_step(found, row['step'])}"


def _step(found: Answered, at: Any) -> str:
    return values.step(at, found.query.grain or "month")


def _drivers(found: Answered) -> str:
    one = METRICS[found.query.metrics[0]]
    whole, *rows = found.frame.to_dict("records")
    if values.is_missing(whole["change"]):
        return f"{one.label} {_be(one)} not defined for both times, so nothing can be said of its change."
    now, before = values.said(whole["now"], one.unit), values.said(whole["before"], one.unit)
    span = f" {found.span.label}" if found.span else ""
    earlier = _earlier(found)
    if not whole["change"]:
        return f"{one.label} did not change: {now}{span} as in {earlier}."
    went = "rose" if whole["change"] > 0 else "fell"
    size = values.said(abs(whole["change"]), one.unit)
    head = f"{one.label} {went} by {size}, from {before} ({earlier}) to {now} ({span.strip()})."
    causes = [_cause(one, row) for row in _first_of_each(rows)[:_DRIVERS]]
    return f"{head} The largest parts: {values.listing(causes)}." if causes else head


def _first_of_each(rows: list[dict[Any, Any]]) -> list[dict[Any, Any]]:
    """Return the strongest value of each dimension, in the order of the rows."""
    first: dict[str, dict[Any, Any]] = {}
    for row in rows:
        first.setdefault(row["cause"], row)
    return list(first.values())


def _cause(one: Metric, row: Mapping[Any, Any]) -> str:
    sign = "+" if row["change"] > 0 else "−"
    size = values.said(abs(row["change"]), one.unit)
    part = "" if values.is_missing(row["part"]) else f", {values.said(row['part'], 'share')} of the change"
    return f"{row['value']} by {row['cause'].lower()} ({sign}{size}{part})"


def _list(found: Answered) -> str:
    entity = found.query.entity or "customers"
    narrowed = _narrowed(found.query)
    if found.frame.empty:
        return f"No {entity.removesuffix('s')}{narrowed}."
    head = f"{'The first ' if found.truncated else ''}{values.count(len(found.frame), entity)}{narrowed}"
    name = "name" if "name" in ENTITIES[entity] else "customer"
    if name not in found.frame:
        return f"{head}."
    who = values.listing(list(dict.fromkeys(str(each) for each in found.frame[name])))
    return f"{head}: {who}."


def _narrowed(query: Query) -> str:
    """Say what a list is narrowed to: " at risk with tier Pro and health below 60"."""
    if query.entity == "movements" and {one.member for one in query.filters} <= {"kind", "at"}:
        return _of_movements(query)
    states = [one for one in query.filters if one.member in {"at_risk", "near_limit"}]
    rest = [one for one in query.filters if one not in states]
    said = "".join(f" {_lower(chips.condition_words(one, query))}" for one in states)
    joined = " and ".join(_lower(chips.condition_words(one, query)) for one in rest)
    return f"{said} whose {joined}" if rest else said


def _of_movements(query: Query) -> str:
    """Say which movements and when: " of kind churn, Oct 1 to Oct 31, 2026"."""
    kinds = [value for one in query.filters if one.member == "kind" for value in one.values]
    days = {one.op: date.fromisoformat(one.values[0]) for one in query.filters if one.member == "at" and one.values}
    said = f" of kind {values.listing(kinds)}" if kinds else ""
    first, end = days.get("gte"), days.get("lt")
    if first and end:
        return f"{said}, {values.day(first)} to {values.day(end - timedelta(days=1))}"
    return f"{said} since {values.day(first)}" if first else said


def _lower(words: str) -> str:
    """Lower the first letter of a label, except of an abbreviation."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def _counted(one: Metric) -> bool:
    """Whether a figure is said after a colon, which is right for one and for many."""
    return one.unit == "count" or one.id == "conversion_rate"


def _be(one: Metric) -> str:
    return "are" if one.id in _PLURAL else "is"


def _when(span: Span | None) -> str:
    """Say the time of an answer; "now" goes without saying in the present tense."""
    if span is None or span.label == "now":
        return ""
    if span.label.startswith("the last "):
        return f" over {span.label}"
    return f" {span.label}" if span.label.partition(" ")[0].lower() in _UNPREPARED else f" in {span.label}"
