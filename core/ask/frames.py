"""Questions for figures: one number, splits, the course over time, the top ones, comparisons, and why."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from core.ask import calendar_spans as spans
from core.ask.asking_back import changed_customers, in_currency, no_number, top_of_what, which_of
from core.ask.comparing import compared
from core.ask.fitting import PRESENT_ONLY, not_split, span_of
from core.ask.lists import entity_asked, listed
from core.ask.narrowing import Narrowed, of_metrics
from core.ask.reading import Reading, abstain, answer, clarify
from core.ask.slots import Slots
from core.ask.vocabulary import Vocabulary
from core.metrics.catalog import METRICS
from core.metrics.query import Order, Query, Span

MOST_METRICS: Final = 4
_NOT_NARROWED: Final = "This number can't be narrowed to {}. Ask for the list of them instead."
_MOVEMENTS: Final = frozenset({"expansion_mrr", "contraction_mrr", "reactivation_mrr", "churned_mrr", "new_mrr"})
# Ratios whose change has no parts that add up, and the sum whose change explains theirs.
_SUM_BEHIND: Final = {
    "logo_churn": "churned_customers",
    "revenue_churn": "churned_mrr",
    "mrr_growth": "mrr",
    "grr": "churned_mrr",
    "nrr": "net_new_mrr",
    "burn": "cash",
}


def framed(slots: Slots, vocabulary: Vocabulary, today: date) -> Reading:
    """Return what a question asks for, decided by what it holds; permissions are checked by the caller."""
    entity = entity_asked(slots)
    if entity is not None:
        return listed(slots, entity, vocabulary, today)
    metrics = _metrics(slots)
    changed = changed_customers(slots, metrics, today)
    if changed is not None:
        return changed
    if not metrics:
        return no_number(slots)
    if slots.asks("two questions"):
        return abstain("These are two questions. Ask them one after the other.")
    if len(metrics) > 1 and not slots.asks("and", "versus"):
        return which_of(metrics, slots)
    if len(metrics) > MOST_METRICS:
        return abstain(f"That is more than {MOST_METRICS} numbers at once. Ask for fewer.")
    dimensions = _dimensions(slots, metrics)
    made = _narrowed(slots, metrics, dimensions)
    misfit = made.misfit or not_split(metrics, dimensions) or _unused(slots)
    if misfit:
        return abstain(misfit)
    dropped = [f"is read as {METRICS[one].label}." for one in slots.metrics if one not in metrics]
    said = [one for one in slots.assumptions if not one.endswith(tuple(dropped))]
    made.assumptions = [*said, *made.assumptions]
    if slots.asks("currency") and not slots.asks("by_currency"):
        return in_currency(slots, metrics, dimensions, made)
    return _timed(slots, metrics, dimensions, made, today)


def _metrics(slots: Slots) -> list[str]:
    """Return the numbers asked for: those named, or what stands for them."""
    bounded = {bound.member for bound in slots.bounds}
    metrics = [one for one in slots.metrics if one not in bounded]
    metrics += [one for one in slots.metrics if one in bounded]
    if slots.asks("at_risk") and metrics == ["mrr"]:
        slots.roles.discard("at_risk")
        return ["at_risk_mrr"]
    if metrics == ["mrr"] and slots.narrowed_to == ["at_risk_customers"]:
        slots.narrowed_to = []
        return ["at_risk_mrr"]
    if slots.asks("moved:churn") and set(metrics) & {"cash", "runway"}:
        slots.roles -= {"moved", "moved:churn"}
    if slots.asks("moved:churn") and metrics in (["mrr"], ["mrr", "logo_churn"]):
        slots.roles -= {"moved", "moved:churn"}
        return ["churned_mrr"]
    if not slots.asks("and", "versus"):
        metrics = _one_of_two(metrics)
    if not metrics:
        metrics = _implied(slots)
    return metrics


def _one_of_two(metrics: list[str]) -> list[str]:
    """Return the one number that two names say together: "expansion revenue", "response time for tickets"."""
    if "first_response" in metrics:
        return ["first_response"]
    if len(metrics) == 2 and metrics[1] == "mrr" and metrics[0] in _MOVEMENTS:
        return [metrics[0]]
    return metrics


def _implied(slots: Slots) -> list[str]:
    """Return the number that a question means without naming it."""
    if slots.asks("pays") or (slots.rank and slots.asks("customers", "who")):
        if slots.rank or slots.asks("amount"):
            slots.assumptions.append("Size is read as MRR.")
        return ["mrr"]
    if slots.entity == "upsells":
        return ["open_upsells"]
    for role, metric_id in _COUNTED.items():
        if role in slots.roles and (role == "trial" or slots.asks("customers", "count")):
            slots.roles -= {role, role.partition(":")[0]}
            return [metric_id]
    if slots.asks("licenses"):
        return ["active_licenses"]
    return ["customers"] if slots.asks("customers") else []


_COUNTED: Final = {
    "at_risk": "at_risk_customers",
    "near_limit": "near_limit_customers",
    "trial": "trials",
    "moved:churn": "churned_customers",
    "day:since": "new_customers",
}


def _dimensions(slots: Slots, metrics: Sequence[str]) -> list[str]:
    """Return the splits: those named, customers where the top ones are asked for, the groups that are compared."""
    dimensions = list(dict.fromkeys(slots.dimensions))
    ranked_customers = (slots.rank or slots.order) and slots.asks("customers", "who") and "customers" not in metrics
    bounded_customers = slots.bounds and slots.asks("customers", "who", "which")
    causes = slots.asks("why") and slots.asks("customers") and slots.asks("which", "who")
    if not dimensions and (ranked_customers or bounded_customers or causes):
        return ["customer"]
    if not dimensions and slots.chosen and (slots.asks("share") or (slots.asks("versus") and not slots.against)):
        members = {one.member for one in slots.chosen}
        if len(members) == 1:
            dimensions = [members.pop()]
            if slots.asks("share"):
                slots.chosen = []
                slots.assumptions.append("Each part is shown beside the others, so that its share can be read.")
    return dimensions


def _narrowed(slots: Slots, metrics: Sequence[str], dimensions: Sequence[str]) -> Narrowed:
    made = of_metrics(slots, metrics)
    if slots.bounds and not dimensions and not made.misfit:
        made.misfit = "A bound needs something that is compared with it: ask which customers, or split by something."
    return made


def _unused(slots: Slots) -> str:
    """Return why something that was understood has no place in a question for figures."""
    words = {
        "at_risk": "customers at risk",
        "near_limit": "customers near a limit",
        "over_limit": "customers over a limit",
        "silent": "silent customers",
        "trial": "trials",
        "day": "days on which licenses begin or end",
        "moved": "customers who moved",
    }
    for metric_id in slots.narrowed_to:
        if metric_id != "paying_customers" or any(METRICS[one].source != "ledger" for one in slots.metrics):
            return _NOT_NARROWED.format(METRICS[metric_id].label.lower())
    for role, said in words.items():
        if role in slots.roles and not (role == "trial" and slots.metrics == ["trials"]):
            return _NOT_NARROWED.format(said)
    if slots.asks("expected") and "upsell_value" not in slots.metrics:
        return "It is not clear what is expected. Ask for the value of open upsells."
    return ""


def _timed(slots: Slots, metrics: list[str], dimensions: list[str], made: Narrowed, today: date) -> Reading:
    """Decide what kind of question it is and which time it is about."""
    one = METRICS[metrics[0]]
    if slots.times and slots.times[0].open == "start" and one.kind == "ratio":
        return abstain(f"{one.label} needs a beginning: say since when.")
    if len(slots.times) > 1:
        return abstain(
            "Two times are named, and it is not said that they are compared. Ask for one, or for one vs the other."
        )
    span, said = span_of(slots.times[0] if slots.times else None, one, today)
    made.assumptions += said
    if one.kind == "snapshot" and slots.asks("throughout"):
        slots.roles.add("course")
    if span is not None and span.start >= today and span.end > today + timedelta(days=1):
        return abstain("The catalogue knows what was and is, not what will be.")
    parts: dict[str, Any] = {
        "metrics": tuple(metrics),
        "dimensions": tuple(dimensions),
        "filters": tuple(dict.fromkeys(made.filters)),
        "span": span,
    }
    past = _past(slots, metrics, parts, today)
    if past is not None:
        return past
    if slots.asks("why"):
        return _drivers(metrics, parts, made, today)
    groups = slots.asks("versus") and len(metrics) > 1
    if slots.against or slots.asks("change") or (slots.asks("versus") and not groups):
        reading = compared(slots, one, parts, made.assumptions, today)
        if reading is not None:
            return reading
    return _shown(slots, metrics, parts, made, today)


def _shown(slots: Slots, metrics: list[str], parts: dict[str, Any], made: Narrowed, today: date) -> Reading:
    span, dimensions = parts["span"], parts["dimensions"]
    if (slots.rank or slots.order) and dimensions and not slots.asks("trend"):
        return answer(_top(slots, metrics, parts), made.assumptions)
    if slots.rank:
        return top_of_what(metrics, parts)
    course = slots.grain or slots.asks("trend", "course") or (slots.asks("chart") and not dimensions)
    if course or _growth_shown(slots, metrics, span) or _monthly(slots, span):
        if len(dimensions) > 1:
            return abstain("The course over time can be split by one thing. Ask for one of them.")
        grain = slots.grain or (None if course else "month")
        return answer(Query(intent="trend", grain=grain, **parts), made.assumptions)
    return answer(Query(intent="breakdown" if dimensions else "value", **parts), made.assumptions)


def _growth_shown(slots: Slots, metrics: list[str], span: Span | None) -> bool:
    """Growth that is to be shown over several months is shown month by month."""
    return metrics == ["mrr_growth"] and slots.asks("show") and span is not None and (span.end - span.start).days > 45


def _monthly(slots: Slots, span: Span | None) -> bool:
    return slots.asks("monthly") and span is not None and (span.end - span.start).days > 45


def _top(slots: Slots, metrics: list[str], parts: dict[str, Any]) -> Query:
    named = slots.order if slots.order in metrics else metrics[0]
    upside = METRICS[named].good != "down"
    descending = {"": True, "high": True, "low": False, "best": upside, "worst": not upside}[slots.rank]
    limit = slots.limit or (1 if slots.singular and parts["dimensions"] == ("customer",) else None)
    return Query(intent="top", order=Order(member=named, descending=descending), limit=limit, **parts)


def _drivers(metrics: list[str], parts: dict[str, Any], made: Narrowed, today: date) -> Reading:
    """Return what made a number change; of a ratio, the sum behind it, whose parts add up."""
    metric_id = metrics[0]
    if metric_id in _SUM_BEHIND and METRICS[metric_id].dimensions:
        behind = _SUM_BEHIND[metric_id]
        made.assumptions.append(
            f"{METRICS[metric_id].label} is a ratio: what explains it is {METRICS[behind].label}, whose parts add up."
        )
        metric_id = behind
    one = METRICS[metric_id]
    if metric_id.startswith("churned") and any(each.member == "customer" for each in parts["filters"]):
        return abstain("Why one customer left is not in the catalogue. Open the customer to see how its use went.")
    if not one.dimensions:
        return abstain(f"{one.label} has no parts by which its change could be explained.")
    if parts["span"] is None:
        parts["span"] = spans.last("month", today)
        made.assumptions.append("No time was named: last month against the month before.")
    return answer(Query(intent="drivers", **{**parts, "metrics": (metric_id,)}), made.assumptions)


def _past(slots: Slots, metrics: list[str], parts: dict[str, Any], today: date) -> Reading | None:
    """Ask back where a number is known only as it stands now and another time is asked for."""
    present = [METRICS[one].label for one in metrics if METRICS[one].source in PRESENT_ONLY]
    if not present:
        return None
    span: Span | None = parts["span"]
    if span is not None and span.start <= today < span.end:
        parts["span"] = span = None
    course = slots.grain or slots.asks("trend", "why", "change") or slots.against
    if span is None and not course:
        return None
    now = Query(intent="breakdown" if parts["dimensions"] else "value", **{**parts, "span": None})
    return clarify(f"{present[0]} can be told as of now, not for another time.", [("As of now", now)])
