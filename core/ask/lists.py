"""Questions for rows: customers, movements, subscriptions or upsells that meet conditions."""

from datetime import date
from typing import Final

from core.access.permissions import Permission
from core.ask.narrowing import FIELDS, Narrowed, of_rows
from core.ask.reading import Reading, abstain, answer, clarify
from core.ask.slots import Slots
from core.ask.time_periods import Time
from core.ask.vocabulary import Vocabulary
from core.metrics.fields import ENTITIES
from core.metrics.query import MOST_ROWS, Entity, Filter, Order, Query, Span

# Numbers that count customers by a rule: asked for as rows, the rule becomes a filter.
RULES: Final = {
    "at_risk_customers": "at_risk",
    "near_limit_customers": "near_limit",
    "trials": "trial",
    "active_customers": "active",
    "paying_customers": "paying",
    "new_customers": "day:since",
    "churned_customers": "moved:churn",
}
# Those of them that are asked for as rows even without "which": their names are what one can act on.
_NAMED: Final = frozenset({"at_risk_customers", "near_limit_customers"})
_RUNNING: Final = Filter(member="status", op="in", values=("active", "expiring"))
_YES: Final = ("yes",)
_NOT_ROWS: Final = ("trend", "chart", "why", "share", "parts", "versus", "change")
_SILENT_DAYS: Final = (14, 30, 90)


def entity_asked(slots: Slots) -> Entity | None:
    """Return what rows a question asks for, or None where it asks for figures."""
    if _of_one_customer(slots):
        return "customers"
    if slots.dimensions or slots.grain or slots.against or slots.asks(*_NOT_ROWS):
        return None
    people = slots.asks("customers", "who", "which", "licenses")
    bounded = {bound.member for bound in slots.bounds}
    free = [one for one in slots.metrics if one not in RULES and one not in bounded]
    if people and free and _rows_instead(slots, free, bounded):
        return "customers"
    if slots.entity == "upsells" and people and any(one.member == "open_upsells" for one in slots.bounds):
        return "customers"
    if slots.entity is not None and not free and not (slots.asks("count") and slots.entity == "upsells"):
        return slots.entity
    if slots.asks("moved") and people and not free and not slots.asks("count"):
        return "movements"
    if "churned_customers" in slots.metrics and slots.asks("which", "who"):
        return "movements"
    return "customers" if not free and _about_customers(slots, people=people) else None


def _of_one_customer(slots: Slots) -> bool:
    """Whether something that a customer has one of is asked for: "which tier is Hooli on", "owner of Hooli"."""
    customer = any(one.member == "customer" and not one.left_out for one in slots.chosen)
    fields = all(one in ENTITIES["customers"] for one in slots.dimensions)
    return customer and fields and bool(slots.dimensions) and not slots.metrics and not slots.asks(*_NOT_ROWS)


def _about_customers(slots: Slots, *, people: bool) -> bool:
    if slots.asks("count") and not (slots.bounds or slots.asks("day", "silent", "over_limit")):
        return False
    if slots.asks("day", "silent"):
        return people or slots.asks("trial", "day:expires") or bool(set(slots.metrics) & set(RULES))
    rules = [one for one in slots.metrics if one in RULES]
    if rules:
        return slots.asks("which", "who") or (set(rules) <= _NAMED and not slots.asks("amount")) or bool(slots.bounds)
    if slots.bounds and people:
        return all(one.member in FIELDS["customers"] for one in slots.bounds)
    if slots.asks("rank"):
        return False
    marked = slots.asks("at_risk", "near_limit", "over_limit") or (slots.asks("trial") and people)
    if slots.asks("pays") and not slots.asks("which", "who"):
        return False
    if any(one.member == "customer" for one in slots.chosen) and not slots.metrics:
        return True
    named = [one for one in slots.chosen if one.member != "owner"] or slots.asks("customers", "owned")
    return (
        marked
        or (people and bool(slots.chosen) and bool(named))
        or (slots.asks("customers") and slots.asks("which", "who"))
    )


def listed(slots: Slots, entity: Entity, vocabulary: Vocabulary, today: date) -> Reading:
    """Return the reading of a question for rows."""
    made = of_rows(slots, entity)
    made.assumptions = [*slots.assumptions, *made.assumptions]
    span = _only_span(slots)
    if len(slots.times) > 1:
        made.misfit = made.misfit or "Two times are named. Ask for one."
    if entity == "customers":
        asked_back = _customers(slots, made, today)
        if asked_back is not None:
            return asked_back
    elif entity == "movements":
        _movements(slots, made, span)
    elif span is not None:
        made.misfit = made.misfit or f"{entity.capitalize()} are known as they stand now: ask without a time."
    if made.misfit:
        return abstain(made.misfit)
    query = Query(
        intent="list",
        entity=entity,
        filters=tuple(dict.fromkeys(made.filters)),
        order=_order(slots, entity, vocabulary),
        metrics=_fields_asked(slots, entity),
        limit=slots.limit or (MOST_ROWS if slots.asks("count") else None),
        span=span if _timed(slots, entity) else None,
    )
    if slots.asks("count"):
        made.assumptions.append("They are listed, so that they can be counted.")
    return answer(query, made.assumptions)


def _rows_instead(slots: Slots, free: list[str], bounded: set[str]) -> bool:
    """Whether a number is asked for of customers that another number narrows: it can be listed, not summed."""
    fields = FIELDS["customers"]
    return bool(bounded) and not slots.rank and {*free, *bounded} <= set(fields) and not bounded & set(free)


def _fields_asked(slots: Slots, entity: Entity) -> tuple[str, ...]:
    """Return the fields that a list is asked to show beside the usual ones."""
    if entity != "customers":
        return ()
    asked = [*slots.dimensions, *(FIELDS["customers"][one] for one in slots.metrics if one in FIELDS["customers"])]
    if slots.asks("day:expires") and not slots.times:
        asked.append("expires")
    bounded = {FIELDS["customers"].get(bound.member) for bound in slots.bounds}
    return tuple(dict.fromkeys(one for one in asked if one not in bounded))


def _only_span(slots: Slots) -> Span | None:
    return slots.times[0].span if slots.times and slots.times[0].kind != "duration" else None


def _timed(slots: Slots, entity: Entity) -> bool:
    return entity == "movements" or slots.asks("day:expires", "day:since") or "new_customers" in slots.metrics


def _customers(slots: Slots, made: Narrowed, today: date) -> Reading | None:
    """Add the filters that rules and days mean; return what must be asked back."""
    asked = {RULES.get(one, "") for one in slots.metrics} | slots.roles
    if slots.asks("licenses"):
        made.assumptions.append("A customer is listed with its main license.")
    for rule, filters in _FILTERS.items():
        if rule in asked:
            made.filters += filters if rule not in slots.denied else [_denied(one) for one in filters]
    if asked & {"trial"}:
        made.filters.insert(0, Filter(member="term", op="eq", values=("trial",)))
        if "day:expires" not in asked:
            made.filters.append(_RUNNING)
    return _days(slots, asked, made, today)


_FILTERS: Final[dict[str, list[Filter]]] = {
    "at_risk": [Filter(member="at_risk", op="eq", values=_YES)],
    "near_limit": [Filter(member="near_limit", op="eq", values=_YES)],
    "over_limit": [Filter(member="limit_share", op="gt", values=("1",))],
    "active": [_RUNNING],
    "paying": [Filter(member="mrr", op="gt", values=("0",))],
}


def _denied(one: Filter) -> Filter:
    if one.member == "limit_share":
        return one.model_copy(update={"op": "lte"})
    return one.model_copy(update={"values": ("no",)})


def _days(slots: Slots, asked: set[str], made: Narrowed, today: date) -> Reading | None:
    time = slots.times[0] if slots.times else None
    if "silent" in asked or ("day:last_seen" in asked and "day" in slots.denied):
        if time is None or time.span is None:
            return _how_silent(made, today)
        made.filters.append(Filter(member="last_seen", op="lt", values=(time.span.start.isoformat(),)))
        return None
    field = next((one for one in ("expires", "since", "last_seen") if f"day:{one}" in asked), None)
    if field is None:
        if time is not None and not _present(time, today):
            return clarify(
                "Customers are known as they stand now, not as they were.",
                [("As they stand now", Query(intent="list", entity="customers", filters=tuple(made.filters)))],
            )
        return None
    if "day" in slots.denied:
        made.misfit = "Ask for the days on which it is so, not for those on which it is not."
    elif time is not None and time.span is not None:
        made.filters += _within(field, time)
    elif field == "expires" and not any(one.member == "name" for one in made.filters):
        made.filters.append(Filter(member=field, op="gte", values=(today.isoformat(),)))
        made.assumptions.append("No time was named: from today on.")
    return None


def _within(field: str, time: Time) -> list[Filter]:
    span = time.span
    if span is None:
        return []
    first = Filter(member=field, op="gte", values=(span.start.isoformat(),))
    last = Filter(member=field, op="lt", values=(span.end.isoformat(),))
    return [first] if time.open == "end" else [last] if time.open == "start" else [first, last]


def _present(time: Time, today: date) -> bool:
    return time.span is not None and time.kind != "duration" and time.span.start <= today < time.span.end


def _how_silent(made: Narrowed, today: date) -> Reading:
    def since(days: int) -> Query:
        first = date.fromordinal(today.toordinal() - days)
        last_seen = Filter(member="last_seen", op="lt", values=(first.isoformat(),))
        order = Order(member="last_seen", descending=False)
        return Query(intent="list", entity="customers", filters=(*made.filters, last_seen), order=order)

    return clarify("Not seen for how long?", [(f"For {days} days", since(days)) for days in _SILENT_DAYS])


def _movements(slots: Slots, made: Narrowed, span: Span | None) -> None:
    kinds = [role.partition(":")[2] for role in sorted(slots.roles) if role.startswith("moved:")]
    if "churned_customers" in slots.metrics:
        kinds.append("churn")
    kinds = list(dict.fromkeys(kinds))
    if kinds:
        made.filters.insert(0, Filter(member="kind", op="eq" if len(kinds) == 1 else "in", values=tuple(kinds)))
    if span is not None:
        made.filters += _within("at", slots.times[0])


def _order(slots: Slots, entity: Entity, vocabulary: Vocabulary) -> Order | None:
    if entity == "movements":
        return Order(member="at")
    if entity == "upsells":
        wanted = slots.rank or slots.asks("expected") or slots.order
        return Order(member="expected", descending=slots.rank != "low") if wanted else None
    if entity == "subscriptions":
        return Order(member="mrr", descending=slots.rank != "low") if slots.rank or slots.order else None
    return _order_of_customers(slots, vocabulary)


def _order_of_customers(slots: Slots, vocabulary: Vocabulary) -> Order | None:
    named = FIELDS["customers"].get(slots.order) or (
        FIELDS["customers"].get(slots.metrics[0]) if slots.rank and slots.metrics else None
    )
    if named:
        return Order(member=named, descending=slots.rank not in {"low", "worst"})
    if "day:last_seen" in slots.roles or slots.asks("silent"):
        return Order(member="last_seen", descending="day" not in slots.denied and not slots.asks("silent"))
    if "day:expires" in slots.roles:
        return Order(member="expires", descending=False)
    if "day:since" in slots.roles or "new_customers" in slots.metrics:
        return Order(member="since")
    if slots.bounds:
        member = FIELDS["customers"][slots.bounds[0].member]
        return Order(member=member, descending=slots.bounds[0].op in {"gt", "gte", "eq"})
    if slots.asks("near_limit", "over_limit") or "near_limit_customers" in slots.metrics:
        return Order(member="limit_share")
    if slots.asks("at_risk") or "at_risk_customers" in slots.metrics:
        money = Permission.FINANCE_READ in vocabulary.permissions
        return Order(member="mrr") if money else Order(member="health", descending=False)
    return None
