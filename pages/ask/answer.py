"""An answer: its sentence, how it was read, its picture, its rows, and what it stands on."""

import streamlit as st

from core.access.actor import Actor
from core.ask.reply import Reply
from pages.ask import drawing, reading, rows
from pages.parts import format as say
from pages.parts.cards import card


def show(actor: Actor, reply: Reply) -> None:
    """Draw the answer."""
    with card("answer", height="content").body:
        st.markdown(f"#### {say.plain(reply.text)}")
        reading.chips(actor, reply)
        drawing.show(reply)
        _rows(reply)
        _grounds(reply)


def _rows(reply: Reply) -> None:
    """The rows, where the picture is not all there is."""
    if reply.chart is None or reply.chart.kind == "number" or reply.found is None:
        return
    rows.show(reply)
    if reply.found.truncated:
        st.caption(f"These are the first {say.integer(len(reply.found.frame))} rows; ask for less to see all.")


def _grounds(reply: Reply) -> None:
    found = reply.found
    assert found is not None  # noqa: S101 - an answer has rows
    for each in reply.assumptions:
        st.caption(f":material/info: {say.plain(each)}")
    definitions, sql = st.columns(2)
    with definitions, st.expander("What the numbers mean", icon=":material/menu_book:", key="ask-definitions"):
        for metric in found.definitions:
            st.markdown(f"**{say.plain(metric.label)}** {say.plain(metric.definition)}")
            st.code(f"{metric.label} = {metric.formula}", language=None, wrap_lines=True)
            if metric.policy:
                st.caption(say.plain(metric.policy))
        if not found.definitions:
            st.markdown("A list shows rows as they stand; its fields are those of their own pages.")
    label = f"The SQL that ran: {say.count(len(found.sql), 'statement')}"
    with sql, st.expander(label, icon=":material/database:", key="ask-sql"):
        for statement in found.sql:
            st.code(statement, language="sql", wrap_lines=True)
    _receipt(reply)


def _receipt(reply: Reply) -> None:
    who = {"grammar": "our grammar", "model": reply.spent.model if reply.spent else "a model", "person": "you"}
    said = f"Read by {who[reply.read_by or 'grammar']} · {say.duration(reply.elapsed_ms / 1000)}"
    as_of = f"books as of {say.moment(reply.as_of)}"
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="handover-receipt"
    ):
        st.caption(say.plain(f"{said} · {as_of} · receipt"), width="content")
        st.code(str(reply.receipt_id), language=None, width=340)
