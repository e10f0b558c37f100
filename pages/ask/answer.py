"""An answer: its sentence, how it was read, its picture, its rows, and what it stands on."""

from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.ask.reply import Reply
from core.metrics.answered import Answered
from core.metrics.catalog import METRICS
from core.metrics.metric import Metric
from pages.ask import drawing, reading, rows
from pages.parts import format as say
from pages.parts.cards import card

_FIELDS: Final = {
    "at_risk": "at_risk_customers",
    "near_limit": "near_limit_customers",
    "mrr": "mrr",
    "health": "average_health",
    "upsells": "open_upsells",
    "expected": "upsell_value",
}


def show(actor: Actor, reply: Reply) -> None:
    """Draw the answer."""
    with card("answer", height="content").body:
        st.subheader(say.plain(reply.text), anchor=False)
        reading.chips(actor, reply)
        found = drawing.show(reply)
        if found is not None:
            _rows(reply, found)
        _grounds(reply)


def _rows(reply: Reply, found: Answered) -> None:
    rows.show(reply, found)
    if found.truncated and found.query.limit is None:
        st.caption(f"These are the first {say.integer(len(found.frame))} rows; ask for less to see all.")


def _grounds(reply: Reply) -> None:
    found = reply.found
    assert found is not None  # noqa: S101 - an answer has rows
    if reply.assumptions:
        st.caption(f":material/info: {say.plain(' '.join(reply.assumptions))}")
    definitions, sql = st.columns(2)
    with definitions, st.expander("What the numbers mean", icon=":material/menu_book:", key="ask-definitions"):
        for metric in _defined(found):
            st.markdown(f"**{say.plain(metric.label)}** {say.plain(metric.definition)}")
            st.code(f"{metric.label} = {metric.formula}", language=None, wrap_lines=True)
            if metric.policy:
                st.caption(say.plain(metric.policy))
    label = f"The SQL that ran: {say.count(len(reply.sql), 'statement')}"
    with sql, st.expander(label, icon=":material/database:", key="ask-sql"):
        for statement in reply.sql:
            st.code(statement, language="sql", wrap_lines=True)
    _receipt(reply)


def _defined(found: Answered) -> list[Metric]:
    """The numbers of an answer; of a list those that its fields are known by."""
    fields = [METRICS[_FIELDS[one.name]] for one in found.columns if one.name in _FIELDS]
    return list(found.definitions or fields)


def _receipt(reply: Reply) -> None:
    who = {"grammar": "our grammar", "model": reply.spent.model if reply.spent else "a model", "person": "you"}
    said = f"Read by {who[reply.read_by or 'grammar']} · {say.duration(reply.elapsed_ms / 1000)}"
    as_of = f"books as of {say.moment(reply.as_of)}"
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="handover-receipt"
    ):
        st.caption(say.plain(f"{said} · {as_of} · receipt"), width="content")
        st.code(str(reply.receipt_id), language=None, width=340)
