"""What a model is told and may answer: one flat shape over the part of the catalogue that the asker may see."""

import functools
import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from core.access.actor import Actor
from core.access.permissions import Permission
from core.ask.model_gateway import UNUSABLE, Ask
from core.errors import UpstreamFailed
from core.metrics.catalog import METRICS
from core.metrics.fields import DIMENSIONS, ENTITIES
from core.metrics.metric import Metric
from core.metrics.query import MOST_ROWS, Comparison, Entity, Grain, Intent, Operator, Query
from core.metrics.spans import default_span

_TASK: Final = """You turn one question of a software vendor's staff into one query over a catalogue of numbers.
You never answer the question yourself and you never write SQL. Use only members of the shape.
outcome: answer if the query says exactly what was asked; clarify if it can be read in two ways; abstain if the
catalogue has no such number, filter or time; refuse if it asks to change something, for secrets, or for SQL.
If any word of the question finds no place in the query, do not answer: abstain and put the words in not_understood.
intent: value (one figure), breakdown (by dimensions), trend (over time by grain), top (one dimension, ordered, limit),
list (rows of an entity that meet filters), compare (beside another time), drivers (why a number changed).
entity only for list; then metrics is empty, and filters and order name fields of the entity.
filters: values as words of the question; numbers plainly, money in major units, shares as fractions, days as ISO.
start and end: UTC days, end is the day after the last; both null where no time is named. "Last N months" are whole
months before the running one. span_label is how the question says the time."""
_EMPTY: Final = "none"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


def visible_metrics(actor: Actor) -> tuple[Metric, ...]:
    """Return the metrics whose permission the actor holds."""
    return tuple(one for one in METRICS.values() if actor.may(one.permission))


def asking(
    actor: Actor, question: str, *, today: date, previous: Query | None, near: tuple[tuple[str, Query], ...] = ()
) -> Ask[Any]:
    """Return what a model is asked to read a question: names of the catalogue and examples, no row and no customer."""
    seen = frozenset(actor.permissions)
    lines = [f"Today is {today:%A}, {today.isoformat()}.", f"Question: {question}"]
    if previous is not None:
        lines.insert(1, f"It follows on this query, which it may change a part of: {_said(previous)}")
    lines[1:1] = [f"Example: {text} -> {_said(query)}" for text, query in near]
    return Ask(
        instructions=f"{_TASK}\n\n{_catalogue(seen)}",
        question="\n".join(lines),
        shape=shape_for(seen),
        cache_key=hashlib.sha256(_catalogue(seen).encode()).hexdigest()[:32],
        person=hashlib.sha256(f"calos {actor.id}".encode()).hexdigest()[:32],
    )


@functools.lru_cache(maxsize=32)
def shape_for(permissions: frozenset[Permission]) -> type[BaseModel]:
    """Return the shape of an answer: one flat object, every field required, every name from a closed list."""
    metrics = tuple(one.id for one in METRICS.values() if one.permission in permissions)
    fields = tuple(dict.fromkeys(name for _, name in _fields(permissions)))
    members = tuple(dict.fromkeys((*DIMENSIONS, *metrics, *fields)))
    ops = _one_of(get_args(Operator))
    condition: Any = create_model(
        "Condition", __base__=_Closed, **_required(member=_one_of(members), op=ops, values=list[str])
    )
    flat = _required(
        outcome=_one_of(("answer", "clarify", "abstain", "refuse")),
        intent=_one_of(get_args(Intent)),
        metrics=list[_one_of(metrics)],  # type: ignore[misc]  # made from the catalogue as it runs
        dimensions=list[_one_of(tuple(DIMENSIONS))],  # type: ignore[misc]  # likewise
        entity=_one_of((_EMPTY, *get_args(Entity))),
        filters=list[condition],
        start=str | None,
        end=str | None,
        span_label=str,
        grain=_one_of((_EMPTY, *get_args(Grain))),
        compare=_one_of((_EMPTY, *get_args(Comparison))),
        order_by=_one_of((_EMPTY, *members)),
        descending=bool,
        limit=int | None,
        not_understood=list[str],
        reason=str,
    )
    made: type[BaseModel] = create_model("FlatQuery", __base__=_Closed, **flat)
    return made


def query_of(answer: BaseModel, *, today: date) -> Query:
    """Return a model's answer as the closed query, or raise UpstreamFailed where its parts make none."""
    told = answer.model_dump()
    span = None
    if told["start"] and told["end"]:
        label = told["span_label"][:80] or f"{told['start']} to {told['end']}"
        span = {"start": told["start"], "end": told["end"], "label": label}
    order = {"member": told["order_by"], "descending": told["descending"]} if told["order_by"] != _EMPTY else None
    entity = None if told["entity"] == _EMPTY or told["intent"] != "list" else told["entity"]
    try:
        made = Query.model_validate(
            {
                "intent": told["intent"],
                "metrics": [] if entity else told["metrics"],
                "dimensions": told["dimensions"],
                "filters": told["filters"],
                "entity": entity,
                "span": span,
                "grain": None if told["grain"] == _EMPTY else told["grain"],
                "compare": None if told["compare"] == _EMPTY else told["compare"],
                "order": order,
                "limit": None if told["limit"] is None else min(told["limit"], MOST_ROWS),
            }
        )
    except ValidationError:
        raise UpstreamFailed("The model's answer makes no query of the catalogue.", code=UNUSABLE) from None
    if made.span is not None and made.span.end <= made.span.start:
        raise UpstreamFailed("The model's answer names a time that ends before it begins.", code=UNUSABLE)
    if made.span is not None and made.span.end > today:
        return made.model_copy(update={"span": made.span.model_copy(update={"partial": True})})
    return made


def contradiction(model: Query, grammar: Query, *, now: datetime) -> str | None:
    """Return what the grammar understood and the model left out or changed, or None where they agree.

    The grammar's part may be incomplete; what it has, it has from a word of the question. A time that nobody named is
    the one that the number is usually asked for.
    """
    if grammar.metrics and not set(grammar.metrics) <= set(model.metrics) and model.entity is None:
        return "which number is meant"
    if grammar.entity is not None and model.entity != grammar.entity:
        return "what is listed"
    if not set(grammar.dimensions) <= set(model.dimensions):
        return "what it is split by"
    had = {(one.member, one.op, tuple(value.lower() for value in one.values)) for one in grammar.filters}
    has = {(one.member, one.op, tuple(value.lower() for value in one.values)) for one in model.filters}
    if not had <= has:
        return "what it is narrowed to"
    if grammar.span is not None and _days(model, now) != _days(grammar, now):
        return "which time is meant"
    return None


def _days(query: Query, now: datetime) -> tuple[date, date] | None:
    if query.span is None and not query.metrics:
        return None
    span = query.span or default_span(METRICS[query.metrics[0]].default, now)
    return span.start, span.end


def _one_of(names: tuple[str, ...]) -> Any:
    return Literal[names]


def _required(**types: Any) -> dict[str, Any]:
    return {name: (kind, ...) for name, kind in types.items()}


def _fields(permissions: frozenset[Permission]) -> Iterator[tuple[str, str]]:
    for entity, fields in ENTITIES.items():
        for one in fields.values():
            if one.permission is None or one.permission in permissions:
                yield entity, one.id


@functools.lru_cache(maxsize=32)
def _catalogue(permissions: frozenset[Permission]) -> str:
    lines = ["Metrics:"]
    for one in METRICS.values():
        if one.permission in permissions:
            also = f" Also called: {', '.join(one.aliases)}." if one.aliases else ""
            by = f" By: {', '.join(one.dimensions)}." if one.dimensions else ""
            lines.append(f"- {one.id} ({one.label}, {one.unit}, {one.kind}): {one.definition}{also}{by}")
    lines.append("Dimensions:")
    lines += [f"- {one.id} ({one.label}): {', '.join(one.aliases)}" for one in DIMENSIONS.values()]
    seen: dict[str, list[str]] = {}
    for entity, field in _fields(permissions):
        known = ENTITIES[entity][field]  # type: ignore[index]  # a key of the same mapping
        seen.setdefault(entity, []).append(f"{field} ({known.label}, {known.unit})")
    lines += [f"Fields of {entity}: {', '.join(fields)}" for entity, fields in seen.items()]
    return "\n".join(lines)


def _said(query: Query) -> str:
    """Return a query without what it leaves empty, and without the values that a person's own words named."""
    kept = query.model_copy(
        update={"filters": tuple(each for each in query.filters if each.member not in {"customer", "name", "owner"})}
    )
    return kept.model_dump_json(exclude_defaults=True)
