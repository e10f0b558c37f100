"""The sentence of an answer, by template: every number in it is a cell of the answer, none comes from a model."""

from collections.abc import Mapping
from typing import Any, Final

from core.ask import chips, values
from core.ask.chart_rule import dimensions
from core.metrics.answered import Answered
from core.metrics.catalog import METRICS
from core.metrics.fields import ENTITIES
from core.metrics.metric import Metric
from core.metrics.query import Span

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
_NAMED: Final = 3
_DRIVERS: Final = 2


def sentence(found: Answered) -> str:
    """Return what an answer says, in one or two sentences."""
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
        return _trend(found)
    return _groups(found) if query.dimensions else _values(found)


def _values(found: Answered) -> str:
    row = found.frame.iloc[0].to_dict()
    parts = [_value(METRICS[one], row, found.span) for one in found.query.metrics]
    return " ".join(parts)


def _value(one: Metric, row: Mapping[Any, Any], span: Span | None) -> str:
    value = row.get(one.id)
    if values.is_missing(value):
        return f"{one.label} {_be(one)} not defined{_when(span)}."
    past = span is not None and not span.partial
    if one.kind == "flow":
        verb = "were" if one.id in _PLURAL else "was"
    else:
        verb = ("were" if one.id in _PLURAL else "was") if past else _be(one)
    said = f"{one.label} {verb} {values.said(value, one.unit)}{_when(span)}"
    before, change = row.get(f"{one.id}_before"), row.get(f"{one.id}_change")
    return said + ("." if values.is_missing(change) else f", {_moved(one, change)} {values.said(before, one.unit)}.")


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
    named = [f"{_name(row, by)} with {values.said(row[one.id], one.unit)}" for row in rows[:_NAMED]]
    lowest = found.query.order is not None and found.query.order.member == one.id and not found.query.order.descending
    lead = "is lowest" if lowest else "is highest"
    if len(rows) == 1:
        return f"{one.label}{_when(found.span)}: only {named[0]}."
    rest = values.listing(named[1:], _NAMED)
    return f"{one.label}{_when(found.span)} {lead} for {named[0]}, then {rest}."


def _name(row: Mapping[Any, Any], by: list[Any]) -> str:
    return ", ".join(str(row[column.name]) for column in by)


def _trend(found: Answered) -> str:
    one = METRICS[found.query.metrics[0]]
    rows = found.frame.dropna(subset=[one.id])
    if rows.empty:
        return f"{one.label} {_be(one)} not defined{_when(found.span)}."
    by = dimensions(found)
    if by:
        latest = rows[rows["step"] == rows["step"].max()]
        ranked = sorted(latest.to_dict("records"), key=lambda row: -row[one.id])
        named = [f"{_name(row, by)} with {values.said(row[one.id], one.unit)}" for row in ranked[:_NAMED]]
        return f"{one.label} in {_step(found, latest.iloc[0]['step'])} is highest for {values.listing(named)}."
    records = rows.to_dict("records")
    first, last = records[0], records[-1]
    if len(records) == 1:
        return f"{one.label} was {values.said(first[one.id], one.unit)} in {_step(found, first['step'])}."
    highest = max(records, key=lambda row: row[one.id])
    peak = "" if highest in (first, last) else f", with its highest {_point(found, one, highest)}"
    went = _direction(first[one.id], last[one.id])
    return f"{one.label} {went} from {_point(found, one, first)} to {_point(found, one, last)}{peak}."


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
    earlier = next(each.label for each in found.columns if each.role == "before").rpartition(", ")[2]
    if not whole["change"]:
        return f"{one.label} did not change: {now}{span} as in {earlier}."
    went = "rose" if whole["change"] > 0 else "fell"
    size = values.said(abs(whole["change"]), one.unit)
    head = f"{one.label} {went} by {size}, from {before} ({earlier}) to {now} ({span.strip()})."
    causes = [_cause(one, row) for row in _first_of_each(rows)[:_DRIVERS]]
    return f"{head} Most of it is {values.listing(causes)}." if causes else head


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
    return f"{row['value']} ({row['cause'].lower()}, {sign}{size}{part})"


def _list(found: Answered) -> str:
    entity = found.query.entity or "customers"
    noun = entity.removesuffix("s") + "s"
    conditions = [chips.condition_words(one, found.query) for one in found.query.filters]
    narrowed = f" ({'; '.join(_lower(one) for one in conditions)})" if conditions else ""
    if found.frame.empty:
        return f"No {noun.removesuffix('s')} matches{narrowed}."
    total = len(found.frame)
    head = f"{'The first ' if found.truncated else ''}{values.count(total, noun)}{narrowed}"
    name = "name" if "name" in ENTITIES[entity] else "customer"
    if name not in found.frame:
        return f"{head}."
    who = values.listing(list(dict.fromkeys(str(each) for each in found.frame[name])))
    return f"{head}: {who}."


def _lower(words: str) -> str:
    """Lower the first letter of a label, except of an abbreviation."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def _be(one: Metric) -> str:
    return "are" if one.id in _PLURAL else "is"


def _when(span: Span | None) -> str:
    """Say the time of an answer; "now" goes without saying in the present tense."""
    return "" if span is None or span.label == "now" else f" {span.label}"
