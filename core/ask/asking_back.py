"""What is asked back where a question for figures leaves something open, with the queries that would settle it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from core.ask import calendar_spans as spans
from core.ask.fitting import PRESENT_ONLY, not_split, span_of
from core.ask.narrowing import Narrowed, of_metrics
from core.ask.reading import Reading, abstain, clarify
from core.ask.slots import Slots
from core.metrics.catalog import METRICS
from core.metrics.fields import DIMENSIONS
from core.metrics.metric import Metric
from core.metrics.query import Filter, Intent, Order, Query


def no_number(slots: Slots) -> Reading:
    """Ask which number is meant, with those that fit what is known."""
    by, narrowed = tuple(slots.dimensions[:2]), slots.chosen[:3]
    if slots.asks("versus") and not by and len({one.member for one in narrowed}) == 1:
        by = (narrowed[0].member,)
    fitting = []
    for metric_id in ("mrr", "customers", "logo_churn", "costs", "api_calls"):
        one = METRICS[metric_id]
        if {*by, *(each.member for each in narrowed)} <= set(one.dimensions):
            filters = of_metrics(Slots(chosen=list(narrowed)), [metric_id]).filters
            query = Query(
                intent="breakdown" if by else "value",
                metrics=(metric_id,),
                dimensions=by,
                filters=tuple(filters),
                span=slots.times[0].span if slots.times and one.source not in PRESENT_ONLY else None,
            )
            fitting.append((_named(one, by, filters, slots), query))
    return clarify("Which number do you mean?", fitting[:4])


def which_of(metrics: Sequence[str], slots: Slots) -> Reading:
    """Ask which number is meant where several are named side by side, and nothing says that all of them are."""
    asked = [*[(one,) for one in metrics[:3]], tuple(metrics[:4])]
    options = []
    for each in asked:
        made = of_metrics(slots, each)
        if not made.misfit and not not_split(each, slots.dimensions):
            kind: Intent = "breakdown" if slots.dimensions else "value"
            timed = slots.times and not any(METRICS[one].source in PRESENT_ONLY for one in each)
            span = slots.times[0].span if timed else None
            query = Query(
                intent=kind, metrics=each, dimensions=tuple(slots.dimensions), filters=tuple(made.filters), span=span
            )
            options.append((" and ".join(METRICS[one].label for one in each), query))
    return clarify("Which of these numbers do you mean?", options)


def _named(one: Metric, by: Sequence[str], filters: Sequence[Filter], slots: Slots) -> str:
    parts = [one.label, *(f"by {DIMENSIONS[each].label.lower()}" for each in by)]
    if filters:
        parts.append("for " + ", ".join(each.label for each in slots.chosen[:3]))
    return " ".join(parts)


def in_currency(slots: Slots, metrics: Sequence[str], dimensions: Sequence[str], made: Narrowed) -> Reading:
    """Ask whether "in EUR" means what is billed in it, since figures are told in one currency."""
    codes = [one.value for one in slots.chosen if one.member == "currency"]
    kept = tuple(each for each in made.filters if each.member != "currency")
    base: dict[str, Any] = {
        "intent": "breakdown" if dimensions else "value",
        "metrics": tuple(metrics),
        "dimensions": tuple(dimensions),
    }
    return clarify(
        "Figures are told in dollars. Do you mean what is billed in that currency?",
        [
            (f"Only what is billed in {' or '.join(codes)}", Query(**base, filters=tuple(made.filters))),
            ("Everything, in dollars", Query(**base, filters=kept)),
        ],
    )


def top_of_what(metrics: list[str], parts: dict[str, Any]) -> Reading:
    """Ask what is to be ranked by a number."""
    known = [each for each in METRICS[metrics[0]].dimensions if each in {"customer", "tier", "country", "segment"}]
    options = [
        (
            f"By {DIMENSIONS[each].label.lower()}",
            Query(intent="top", order=Order(member=metrics[0]), **{**parts, "dimensions": (each,)}),
        )
        for each in known
    ]
    if not options:
        return abstain(f"{METRICS[metrics[0]].label} has no parts of which one could be the highest.")
    return clarify("Highest or lowest of what?", options)


def changed_customers(slots: Slots, metrics: Sequence[str], today: date) -> Reading | None:
    """Ask back where customers are sought by how a number of theirs changed: it can be shown, not filtered by."""
    people = slots.asks("customers", "who") and (slots.asks("which", "who") or not metrics)
    if not (slots.asks("change") and people) or slots.asks("why", "count") or slots.dimensions:
        return None
    metric_id = next((one for one in metrics if one != "customers"), "mrr")
    one = METRICS[metric_id]
    span = span_of(slots.times[0] if slots.times else None, one, today)[0] or spans.last("month", today)
    if "customer" not in one.dimensions or one.source in PRESENT_ONLY:
        return abstain(f"How {one.label} of each customer changed is not known.")
    query = Query(
        intent="compare", metrics=(metric_id,), dimensions=("customer",), span=span, compare="previous_period"
    )
    return clarify(
        "Customers can't be filtered by a change, but it can be shown for each.",
        [(f"{one.label} by customer, {span.label} against the time before", query)],
    )
