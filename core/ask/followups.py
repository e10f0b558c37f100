"""Questions that go on from the one before: "and by country?", "only Pro", "last year instead", "top 5", "why?"."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from core.ask.frames import framed
from core.ask.narrowing import of_rows
from core.ask.reading import Reading, abstain, answer
from core.ask.slots import Bound, Chosen, Slots
from core.ask.time_periods import Time
from core.ask.vocabulary import Vocabulary
from core.ask.words import Word
from core.metrics.catalog import METRICS
from core.metrics.fields import DIMENSIONS
from core.metrics.query import Filter, Query

_FIRST: Final = frozenset({"and", "but", "or", "now", "also", "only", "just", "same", "then", "instead", "ok", "okay"})
_OPENING: Final = (("what", "about"), ("how", "about"), ("same", "for"), ("the", "same"), ("make", "it"))
_ADDING: Final = frozenset({"also", "too", "additionally", "plus"})
# What makes a question one of its own, whatever was asked before.
_SUBJECTS: Final = (
    "customers",
    "who",
    "which",
    "about",
    "licenses",
    "moved",
    "pays",
    "count",
    "day",
    "silent",
    "amount",
)
_OF_INTENT: Final = {"trend": "trend", "drivers": "why"}
_DAYS: Final = frozenset({"expires", "since", "at"})


def goes_on(words: Sequence[Word], slots: Slots) -> bool:
    """Whether a question leaves its subject to the one before: it names none, or opens with "and" or "instead"."""
    plain = tuple(word.text for word in words)
    cued = plain[:1] and (plain[0] in _FIRST or plain[:2] in _OPENING or plain[-1] in {"instead", "too"})
    if slots.asks(*_SUBJECTS) or slots.entity is not None:
        return False
    return bool(cued) or not slots.metrics


def patched(previous: Query, words: Sequence[Word], slots: Slots, vocabulary: Vocabulary, today: date) -> Reading:
    """Return the query before with what a follow-up replaces, adds or leaves out."""
    adds = bool(_ADDING & {word.text for word in words})
    if previous.intent == "list" and not slots.metrics and not slots.dimensions:
        return _list(previous, slots, today)
    if previous.intent == "list":
        base = Slots(metrics=["customers"], chosen=_chosen(previous))
        unfit = [one.member for one in previous.filters if one.member not in {*DIMENSIONS, "name"}]
        if unfit:
            return abstain("The list before is narrowed by more than a figure can be. Ask for the figure in full.")
    else:
        base = _slots_of(previous)
    return framed(_overlaid(base, slots, adds=adds), vocabulary, today)


def _slots_of(previous: Query) -> Slots:
    """Return a query for figures as the slots it would come from."""
    slots = Slots(
        metrics=list(previous.metrics),
        dimensions=list(previous.dimensions),
        chosen=_chosen(previous),
        grain=previous.grain if previous.intent == "trend" else None,
        limit=previous.limit,
    )
    slots.bounds = [
        Bound(0, one.op, Decimal(one.values[0]), "", one.member)
        for one in previous.filters
        if one.member in METRICS and one.values
    ]
    if previous.span is not None:
        slots.times = [Time(0, span=previous.span)]
    if previous.compare is not None:
        slots.against = [Time(0, "comparison", compare=previous.compare)]
    if previous.intent in _OF_INTENT:
        slots.roles.add(_OF_INTENT[previous.intent])
    if previous.intent == "top":
        slots.rank = "low" if previous.order is not None and not previous.order.descending else "high"
    return slots


def _chosen(previous: Query) -> list[Chosen]:
    return [
        Chosen("customer" if one.member == "name" else one.member, value, value, one.op in {"ne", "not_in"})
        for one in previous.filters
        if one.member in DIMENSIONS or one.member == "name"
        for value in one.values
    ]


def _overlaid(base: Slots, new: Slots, *, adds: bool) -> Slots:
    """Lay what a follow-up says over what was asked before."""
    made = replace(base, assumptions=list(new.assumptions))
    if new.metrics:
        made.metrics = [*base.metrics, *new.metrics] if adds else list(new.metrics)
    if new.dimensions:
        made.dimensions = [*base.dimensions, *new.dimensions] if adds else list(new.dimensions)
    replaced = {one.member for one in new.chosen}
    made.chosen = [one for one in base.chosen if one.member not in replaced] + new.chosen
    made.bounds = [*base.bounds, *new.bounds]
    made.times = new.times or ([] if new.asks("now") else base.times)
    made.limit = new.limit or base.limit
    made.roles = base.roles | new.roles
    if new.against or new.asks("versus"):
        made.against, made.grain, made.rank = new.against, None, ""
        made.roles -= {"trend", "why", "chart"}
    elif new.grain or new.asks("trend", "chart"):
        made.grain, made.against, made.rank, made.limit = new.grain, [], "", None
        made.roles -= {"why", "change"}
    elif new.rank or (new.limit and base.dimensions):
        made.rank, made.against, made.grain = new.rank or base.rank or "high", [], None
        made.roles -= {"trend", "why", "chart"}
    elif new.asks("why"):
        made.rank, made.limit, made.grain, made.against = "", None, None, []
        made.roles -= {"trend", "chart"}
    return made


def _list(previous: Query, slots: Slots, today: date) -> Reading:
    entity = previous.entity or "customers"
    if slots.grain or slots.against or slots.asks("trend", "chart", "why", "versus"):
        return abstain("A list has no course over time. Ask for a number: how many, or how much.")
    made = of_rows(slots, entity)
    filters = list(previous.filters)
    timed = [one.member for one in filters if one.member in _DAYS]
    span = previous.span
    if slots.times:
        span = slots.times[0].span
        if not timed or span is None:
            return abstain("This list is of what is now: it has no time that could be changed.")
        filters = [one for one in filters if one.member not in _DAYS]
        filters.append(Filter(member=timed[0], op="gte", values=(span.start.isoformat(),)))
        filters.append(Filter(member=timed[0], op="lt", values=(span.end.isoformat(),)))
    if made.misfit:
        return abstain(made.misfit)
    replaced = {one.member for one in made.filters}
    kept = [one for one in filters if one.member not in replaced]
    changed = {"filters": (*kept, *made.filters), "span": span, "limit": slots.limit or previous.limit}
    return answer(previous.model_copy(update=changed), [*slots.assumptions, *made.assumptions])
