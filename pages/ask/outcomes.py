"""The outcomes that are no answer: a question back, words that are not understood, and what is not done."""

import streamlit as st

from core.ask.reply import Option, Reply
from core.metrics.catalog import METRICS
from pages.ask import asked
from pages.parts import format as say
from pages.parts.cards import card


def show(reply: Reply) -> None:
    """Draw what came instead of an answer."""
    with card("outcome", height="content").body:
        if reply.outcome == "CLARIFY":
            _clarify(reply)
        elif reply.outcome == "ABSTAIN":
            _abstain(reply)
        else:
            st.markdown(f":material/block: **{say.plain(reply.text)}**")


def _clarify(reply: Reply) -> None:
    st.markdown(f":material/help: **{say.plain(reply.text)}**")
    for number, option in enumerate(reply.options):
        with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"option-row-{number}"):
            if st.button(say.plain(option.label), key=f"option-{number}"):
                asked.change(option.query)
                st.rerun()
            st.caption(say.plain(_meaning(option)), width="content")


def _meaning(option: Option) -> str:
    """What the number of an option means, where the option is about one."""
    metrics = option.query.metrics
    return METRICS[metrics[0]].definition if len(metrics) == 1 else ""


def _abstain(reply: Reply) -> None:
    st.markdown(f":material/do_not_disturb_on: **{say.plain(reply.text)}**")
    unsaid = [each for each in reply.unknown if each not in reply.text]
    if unsaid:
        st.markdown(f"Not understood: {' '.join(f':orange-badge[{say.plain(each)}]' for each in unsaid)}")
    if not reply.examples:
        return
    st.caption("Near it, and answerable")
    with st.container(horizontal=True, gap="small", key="near"):
        for number, each in enumerate(reply.examples):
            if st.button(say.plain(each), key=f"near-{number}"):
                asked.begin(each)
                st.rerun()
