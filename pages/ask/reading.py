"""How a question was read, as chips: each opens and can be changed, and the answer follows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import streamlit as st

from core.access.actor import Actor
from core.ask import patches
from core.ask.chips import COMPARISONS, condition_words, days_of, member_of
from core.ask.reply import Reply
from core.ask.suggestions import choices
from core.metrics.catalog import METRICS
from core.metrics.fields import DIMENSIONS
from core.metrics.query import MOST_ROWS, Query
from pages.ask import asked
from pages.parts import format as say
from pages.parts.load import load, minute

_GRAINS: Final = ("day", "week", "month", "quarter", "year")
_AS_USUAL: Final = "as usual"


def chips(actor: Actor, reply: Reply) -> None:
    """The row of chips."""
    query = reply.query
    if query is None:
        return
    # Widgets are of one reply: those of the next one begin from what it was read as.
    own = str(reply.receipt_id)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="chips"):
        if query.entity is None:
            _metric(actor, query, own)
            _split(query, own)
        else:
            st.badge(query.entity.capitalize(), color="primary")
        for position in range(len(query.filters)):
            _filter(actor, query, position, own)
        if query.entity is None:
            _time(reply, query, own)
            _steps(query, own)
            _compare(query, own)
        if query.limit is not None:
            _limit(query, own)


def _chip(label: str, icon: str, key: str, *, set_: bool = True) -> Any:
    """One chip; what is not part of the question stands back."""
    kind: Literal["secondary", "tertiary"] = "secondary" if set_ else "tertiary"
    return st.popover(say.plain(label), icon=f":material/{icon}:", key=f"chip-{key}", type=kind)


def _changed(query: Query, changed: Callable[[], Query]) -> None:
    """Ask anew where a person's choice makes another query."""
    made = changed()
    if made != query:
        asked.change(made)
        st.rerun()


def _metric(actor: Actor, query: Query, own: str) -> None:
    if not query.metrics:
        return
    known = [one.id for one in METRICS.values() if actor.may(one.permission)]
    label = " and ".join(METRICS[one].label for one in query.metrics)
    with _chip(label, "function", "metric"):
        picked = st.selectbox(
            "Number",
            known,
            index=known.index(query.metrics[0]),
            format_func=lambda one: METRICS[one].label,
            key=f"c-metric-{own}",
        )
        st.caption(say.plain(METRICS[picked].definition))
    if picked != query.metrics[0]:
        _changed(query, lambda: patches.with_metric(query, picked))


def _split(query: Query, own: str) -> None:
    offered = list(METRICS[query.metrics[0]].dimensions) if query.metrics else []
    if not offered:
        return
    by = " and ".join(DIMENSIONS[one].label.lower() for one in query.dimensions)
    most = 1 if query.intent == "trend" else 2
    with _chip(f"by {by}" if by else "Split", "call_split", "split", set_=bool(by)):
        picked = st.multiselect(
            "Split by",
            offered,
            default=[one for one in query.dimensions if one in offered],
            format_func=lambda one: DIMENSIONS[one].label,
            max_selections=most,
            key=f"c-split-{own}",
        )
    if tuple(picked) != query.dimensions:
        _changed(query, lambda: patches.with_dimensions(query, picked))


def _filter(actor: Actor, query: Query, position: int, own: str) -> None:
    one = query.filters[position]
    known = load(choices, actor, now=minute()).get(one.member, {})
    with _chip(condition_words(one, query), "filter_alt", f"filter-{position}"):
        st.markdown(f"**{say.plain(member_of(one.member, query).label)}**")
        values: Sequence[str] = one.values
        if known and one.op in {"eq", "ne", "in", "not_in"}:
            values = _values(known, one.values, f"c-values-{position}-{own}")
        elif one.op in {"gt", "gte", "lt", "lte"}:
            typed = st.text_input("Bound", value=one.values[0], key=f"c-bound-{position}-{own}", max_chars=40)
            values = (typed.strip(),) if (typed or "").strip() else one.values
        if st.button("Take away", icon=":material/close:", key=f"c-away-{position}-{own}"):
            _changed(query, lambda: patches.without_filter(query, position))
    if tuple(values) != one.values:
        _changed(query, lambda: patches.with_values(query, position, values))


def _values(known: Mapping[str, str], current: Sequence[str], key: str) -> list[str]:
    options = [*known, *(value for value in current if value not in known)]
    return st.multiselect(
        "Values",
        options,
        default=list(current),
        format_func=lambda one: known.get(one, one),
        key=key,
    )


def _time(reply: Reply, query: Query, own: str) -> None:
    span = query.span or (reply.found.span if reply.found else None)
    if span is None:
        return
    presets = patches.spans(reply.as_of.date())
    options = [_AS_USUAL, *presets]
    current = span.label if query.span is not None else _AS_USUAL
    if current not in options:
        options.insert(1, current)
    with _chip(span.label, "calendar_month", "time"):
        st.caption(days_of(span))
        picked = st.selectbox("Time", options, index=options.index(current), format_func=_capital, key=f"c-time-{own}")
    if picked != current:
        _changed(query, lambda: patches.with_span(query, presets.get(picked or "")))


def _steps(query: Query, own: str) -> None:
    current = query.grain if query.intent == "trend" else None
    if query.intent in {"drivers", "top"}:
        return
    with _chip(f"by {current}" if current else "Over time", "timeline", "steps", set_=bool(current)):
        picked = st.segmented_control(
            "Over time", _GRAINS, default=current, format_func=lambda one: f"By {one}", key=f"c-steps-{own}"
        )
    if picked != current:
        _changed(query, lambda: patches.over_time(query, picked))  # type: ignore[arg-type]  # one of _GRAINS


def _compare(query: Query, own: str) -> None:
    if query.intent == "trend":
        return
    current = query.compare
    beside = COMPARISONS[current] if current else "the time before" if query.intent in {"compare", "drivers"} else ""
    with _chip(f"against {beside}" if beside else "Compare", "compare_arrows", "compare", set_=bool(beside)):
        picked = st.segmented_control(
            "Beside",
            list(COMPARISONS),
            default=current,
            format_func=lambda one: _capital(COMPARISONS[one]),
            key=f"c-compare-{own}",
        )
    if picked != current:
        _changed(query, lambda: patches.with_comparison(query, picked))  # type: ignore[arg-type]  # one of its keys


def _limit(query: Query, own: str) -> None:
    with _chip(f"first {query.limit}", "filter_list", "limit"):
        picked = st.number_input("Rows", 1, MOST_ROWS, query.limit, key=f"c-limit-{own}")
    if picked != query.limit:
        _changed(query, lambda: patches.with_limit(query, int(picked or 1)))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
